"""MaxPool drops NaN, AvgPool keeps it.

Mathematics does not define the maximum of a window with a NaN. It is dropped in every place, and the index is that of
the largest number.
"""

# /// script
# dependencies = ["openvino==2026.4.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan", "nan-index"]
# upstream = "none found"
# prints = '''
# 3.0 nan
# 3.0 nan
# 2.0 nan
# '''
# expected = '''
# nan nan
# nan nan
# nan nan
# '''
# ///

import numpy as np
import openvino as ov
from openvino import opset16 as ops

x = ops.parameter((1, 1, 3), np.dtype("float32"))
largest = ops.max_pool(x, [1], [1], [0], [0], [3]).output(0)
mean = ops.avg_pool(x, [1], [0], [0], [3], True, dilations=[1]).output(0)
model = ov.compile_model(ov.Model([largest, mean], [x], "m"), "CPU")
for k in range(3):
    numbers = np.float32([[[1, 2, 3]]])
    numbers[0, 0, k] = np.nan
    print(*(y.item() for y in model(numbers).to_tuple()))
