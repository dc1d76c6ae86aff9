"""Padding is read as top, bottom, left, right at stride 1.

The operator's `pads` are all beginnings, then all ends, and at other strides they are read so. Here a row above and a
row below are requested; the evaluator adds a row above and a column on the left. A window that ends up without a real
cell raises.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "padding slots exchanged"
# also = ["dtype-preserved", "batch-independence", "other-settings", "same-twice"]
# upstream = "none found"
# prints = '''
# [[[[2.0, 3.0]]]]
# ValueError: zero-size array to reduction operation maximum which has no identity
# '''
# expected = '''
# [[[[3.0], [3.0]]]]
# [[[[0.0, 1.0], [2.0, 3.0], [2.0, 3.0]]]]
# '''
#
# [tool.poolproof.laws]
# onnx = ["padding-with-lowest", "ranks-agree", "nothing-remembered"]
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
for kernel in ([3, 2], [2, 1]):
    node = make_node("MaxPool", ["x"], ["y"], kernel_shape=kernel, pads=[1, 0, 1, 0])
    try:
        print(ReferenceEvaluator(node).run(None, {"x": x})[0].tolist())
    except ValueError as error:
        print("ValueError:", error)
