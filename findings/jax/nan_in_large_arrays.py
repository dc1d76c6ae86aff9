"""NaN is dropped in arrays of 4096 numbers or more, and in float64 takes others with it.

Mathematics does not define the maximum of a window with a NaN. But `lax.max` propagates NaN, and in small arrays the
same windows do, too. In large arrays of float32 and float64 it is dropped, and in float64 the answer may not even be
the largest number: the 7 is lost with the NaN beside it. float16 and bfloat16 keep it.
"""

# /// script
# dependencies = ["jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "NaN"
# conventions = ["nan"]
# upstream = "none found for pooling; tensorflow/tensorflow#116992: the same compiler drops NaN in reduce_max"
# prints = '''
# float32 9 nan
# float32 4608 7.0
# float64 9 nan
# float64 4608 6.0
# '''
# expected = '''
# float32 9 nan
# float32 4608 nan
# float64 9 nan
# float64 4608 nan
# '''
# ///

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)
for dtype in ("float32", "float64"):
    for windows in (1, 512):
        x = jnp.tile(jnp.array([[7, 6, jnp.nan], [4, 3, 2], [1, 0, -1]], dtype), (1, 1, 1, windows))
        y = lax.reduce_window(x, jnp.array(-jnp.inf, dtype), lax.max, (1, 1, 3, 3), (1, 1, 3, 3), "VALID")
        print(dtype, x.size, y[0, 0, 0, 0])
