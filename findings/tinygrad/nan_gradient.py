"""The gradient of a window whose maximum is NaN is NaN in all its cells.

No gradient is right where the maximum is NaN. It is 0/0 here, as no cell equals the maximum; otherwise the gradient
goes to the largest number.
"""

# /// script
# dependencies = ["tinygrad==0.14.0"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan-gradient", "nan-index"]
# upstream = "none found"
# prints = '''
# [nan nan  0.  1.]
# '''
# expected = '''
# [1. 0. 0. 1.]
# '''
# ///

import numpy as np
from tinygrad import Tensor

x = Tensor(np.float32([[[np.nan, 2, 3, 4]]]))
print(x.max_pool2d((2,)).sum().gradient(x)[0].numpy().ravel())
