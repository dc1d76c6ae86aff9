"""The maximum of a window of -inf or NaN is the lowest finite float32.

Nothing in such a window is greater than the value that the search starts with. But that value is no element of the
window, and it differs by dtype.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "initial value"
# conventions = ["all-minus-infinity"]
# upstream = "openvinotoolkit/openvino#35935, for NaN"
# prints = '''
# float32 -3.4028234663852886e+38 -3.4028234663852886e+38
# float16 -inf -inf
# '''
# expected = '''
# float32 -inf nan
# float16 -inf nan
# '''
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

for dtype in ("float32", "float16"):
    x = ops.parameter((1, 1, 2), np.dtype(dtype))
    model = ov.compile_model(ov.Model([ops.max_pool(x, [1], [1], [0], [0], [2]).output(0)], [x], "m"), "CPU")
    print(dtype, *(model(np.full((1, 1, 2), value, dtype))[0].item() for value in (-np.inf, np.nan)))
