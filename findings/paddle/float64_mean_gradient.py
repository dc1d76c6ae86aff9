"""The gradient of a float64 mean has the precision of float32.

The gradient is float64 and off by 3e-8, as the float32 1/3 is; the mean itself is right. It happens with one, two and
three axes.
"""

# /// script
# dependencies = ["paddlepaddle==3.3.1"]
#
# [tool.poolproof]
# kind = "bug"
# class = "narrow accumulation"
# upstream = "none found"
# prints = '''
# 0.3333333432674408
# '''
# expected = '''
# 0.3333333333333333
# '''
#
# [tool.poolproof.laws]
# paddle = ["mean-accumulation", "mean-spread", "overhang"]
# ///

import numpy as np
import paddle
from paddle.nn import functional as F

x = paddle.to_tensor(np.zeros((1, 1, 1, 3)))
x.stop_gradient = False
y = F.avg_pool2d(x, [1, 3])
print(paddle.grad(y, x)[0].numpy()[0, 0, 0, 0])
