"""The index of a window wholly in padding can be a cell of another plane.

A window without a real cell has no maximum and no index. But 0 and 1 are the only cells of other channels and look like
valid indices: the index is the cell just before the first of its plane. With two axes it is one row and one cell
before. The value is the lowest number in float32 and float64, and -inf in float16; `AveragePool` gives 0.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "argmax index"
# conventions = ["max-of-padding", "index-of-padding", "mean-of-padding"]
# upstream = "none found"
# prints = '''
# [-3.4028235e+38 -3.4028235e+38 -3.4028235e+38] [-1  0  1]
# '''
# expected = '''
# [-inf -inf -inf] [-1 -1 -1]
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


x = np.zeros((1, 3, 1), np.float32)
y, i = max_pool(x, ("y", "i"), kernel_shape=[2], dilations=[2], pads=[1, 1])
print(y.ravel(), i.ravel())
