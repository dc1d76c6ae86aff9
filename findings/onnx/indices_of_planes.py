"""Indices of every plane begin at 0 at stride 1.

The operator's indices count through the whole tensor, "in [0, N x C x D1 x ... x Dn)", and at other strides they do.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# upstream = "none found"
# prints = '''
# [0 0 0]
# [0 2 4]
# '''
# expected = '''
# [0 2 4]
# [0 2 4]
# '''
#
# [tool.poolproof.laws]
# onnx = ["max-index", "index-in-plane", "indices-gather", "other-settings"]
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.zeros((1, 3, 1, 2))
for strides in ([1, 1], [1, 2]):
    node = make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[1, 2], strides=strides)
    print(ReferenceEvaluator(node).run(None, {"x": x})[1].ravel())
