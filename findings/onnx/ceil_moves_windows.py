"""In ceil mode the windows of the mean move towards the beginning.

Ceil mode adds a window at the end and changes no other. The last window overhangs by two cells; half of them are put
before the first cell, so that all windows start one cell too early. With `count_include_pad` the cell put there is a
zero in the first mean.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "ceil overhang"
# upstream = "none found"
# prints = '''
# [1.5 3. ]
# [1. 3.]
# '''
# expected = '''
# [2. 4.]
# [2. 4.]
# '''
#
# [tool.poolproof.laws]
# onnx = ["mean-value", "mean-exact", "overhang", "locality"]
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.array([[[1.0, 2.0, 3.0, 4.0]]])
for counted in (0, 1):
    node = make_node("AveragePool", ["x"], ["y"], kernel_shape=[3], strides=[3], ceil_mode=1, count_include_pad=counted)
    print(ReferenceEvaluator(node).run(None, {"x": x})[0].ravel())
