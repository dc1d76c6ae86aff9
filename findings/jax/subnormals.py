"""Subnormal numbers become zero, but not in windows of one cell.

JAX documents that subnormal numbers are flushed. But then a maximum is no element of its window, its gradient goes to a
zero before it, and all this depends on size and dtype: float16 is kept; float32, float64 and bfloat16 are flushed.
"""

# /// script
# dependencies = ["jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "subnormals"
# conventions = ["subnormals"]
# upstream = "jax-ml/jax#26668, which documents it"
# prints = '''
# [0. 0.] [0.e+00 1.e-40 0.e+00] [1. 1. 0.]
# '''
# expected = '''
# [1.e-40 1.e-40] [0.e+00 1.e-40 0.e+00] [0. 2. 0.]
# '''
# ///

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

x = jnp.array(np.float32([0, 1e-40, 0]))
pool = lambda x, cells: lax.reduce_window(x, -jnp.inf, lax.max, (cells,), (1,), "VALID")
print(pool(x, 2), pool(x, 1), jax.grad(lambda x: pool(x, 2).sum())(x))
