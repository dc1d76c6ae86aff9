"""Which of +0 and -0 is the maximum depends on the dtype.

Both zeros are equal. The first one is taken in float16 and the last one in float32 and float64, as in `numpy.max`.
"""

# /// script
# dependencies = ["scikit-image==0.26.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "signed zero"
# conventions = ["signed-zero"]
# upstream = "none found"
# prints = '''
# [ 0. -0.]
# [-0.  0.]
# [-0.  0.]
# '''
# expected = '''
# [ 0. -0.]
# [ 0. -0.]
# [ 0. -0.]
# '''
# ///

import numpy as np
from skimage.measure import block_reduce

for dtype in (np.float16, np.float32, np.float64):
    print(block_reduce(np.array([0.0, -0.0, -0.0, 0.0], dtype), 2, np.max))
