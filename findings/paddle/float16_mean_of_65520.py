"""The mean of 65520 or more cells of float16 is 0.

The mean of ones is 1. The sum is kept in a wider type, but the number of cells becomes a float16, which is infinite
from 65520 on. It happens with one, two and three axes: a global mean of 256 by 256 cells is 0. The gradient is right.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# unseen = "so many cells are not asked of float16"
# upstream = "none found"
# prints = '''
# 65519 1.0
# 65520 0.0
# 65536 0.0
# '''
# expected = '''
# 65519 1.0
# 65520 1.0
# 65536 1.0
# '''
# ///

import paddle
from paddle.nn import functional as F

for cells in (65519, 65520, 65536):
    print(cells, F.avg_pool1d(paddle.ones([1, 1, cells], "float16"), cells).numpy().item())
