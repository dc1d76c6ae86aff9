"""The gradient of a float16 maximum is NaN at the end of a long row, if windows are as dilated as their stride.

There is no NaN and no infinity among the arguments, the maxima are right, and float32 gives the right gradient. Rows of
75 cells or fewer do, too. In Python's own emulation of a device (DEV=PYTHON) there is no NaN.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "dilation"
# upstream = "none found"
# prints = '''
# float32 76 1.0 []
# float16 75 1.0 []
# float16 76 1.0 [69 72]
# '''
# expected = '''
# float32 76 1.0 []
# float16 75 1.0 []
# float16 76 1.0 []
# '''
#
# [tool.poolproof.laws]
# tinygrad = ["tied-maxima"]
# ///

import numpy as np
from tinygrad import Tensor

for dtype, cells in (("float32", 76), ("float16", 75), ("float16", 76)):
    x = np.zeros((1, 1, cells), dtype)
    x[..., 72] = 1
    leaf = Tensor(x)
    y = leaf.max_pool2d((2,), 3, dilation=3)
    dx = y.gradient(leaf, gradient=Tensor(np.zeros(y.shape, dtype)))[0].numpy()
    print(dtype, cells, y.numpy()[0, 0, 23], np.flatnonzero(np.isnan(dx)))
