"""Indices ignore storage_order at stride 1.

`storage_order=1` asks for column-major indices, in which the cell below the first is number 1, whatever the strides.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# unseen = "only row-major indices are asked for"
# upstream = "none found"
# prints = '''
# 3
# 1
# '''
# expected = '''
# 1
# 1
# '''
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.array([[[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]])
for strides in ([1, 1], [2, 2]):
    node = make_node("MaxPool", ["x"], ["y", "i"], kernel_shape=[2, 2], strides=strides, storage_order=1)
    print(ReferenceEvaluator(node).run(None, {"x": x})[1].flat[0])
