"""Which of +0 and -0 is the maximum depends on the stride.

Both zeros are equal. But the first one is taken in float64 and at most strides, and the last one in float32 at stride
2.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "signed zero"
# conventions = ["signed-zero"]
# upstream = "none found"
# prints = '''
# [0.0, -0.0, 0.0]
# [-0.0, 0.0, -0.0]
# '''
# expected = '''
# [0.0, 0.0, 0.0]
# [-0.0, -0.0, -0.0]
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


for window in ([0.0, -0.0], [-0.0, 0.0]):
    x = np.array([[[window]]], np.float32)
    print([max_pool(x, kernel_shape=[1, 2], strides=[1, stride])[0].item() for stride in (1, 2, 3)])
