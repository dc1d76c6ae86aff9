"""NaN is kept only in the last place of a window, hides what precedes it, and is never kept with return_mask.

Mathematics does not define the maximum of a window with a NaN. But here it depends on the place, and one function has
two answers. In other places a NaN is dropped, and all numbers before it as well: the maximum of 3, NaN and 1 is 1,
which is neither NaN nor the largest number. Where NaN is the maximum its gradient is lost; otherwise it goes to the
largest number.
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
# 1.0 3.0
# '''
# expected = '''
# nan nan
# nan nan
# nan nan
# nan nan
# '''
#
# [tool.poolproof.laws]
# paddle = ["nan-kept-or-skipped"]
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

for window in ([np.nan, 2, 3], [1, np.nan, 3], [1, 2, np.nan], [3, np.nan, 1]):
    x = paddle.to_tensor(np.float32([[window]]))
    print(F.max_pool1d(x, 3).item(), F.max_pool1d(x, 3, return_mask=True)[0].item())
