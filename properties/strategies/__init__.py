"""Hypothesis strategies for pooling: windows that fit an image, images, gradients and whole cases."""

from .case import Case
from .checking import check
from .pooling import Pooling
from .public import cases, gradients, images, poolings

__all__ = ["Case", "Pooling", "cases", "check", "gradients", "images", "poolings"]
