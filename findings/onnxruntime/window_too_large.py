"""A window larger than the input is answered if the stride is larger than 1.

The operator's formula floors (2 - 3) / stride, so that the size is 0 for both strides, and two cells hold no window of
three. The division appears to truncate towards zero. `AveragePool` does the same.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "output size"
# unseen = "larger windows are asked only at stride 1, where the convention `window-too-large` is `empty`"
# upstream = "microsoft/onnxruntime#25234"
# prints = '''
# (1, 1, 0) []
# (1, 1, 1) [2.]
# '''
# expected = '''
# (1, 1, 0) []
# (1, 1, 0) []
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


for stride in (1, 2):
    y = max_pool(np.array([[[1.0, 2.0]]], np.float32), kernel_shape=[3], strides=[stride])[0]
    print(y.shape, y.ravel())
