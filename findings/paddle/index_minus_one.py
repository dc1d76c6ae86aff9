"""The index of a window of -inf is -1, and its gradient goes to another channel.

An index should be a cell of its window, and the gradient is written where it points: into the last cell of the previous
channel, and for the first channel into memory before the result, which ends in a corrupted heap when it is repeated. It
needs no infinity: float32 at -3.4028235e38, float64 at or below it (-1e300) and windows of NaN do the same, with one,
two and three axes.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "argmax index"
# also = ["indices-gather"]
# upstream = "none found"
# prints = '''
# [ 1 -1] [0. 2. 0. 0.]
# '''
# expected = '''
# [1 0] [0. 1. 1. 0.]
# '''
#
# [tool.poolproof.laws]
# paddle = ["max-index", "index-in-plane"]
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

x = paddle.to_tensor(np.array([[[[1, 2]], [[-np.inf, -np.inf]]]], "float32"))
x.stop_gradient = False
y, index = F.max_pool2d(x, [1, 2], return_mask=True)
print(index.numpy().ravel(), paddle.grad(y, x)[0].numpy().ravel())
