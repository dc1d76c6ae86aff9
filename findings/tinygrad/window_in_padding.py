"""The index of a window wholly in padding is a large negative number.

There is no cell to name, and a negative number names none. That it depends on the size of the plane is an accident. The
maximum is -inf; the mean is 0, or NaN if padding is not counted.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "argmax index"
# conventions = ["max-of-padding", "index-of-padding", "mean-of-padding"]
# upstream = "none found"
# prints = '''
# [-inf   1. -inf] [-2147483647           0 -2147483647]
# [-inf   1.   1. -inf] [-2147483646           0           1 -2147483646]
# '''
# expected = '''
# an error
# '''
# ///

import numpy as np
from tinygrad import Tensor

for cells in (1, 2):
    x = Tensor(np.ones((1, 1, cells), np.float32))
    y, index = x.max_pool2d((1,), 1, padding=1, return_indices=True)
    print(y.numpy().ravel(), index.numpy().ravel())
