"""A window wholly in padding is answered if it is dilated.

There is no cell to take: the maximum is the lowest float32 (float16: -inf), its index is 0, a cell that the window
steps over, and the mean is NaN. Padding as wide as a window is refused for exactly this reason ("Kernel after dilation
is sometimes entirely in the padding area").
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["max-of-padding", "index-of-padding", "mean-of-padding"]
# upstream = "none found"
# prints = '''
# -3.4028234663852886e+38 0 nan
# '''
# expected = '''
# an error
# '''
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

x = ops.parameter((1, 1, 1), np.dtype("float32"))
largest = ops.max_pool(x, [1], [2], [1], [1], [2], axis=2)
mean = ops.avg_pool(x, [1], [1], [1], [2], True, dilations=[2])
model = ov.compile_model(ov.Model([largest.output(0), largest.output(1), mean.output(0)], [x], "m"), "CPU")
print(*(y.item() for y in model(np.full((1, 1, 1), 3, np.float32)).to_tuple()))
