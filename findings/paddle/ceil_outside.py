"""ceil_mode keeps a window that lies wholly outside the input.

A window without a single cell has neither maximum nor mean: here the maximum is -3.4e38 with index -1, and the mean
NaN. The size is the plain ceiling of the quotient, and the maintainers call it an error. The laws leave such cases out.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "ceil overhang"
# conventions = ["ceil-rule"]
# upstream = "PaddlePaddle/Paddle#51542"
# prints = '''
# [ 1.0000000e+00 -3.4028235e+38]
# [ 1. nan]
# '''
# expected = '''
# [1.]
# [1.]
# '''
# ///

import paddle
from paddle.nn import functional as F

x = paddle.to_tensor([[[1.0, 2.0]]])
print(F.max_pool1d(x, 1, 2, ceil_mode=True).numpy().ravel())
print(F.avg_pool1d(x, 1, 2, ceil_mode=True).numpy().ravel())
