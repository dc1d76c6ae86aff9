"""The mean of integers is truncated towards zero once per axis.

The documentation says that intermediate results have the dtype of the output. But both windows hold 0, 0, 1 and 3, with
the mean 1, and the answer depends on which axis comes first.
"""

# /// script
# dependencies = ["scipy==1.17.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "result dtype"
# conventions = ["integer-mean"]
# upstream = "none found"
# prints = '''
# 0
# 1
# '''
# expected = '''
# 1
# 1
# '''
# ///

import numpy as np
from scipy.ndimage import uniform_filter

for x in ([[1, 3], [0, 0]], [[1, 0], [3, 0]]):
    print(uniform_filter(np.array(x), size=2, origin=-1, mode="constant")[0, 0])
