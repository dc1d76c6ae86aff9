"""Whether a NaN is the maximum depends on its place, and it may hide another number.

The documentation calls the behaviour with NaN undefined. But the maximum of 0, NaN, 0 and 1 is neither NaN nor 1.
"""

# /// script
# dependencies = ["scipy==1.17.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN kept only in first or last place"
# conventions = ["nan"]
# upstream = "none found"
# prints = '''
# nan
# 1.0
# 1.0
# 1.0
# 0.0
# '''
# expected = '''
# nan
# nan
# nan
# nan
# nan
# '''
#
# [tool.poolproof.laws]
# scipy = ["nan-kept-or-skipped"]
# ///

import numpy as np
from scipy.ndimage import maximum_filter

for window in ([np.nan, 0.0, 1.0], [0.0, np.nan, 1.0], [0.0, 1.0, np.nan], [1.0, np.nan, 0.0]):
    print(maximum_filter(np.array(window), size=3, origin=-1, mode="constant")[0])
print(maximum_filter(np.array([[0.0, np.nan], [0.0, 1.0]]), size=2, origin=-1, mode="constant")[0, 0])
