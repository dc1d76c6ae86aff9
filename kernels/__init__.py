"""Reference kernels for max and mean pooling: naive, compiled (numba) and img2col, equal bit for bit.

A fourth kernel, cuda, is not imported here, because it needs a GPU.
"""

from . import compiled, img2col, naive
from .layer import PoolingLayer, PoolingType

__all__ = ["PoolingLayer", "PoolingType", "compiled", "img2col", "naive"]
