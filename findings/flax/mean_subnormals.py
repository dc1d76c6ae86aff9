"""The mean of subnormal numbers is 0, but not in float16.

JAX documents that subnormal numbers are flushed; whether they are depends on the dtype.
"""

# /// script
# dependencies = ["flax==0.12.8", "jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "subnormals"
# conventions = ["mean-subnormals"]
# upstream = "jax-ml/jax#26668, which documents it"
# prints = '''
# float16 5.960464477539063e-08
# float32 0.0
# '''
# expected = '''
# float16 5.960464477539063e-08
# float32 1.401298464324817e-45
# '''
# ///

import jax.numpy as jnp
import numpy as np
from flax import linen

for dtype in (np.float16, np.float32):
    x = np.full((1, 2, 1), 4 * np.finfo(dtype).smallest_subnormal)
    print(x.dtype, np.array(linen.avg_pool(jnp.array(x), (2,))).item() / 4)
