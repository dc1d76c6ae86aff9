"""The index at stride 1 is computed with the shape of the output.

The cell at the index is not the maximum. The position in the window, which is 2 wide, is split by the width of the
output, which is 3.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# also = ["max-index", "indices-gather"]
# upstream = "none found"
# prints = '''
# 1.0 2 0.0
# '''
# expected = '''
# 1.0 4 1.0
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.zeros((1, 1, 4, 4))
x[0, 0, 1, 0] = 1
node = make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2])
y, i = ReferenceEvaluator(node).run(None, {"x": x})
print(y[0, 0, 0, 0], i[0, 0, 0, 0], x.flat[i[0, 0, 0, 0]])
