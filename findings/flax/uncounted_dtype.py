"""A mean that does not count padding has the default dtype, not that of the input.

The same mean has the dtype of its input as long as padding is counted. The divisors are sums of ones in JAX's default
dtype: float32, or float64 with 64-bit types on. The gradient then refuses a dy with the dtype of x, so that laws raise
at any mean that does not count padding.
"""

# /// script
# dependencies = ["flax==0.12.8", "jax==0.10.2"]
#
# [tool.poolproof]
# kind = "bug"
# class = "result dtype"
# also = ["gradient-layouts", "no-aliasing-of-identity"]
# upstream = "none found"
# prints = '''
# float16 float16 float32
# bfloat16 bfloat16 float32
# float32 float64
# '''
# expected = '''
# float16 float16 float16
# bfloat16 bfloat16 bfloat16
# float32 float32
# '''
#
# [tool.poolproof.laws]
# flax = [
#     "gradient-shape", "dtype-preserved", "uncovered-pixels", "mean-accumulation", "mean-adjoint", "linearity",
#     "conservation", "mean-differences", "ranks-agree", "other-settings", "no-aliasing", "nothing-remembered",
# ]
# ///

import jax
import jax.numpy as jnp
from flax import linen

for dtype in ("float16", "bfloat16"):
    x = jnp.ones((1, 4, 1), dtype)
    print(dtype, *(linen.avg_pool(x, (2,), count_include_pad=counted).dtype for counted in (True, False)))
jax.config.update("jax_enable_x64", True)
print("float32", linen.avg_pool(jnp.ones((1, 4, 1), "float32"), (2,), count_include_pad=False).dtype)
