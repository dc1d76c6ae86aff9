"""A partial last block is filled up with zeros.

The documentation says so: `cval`, 0 by default, is the value of padding "if image is not perfectly divisible". But the
function is offered for max and mean pooling, where padding takes no part: 0 is the maximum of negative data, and the
mean divides by cells that do not exist. With `cval=-np.inf` and `numpy.max`, or `cval=np.nan` and `numpy.nanmean`, the
answers are right.
"""

# /// script
# dependencies = ["scikit-image==0.26.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding: zero wins; overhang in the divisor"
# upstream = "scikit-image/scikit-image#4940"
# prints = '''
# [-1.  0.]
# [1.5 1.5]
# [0.]
# '''
# expected = '''
# [-1. -3.]
# [1.5 3. ]
# [-1.]
# '''
#
# [tool.poolproof.laws]
# skimage = [
#     "max-value", "mean-value", "mean-exact", "increasing-maps", "overhang", "other-settings", "nothing-remembered",
# ]
# ///

import numpy as np
from skimage.measure import block_reduce

print(block_reduce(np.array([-1.0, -2.0, -3.0]), 2, np.max))
print(block_reduce(np.array([1.0, 2.0, 3.0]), 2, np.mean))
print(block_reduce(np.array([-1.0, -2.0, -3.0]), 5, np.max))
