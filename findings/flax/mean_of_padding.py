"""The mean of a window wholly in padding that is not counted is NaN.

There is nothing to divide. With padding counted it is 0.
"""

# /// script
# dependencies = ["flax==0.12.8", "jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["mean-of-padding"]
# upstream = "none found"
# prints = '''
# [nan  1. nan]
# '''
# expected = '''
# an error
# '''
# ///

import jax.numpy as jnp
from flax import linen

x = jnp.ones((1, 1, 1))
print(linen.avg_pool(x, (1,), padding=((1, 1),), count_include_pad=False).ravel())
