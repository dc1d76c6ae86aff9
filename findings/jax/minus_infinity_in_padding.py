"""A window of -inf that begins in padding has no gradient.

A maximum of -inf means nothing in training. But padded cells should get nothing, and here the first of several equal
maxima is a padded one.
"""

# /// script
# dependencies = ["jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "padding"
# conventions = ["minus-infinity-gradient"]
# upstream = "none found"
# prints = '''
# [1. 0.] [0. 1.]
# [1. 0.] [1. 1.]
# '''
# expected = '''
# [1. 0.] [1. 1.]
# [1. 0.] [1. 1.]
# '''
# ///

import jax
import jax.numpy as jnp
from jax import lax

pool = lambda x, padding: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), [padding]).sum()
for x in (jnp.full(2, -jnp.inf), jnp.full(2, -1.0)):
    print(jax.grad(lambda x: pool(x, (0, 0)))(x), jax.grad(lambda x: pool(x, (1, 1)))(x))
