"""The index of a window at the lowest value of its type is 0.

The windows are single cells, so each index is the cell itself; cell 0 is not in the other windows. Zeros of uint8 are
ordinary data, and a window of 0 and 0 has the index 0 wherever it lies. float32 at its lowest finite number and float16
at -inf do the same.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# also = ["indices-gather"]
# upstream = "none found"
# prints = '''
# uint8 [0 0 0]
# int8 [0 0 0]
# int32 [0 0 0]
# float32 [0 0 0]
# '''
# expected = '''
# uint8 [0 1 2]
# int8 [0 1 2]
# int32 [0 1 2]
# float32 [0 1 2]
# '''
#
# [tool.poolproof.laws]
# openvino = ["max-index"]
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

for dtype, lowest in (("uint8", 0), ("int8", -128), ("int32", -(2**31)), ("float32", -np.inf)):
    x = ops.parameter((1, 1, 3), np.dtype(dtype))
    y = ops.max_pool(x, [1], [1], [0], [0], [1], axis=2)
    model = ov.compile_model(ov.Model([y.output(1)], [x], "m"), "CPU")
    print(dtype, model(np.array([[[5, lowest, lowest]]], dtype))[0].ravel())
