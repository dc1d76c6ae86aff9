"""The maximum of int32 is rounded to float32 unless its index is requested.

int32 is among the types of the device, a maximum is an element of its window, and the same operation is exact as soon
as its second output is used.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "narrow accumulation"
# upstream = "none found for pooling; openvinotoolkit/openvino#37956 is similar, for MatMul"
# prints = '''
# [0] [  16777216 2147483520]
# [0, 1] [  16777217 2147483647]
# '''
# expected = '''
# [0] [  16777217 2147483647]
# [0, 1] [  16777217 2147483647]
# '''
#
# [tool.poolproof.laws]
# openvino = ["max-value", "indices-gather"]
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

x = ops.parameter((1, 1, 2), np.dtype("int32"))
y = ops.max_pool(x, [1], [1], [0], [0], [1])
for outputs in ([0], [0, 1]):
    model = ov.compile_model(ov.Model([y.output(k) for k in outputs], [x], "m"), "CPU")
    print(outputs, model(np.array([[[2**24 + 1, 2**31 - 1]]], np.int32))[0].ravel())
