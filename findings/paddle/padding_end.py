"""A mean that counts padding divides wrongly where padding differs at the beginning and the end.

`exclusive=False` counts padded cells, wherever they are. Those at the end are counted only as far as there are some at
the beginning, even where ceil mode runs past the end. The gradient has the same divisor, with one, two and three axes.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# conventions = ["divisor-default"]
# upstream = "PaddlePaddle/Paddle#54404"
# prints = '''
# [0, 0, 0, 1] [1.]
# [0, 0, 1, 0] [0.5]
# [0, 0, 1, 1] [0.5 0.5]
# [0.5 0.5]
# '''
# expected = '''
# [0, 0, 0, 1] [0.5]
# [0, 0, 1, 0] [0.5]
# [0, 0, 1, 1] [0.5 0.5]
# [0.5 1. ]
# '''
#
# [tool.poolproof.laws]
# paddle = ["mean-value", "mean-exact", "padding-with-zero", "conservation", "other-settings", "nothing-remembered"]
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

x = paddle.to_tensor(np.ones((1, 1, 1, 1)))
for padding in ([0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 1, 1]):
    print(padding, F.avg_pool2d(x, [1, 2], 1, padding, exclusive=False).numpy().ravel())
print(F.avg_pool1d(paddle.ones([1, 1, 2]), 2, 2, [1, 0], exclusive=False, ceil_mode=True).numpy().ravel())
