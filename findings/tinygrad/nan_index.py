"""The index of a window whose maximum is NaN is one past the end of the plane.

An index is a place to read or write, for `max_unpool2d` for instance, and the plane has no cell 4. No cell equals the
maximum, and the value meant to mark "none" comes out.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# unseen = "the 20 cases of each law that tinygrad is given have no such NaN; with 100, `index-in-plane` fails"
# upstream = "none found"
# prints = '''
# [nan  4.] [4 3]
# '''
# expected = '''
# [nan  4.] [0 3]
# '''
# ///

import numpy as np
from tinygrad import Tensor

y, index = Tensor(np.float32([[[np.nan, 2, 3, 4]]])).max_pool2d((2,), return_indices=True)
print(y.numpy().ravel(), index.numpy().ravel())
