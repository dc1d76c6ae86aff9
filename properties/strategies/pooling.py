"""Windows and the image that they fit, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Geometry


@dataclass(frozen=True)
class Pooling:
    """Windows, and the spatial shape of an image that they fit.

    `size` and `stride` are tuples of int, one for each spatial axis; `settings` has the keywords that a call passes:
    `padding` as a pair (before, after) for each axis, `dilation` as a tuple, `ceil_mode` as a bool; `spatial` is the
    shape of one plane, (W,), (H, W) or (D, H, W). The `repr` is Python that gives an equal Pooling.
    """

    size: Ints
    stride: Ints
    spatial: Ints
    settings: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def output(self) -> Ints:
        """The spatial shape of the result, (OH, OW). Raises ValueError for windows that cannot be."""
        return Geometry.of(self.size, self.stride, **self.settings).output(self.spatial)
