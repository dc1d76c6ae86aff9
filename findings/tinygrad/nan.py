"""NaN is kept only in the first place of small windows, and in large ones hides its neighbours.

Mathematics does not define the maximum of a window with a NaN. But here it depends on place and size. Of two numbers of
which one is NaN, the comparison keeps the first. Where cells are compared in groups of four, a NaN at the beginning of
a group takes the other three with it, and the answer is not even the largest number.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan"]
# upstream = "none found"
# prints = '''
# 3 0 nan
# 3 1 1.0
# 3 2 1.0
# 33 0 1.0
# 64 4 0.0
# '''
# expected = '''
# 3 0 nan
# 3 1 nan
# 3 2 nan
# 33 0 nan
# 64 4 nan
# '''
#
# [tool.poolproof.laws]
# tinygrad = ["nan-kept-or-skipped"]
# ///

import numpy as np
from tinygrad import Tensor

for cells, place in ((3, 0), (3, 1), (3, 2), (33, 0), (64, 4)):
    x = np.zeros((1, 1, cells), np.float32)
    x[0, 0, place] = np.nan
    x[0, 0, (place + 1) % cells] = 1
    print(cells, place, Tensor(x).max_pool2d((cells,)).item())
