"""A window wholly in padding has the maximum -3.4e38 and the mean NaN.

Such padding may be refused or answered, and no answer is right. That of the maximum is the lowest float32, in float64,
too, with the index -1.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["max-of-padding", "index-of-padding", "mean-of-padding"]
# upstream = "PaddlePaddle/Paddle#51893, for the mean: said to be intended"
# prints = '''
# [-3.4028235e+38  1.0000000e+00 -3.4028235e+38]
# [nan  1. nan]
# '''
# expected = '''
# an error
# an error
# '''
# ///

import paddle
from paddle.nn import functional as F

x = paddle.ones([1, 1, 1])
print(F.max_pool1d(x, 1, 1, 1).numpy().ravel())
print(F.avg_pool1d(x, 1, 1, 1).numpy().ravel())
