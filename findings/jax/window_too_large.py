"""reduce_window gives an empty array for a window larger than the input.

There are no windows; the formula of the size would give -1.
"""

# /// script
# dependencies = ["jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["window-too-large"]
# upstream = "none found"
# prints = '''
# (0,)
# '''
# expected = '''
# an error
# '''
# ///

import jax.numpy as jnp
from jax import lax

print(lax.reduce_window(jnp.ones(3), -jnp.inf, lax.max, (5,), (1,), "VALID").shape)
