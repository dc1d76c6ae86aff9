"""Padding that differs at the beginning and the end is refused with return_mask.

The documentation allows four numbers, one for each side, and makes no exception for `return_mask`. Four numbers that
are equal in pairs are accepted.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "padding"
# unseen = "no padding is asked for with `return_mask`"
# upstream = "none found"
# prints = '''
# paddle.Size([1, 1, 1, 2])
# (InvalidArgument) Paddings size 4 and pooling size 2 should be the same.
# '''
# expected = '''
# paddle.Size([1, 1, 1, 2])
# paddle.Size([1, 1, 1, 2])
# '''
# ///

import paddle
from paddle.nn import functional as F

x = paddle.ones([1, 1, 1, 2])
print(F.max_pool2d(x, [1, 2], 1, [0, 0, 0, 1]).shape)
try:
    print(F.max_pool2d(x, [1, 2], 1, [0, 0, 0, 1], return_mask=True)[1].shape)
except ValueError as error:
    print([line for line in str(error).splitlines() if line.startswith("(InvalidArgument)")][0])
