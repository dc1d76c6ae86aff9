"""NaN is kept only in the last place of a window, and never with return_mask.

Mathematics does not define the maximum of a window with a NaN. But here it depends on the place, and one function has
two answers. Where NaN is the maximum its gradient is lost; otherwise it goes to the largest number.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan", "nan-gradient", "nan-index"]
# upstream = "none found"
# prints = '''
# 3.0 3.0
# 3.0 3.0
# nan 2.0
# '''
# expected = '''
# nan nan
# nan nan
# nan nan
# '''
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

for k in range(3):
    x = np.float32([1, 2, 3]).reshape(1, 1, 3)
    x[0, 0, k] = np.nan
    x = paddle.to_tensor(x)
    print(F.max_pool1d(x, 3).item(), F.max_pool1d(x, 3, return_mask=True)[0].item())
