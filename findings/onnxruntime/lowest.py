"""The maximum of a float32 window of -inf or NaN can be the lowest finite number.

The laws avoid windows without a finite number. But the maximum of such a window is -inf, the lowest finite number is
not even in it, and which of the two is returned depends on dtype and stride.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "lowest() as the initial value"
# conventions = ["all-minus-infinity"]
# upstream = "none found"
# prints = '''
# [-inf, -inf, -inf]
# [nan, nan, nan]
# [-3.4028234663852886e+38, -inf, -3.4028234663852886e+38]
# [-3.4028234663852886e+38, nan, -3.4028234663852886e+38]
# '''
# expected = '''
# [-inf, -inf, -inf]
# [nan, nan, nan]
# [-inf, -inf, -inf]
# [nan, nan, nan]
# '''
# ///

import numpy as np
import onnxruntime
from onnx import helper


def max_pool(x, outputs=("y",), **settings):
    node = helper.make_node("MaxPool", ["x"], outputs, **settings)
    x_info = helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
    graph = helper.make_graph([node], "g", [x_info], [helper.make_empty_tensor_value_info(o) for o in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})


for dtype in (np.float64, np.float32):
    for value in (-np.inf, np.nan):
        x = np.full((1, 1, 1, 3), value, dtype)
        print([max_pool(x, kernel_shape=[1, 3], strides=[1, stride])[0].item() for stride in (1, 2, 3)])
