"""The gradient of a window with a NaN goes to whatever comes after the NaN.

No gradient is right where the maximum is NaN. But the cell that gets it is neither the NaN nor the largest number, and
depends on the place: a comparison with NaN moves the choice on, to the largest number after it, or to a NaN in the last
place.
"""

# /// script
# dependencies = ["jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan-gradient"]
# upstream = "none found"
# prints = '''
# [nan] [0. 0. 1. 0.]
# [nan] [0. 0. 1. 0.]
# [nan] [0. 0. 0. 1.]
# '''
# expected = '''
# [nan] [1. 0. 0. 0.]
# [nan] [0. 1. 0. 0.]
# [nan] [0. 0. 0. 1.]
# '''
# ///

import jax
import jax.numpy as jnp
from jax import lax

nan = jnp.nan
pool = lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (4,), (1,), "VALID")
for x in ([nan, 1.0, 3.0, 2.0], [5.0, nan, 1.0, 0.0], [2.0, 1.0, 0.0, nan]):
    print(pool(jnp.array(x)), jax.grad(lambda x: pool(x).sum())(jnp.array(x)))
