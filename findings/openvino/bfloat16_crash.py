"""Compiling MaxPool of bfloat16 with windows of one cell kills the process for planes of 8 cells.

A model that the device accepts must not kill the process. It happens where the number of channels is a multiple of 8
and the plane has 8 cells, in whatever shape, and not with other floats.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "robustness"
# upstream = "none found"
# prints = '''
# 7
# killed by SIGSEGV
# '''
# expected = '''
# 7
# 8
# '''
#
# [tool.poolproof.laws]
# openvino = ["identity"]
# ///

import openvino as ov
from openvino import opset16 as ops

for cells in (7, 8):
    x = ops.parameter([1, 8, 1, cells], ov.Type.bf16)
    y = ops.max_pool(x, [1, 1], [1, 1], [0, 0], [0, 0], [1, 1])
    ov.compile_model(ov.Model([y.output(0)], [x], "m"), "CPU")
    print(cells, flush=True)
