"""An empty batch is refused.

Mathematics asks for no particular result; most libraries return an empty one.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["empty-batch"]
# upstream = "none found"
# prints = '''
# RuntimeError Batch size is zero.
# '''
# expected = '''
# {0,1,2}
# '''
# ///

import numpy as np
from openvino import opset16 as ops

try:
    print(ops.max_pool(ops.parameter((0, 1, 3), np.dtype("float32")), [1], [1], [0], [0], [2]).output(0).shape)
except RuntimeError as error:
    print("RuntimeError", str(error).strip().splitlines()[-1])
