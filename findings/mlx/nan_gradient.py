"""The gradient of a window with a NaN is NaN in all its cells.

No gradient is right where the maximum is NaN. In other libraries it goes to one cell, and a loss stays finite.
"""

# /// script
# dependencies = ["mlx[cpu]==0.32.4"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan-gradient"]
# upstream = "none found"
# prints = '''
# [nan, nan, nan, 0.0, 0.0, 1.0]
# '''
# expected = '''
# [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
# '''
# ///

import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
x = mx.array([1.0, float("nan"), 3.0, 4.0, 5.0, 6.0]).reshape(1, 6, 1)
print(mx.grad(lambda x: nn.MaxPool1d(3)(x).sum())(x).flatten().tolist())
