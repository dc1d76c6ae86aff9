"""Reference kernels for max and mean pooling: naive, compiled (numba) and img2col, equal bit for bit.

A fourth one, cuda, has to be imported by itself, because it needs a GPU.
"""

from . import compiled, img2col, naive
from .layer import PoolingLayer, PoolingType

__all__ = ["PoolingLayer", "PoolingType", "compiled", "img2col", "naive"]
