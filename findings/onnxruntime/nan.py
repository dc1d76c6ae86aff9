"""Whether a NaN is the maximum depends on its place, the stride and the dtype.

The operator's specification does not mention NaN. But NaN wins in the first place in float64, nowhere in float32 at
stride 1, and in the last place at stride 2. There, a NaN also hides the 1 before it: the answer is neither NaN nor the
largest number.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN kept only in first or last place"
# conventions = ["nan"]
# upstream = "none found"
# prints = '''
# nan 1.0 1.0 float64 2
# 1.0 1.0 1.0 float32 1
# 1.0 0.0 nan float32 2
# '''
# expected = '''
# nan nan nan float64 2
# nan nan nan float32 1
# nan nan nan float32 2
# '''
#
# [tool.poolproof.laws]
# onnxruntime = ["nan-kept-or-skipped"]
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


for dtype, stride in ((np.float64, 2), (np.float32, 1), (np.float32, 2)):
    for window in ([np.nan, 1, 0], [1, np.nan, 0], [1, 0, np.nan]):
        x = np.array([[[window]]], dtype)
        print(max_pool(x, kernel_shape=[1, 3], strides=[1, stride])[0].item(), end=" ")
    print(dtype.__name__, stride)
