"""An extra axis is taken for another batch axis.

This is useful, but a wrong number of axes goes unnoticed.
"""

# /// script
# dependencies = ["flax==0.12.8", "jax==0.10.2"]
#
# [tool.poolproof]
# kind = "convention"
# class = "robustness"
# conventions = ["wrong-rank"]
# upstream = "none found"
# prints = '''
# (1, 1, 1, 1, 1)
# '''
# expected = '''
# an error
# '''
# ///

import jax.numpy as jnp
from flax import linen

print(linen.avg_pool(jnp.ones((1, 1, 2, 2, 1)), (2, 2)).shape)
