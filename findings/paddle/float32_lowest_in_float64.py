"""The maximum of float64 numbers below -3.4e38 is -3.4e38, and its gradient 0.

The maximum of a window is one of its cells. The search starts at the lowest float32 in float64, too, with one, two and
three axes. For windows of -inf, float32 gives the same number and no gradient; float16 gives -inf and a gradient.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "initial value"
# conventions = ["all-minus-infinity", "minus-infinity-gradient"]
# upstream = "none found"
# prints = '''
# -3.4028234663852886e+38 [0. 0.]
# -3.4028234663852886e+38
# '''
# expected = '''
# -1e+300 [1. 0.]
# -inf
# '''
#
# [tool.poolproof.laws]
# paddle = ["max-value", "routing", "indices-gather"]
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

x = paddle.to_tensor(np.full((1, 1, 1, 2), -1e300))
x.stop_gradient = False
y = F.max_pool2d(x, [1, 2])
print(y.numpy().item(), paddle.grad(y, x)[0].numpy().ravel())
x = paddle.to_tensor(np.full((1, 1, 1, 2), -np.inf, "float32"))
print(F.max_pool2d(x, [1, 2]).numpy().item())
