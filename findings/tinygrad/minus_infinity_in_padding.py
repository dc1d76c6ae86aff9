"""A window of -inf beside padding loses gradient to the padding.

A maximum of -inf means nothing in training. But padded cells should get nothing, and here they are as large as the
maximum and share its gradient, so that 1 of the 3 is lost.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["minus-infinity-gradient"]
# upstream = "none found"
# prints = '''
# [1. 1.]
# [1.5 1.5]
# '''
# expected = '''
# [1.5 1.5]
# [1.5 1.5]
# '''
# ///

import numpy as np
from tinygrad import Tensor

for x in (np.float32([[[-np.inf, -np.inf]]]), np.float32([[[-1, -1]]])):
    leaf = Tensor(x)
    print(leaf.max_pool2d((2,), 1, padding=1).sum().gradient(leaf)[0].numpy().ravel())
