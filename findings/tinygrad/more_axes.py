"""Extra axes are taken for batch axes, however many there are.

This is useful, but a wrong number of axes goes unnoticed.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["wrong-rank"]
# upstream = "none found"
# prints = '''
# (1, 1, 1, 1, 1)
# '''
# expected = '''
# an error
# '''
# ///

import numpy as np
from tinygrad import Tensor

print(Tensor(np.ones((1, 1, 1, 2, 2), np.float32)).max_pool2d((2, 2)).shape)
