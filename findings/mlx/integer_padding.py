"""Padding wins the maximum of int8, int16, uint64 and bool.

Padded cells must not win a maximum, and the layer's documentation promises "negative infinity padding" for every dtype.
Minus infinity, cast to the type, is 0 for int8 and int16, 2**63 for uint64 and True for bool; int32 and int64 are
right.
"""

# /// script
# dependencies = ["mlx[cpu]==0.32.4"]
#
# [tool.poolproof]
# kind = "bug"
# class = "padding"
# upstream = "none found"
# prints = '''
# mlx.core.int8 [0, -5, 0]
# mlx.core.int16 [0, -5, 0]
# mlx.core.uint64 [9223372036854775808, 0, 9223372036854775808]
# mlx.core.bool [True, False, True]
# '''
# expected = '''
# mlx.core.int8 [-5, -5, -5]
# mlx.core.int16 [-5, -5, -5]
# mlx.core.uint64 [0, 0, 0]
# mlx.core.bool [False, False, False]
# '''
#
# [tool.poolproof.laws]
# mlx = ["max-value", "padding-with-lowest", "increasing-maps", "other-settings", "nothing-remembered"]
# ///

import mlx.core as mx
from mlx import nn

mx.set_default_device(mx.cpu)
pool = nn.MaxPool1d(2, stride=1, padding=1)
for dtype, value in ((mx.int8, -5), (mx.int16, -5), (mx.uint64, 0), (mx.bool_, False)):
    print(dtype, pool(mx.full((1, 2, 1), value, dtype)).flatten().tolist())
