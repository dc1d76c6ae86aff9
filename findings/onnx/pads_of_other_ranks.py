"""Padding of one or three axes is misread at stride 1.

One padded cell adds one window, before or after. Here padding at the end is dropped, and padding at the beginning is
counted although the result has no place for its window.
"""

# /// script
# dependencies = ["onnx==1.23.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "padding"
# also = ["padding-with-lowest", "other-settings"]
# upstream = "none found"
# prints = '''
# [[[1.0, 2.0]]]
# IndexError: index 2 is out of bounds for axis 2 with size 2
# '''
# expected = '''
# [[[1.0, 2.0, 2.0]]]
# [[[0.0, 1.0, 2.0]]]
# '''
#
# [tool.poolproof.laws]
# onnx = ["nan-kept-or-skipped"]
# ///

import numpy as np
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

x = np.array([[[0.0, 1.0, 2.0]]])
for pads in ([0, 1], [1, 0]):
    node = make_node("MaxPool", ["x"], ["y"], kernel_shape=[2], pads=pads)
    try:
        print(ReferenceEvaluator(node).run(None, {"x": x})[0].tolist())
    except IndexError as error:
        print("IndexError:", error)
