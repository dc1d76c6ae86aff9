"""A window wholly in padding is 0 with two axes and NaN with one or three.

A window without a real cell has no maximum, and libraries give -inf, the lowest number or an error. But 0 is larger
than all negative data, and the three ranks differ.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["max-of-padding", "index-of-padding"]
# upstream = "none found"
# prints = '''
# nan -1
# 0.0 -1
# nan -3
# '''
# expected = '''
# -inf -1
# -inf -1
# -inf -1
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

for rank in (1, 2, 3):
    settings = {"kernel_shape": [2] * rank, "dilations": [2] * rank, "pads": [1] * 2 * rank}
    node = make_node("MaxPool", ["x"], ["y", "i"], **settings)
    y, i = ReferenceEvaluator(node).run(None, {"x": np.full([1] * (2 + rank), 3.0)})
    print(y.item(), i.item())
