"""max_pool1d gives an empty tensor for a window one cell larger than the input.

The formula of the size does give 0 windows. A window two cells larger is refused (`ValueError`), so that the answer
depends on the size.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# paddle.Size([1, 1, 0])
# '''
# expected = '''
# an error
# '''
# ///

import paddle
from paddle.nn import functional as F

print(F.max_pool1d(paddle.ones([1, 1, 3]), 4, 1).shape)
