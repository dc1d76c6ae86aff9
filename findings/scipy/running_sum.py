"""The mean is a running sum, in which cells leave traces after they left the window.

The mean of a window depends on its own cells alone. Here each cell is added to one sum along the line and subtracted
again, which leaves the rounding errors of the largest numbers behind. An infinity leaves inf - inf, which is NaN, up to
the end of the line, and so does a sum that overflows.
"""

# /// script
# dependencies = ["scipy==1.17.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "running sums"
# conventions = ["mean-overflow", "infinite-mean"]
# upstream = "scipy/scipy#7818, for NaN: documented as undefined, with nothing on infinities and accuracy"
# prints = '''
# [0.0, 0.49999999981732063]
# [0.5000000001891749, 1.0000000000064955]
# [nan, nan]
# '''
# expected = '''
# [0.5000000001826794, 1.0]
# [0.5000000001826794, 1.0]
# [0.5000000001826794, 1.0]
# '''
#
# [tool.poolproof.laws]
# scipy = ["mean-value", "locality"]
# ///

import numpy as np
from scipy.ndimage import uniform_filter

for first in (1e17, -146527.8403275733, np.inf):
    x = np.array([first, 3.6535874819900197e-10, 1.0, 1.0])
    print(uniform_filter(x, size=2, origin=-1, mode="constant")[1:3].tolist())
