"""A NaN in the first place has the index, even if the maximum is another number.

The operator's specification does not mention NaN. But the same windows have other values as soon as their indices are
requested, too.
"""

# /// script
# dependencies = ["onnxruntime==1.32.0", "onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN kept only in first or last place"
# conventions = ["nan", "nan-index"]
# upstream = "none found"
# prints = '''
# [nan  1.] [0 2]
# [ 1. nan]
# '''
# expected = '''
# [nan nan] [0 3]
# [nan nan]
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


x = np.array([[[[np.nan, 1.0, 1.0, np.nan]]]], np.float32)
y, i = max_pool(x, ("y", "i"), kernel_shape=[1, 2], strides=[1, 2])
print(y.ravel(), i.ravel())
print(max_pool(x, kernel_shape=[1, 2], strides=[1, 2])[0].ravel())
