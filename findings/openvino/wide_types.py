"""float64 is computed in float32, and int64 in int32.

The device does not list these types. But it accepts them silently, returns them, and wraps or clips what does not fit.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "result dtype"
# unseen = "these types are not declared"
# upstream = "none found"
# prints = '''
# float64 3.4028234663852886e+38
# int64 1
# '''
# expected = '''
# float64 1e+300
# int64 1099511627777
# '''
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

for number in (np.float64(1e300), np.int64(2**40 + 1)):
    x = ops.parameter((1, 1, 1), number.dtype)
    model = ov.compile_model(ov.Model([ops.max_pool(x, [1], [1], [0], [0], [1]).output(0)], [x], "m"), "CPU")
    print(model(np.full((1, 1, 1), number))[0].dtype, model(np.full((1, 1, 1), number))[0].item())
