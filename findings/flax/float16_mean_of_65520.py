"""The mean of 65520 or more cells of float16 is 0, or NaN.

The number of cells becomes a float16, which is infinite from 65520 on: a global mean of 256 by 256 cells is 0, or NaN
where their sum is infinite, too, and its gradient is 0. bfloat16 is right, and so is the divisor where padding is not
counted.
"""

# /// script
# dependencies = ["flax==0.12.8", "jax==0.10.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "divisor"
# unseen = "so many cells are not asked of float16"
# upstream = "none found"
# prints = '''
# 65504 0.5005 1.526e-05
# 65520 0.0 0.0
# 65536 0.0 0.0
# '''
# expected = '''
# 65504 0.5005 1.526e-05
# 65520 0.5 1.526e-05
# 65536 0.5 1.526e-05
# '''
# ///

import jax
import jax.numpy as jnp
from flax import linen

for cells in (65504, 65520, 65536):
    x = jnp.zeros((1, cells, 1), "float16").at[0, 0, 0].set(32768)
    mean = lambda x: linen.avg_pool(x, (cells,)).sum()
    print(cells, mean(x), jax.grad(mean)(x)[0, 0, 0])
