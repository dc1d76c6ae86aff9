"""Arrays that are zero but for a few cells, whatever their size: they are sent, compared and stored by these cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from ..remote.worker import nonzero, painted


@dataclass(frozen=True, eq=False)
class Sparse:
    """An array of this dtype and shape: `places` (n,) int64 are row-major and ascend, `values` (n,) are of the dtype.

    `others`: how many more cells are not zero, which are not listed. All the rest is zero.
    """

    dtype: np.dtype[Any]
    shape: Ints
    places: Array
    values: Array
    others: int = 0

    @classmethod
    def of(cls, dtype: np.dtype[Any], shape: Ints, cells: Mapping[int, Any]) -> Sparse:
        """The array with these values at row-major places."""
        places = sorted(cells)
        return cls(dtype, shape, np.array(places, np.int64), np.array([cells[each] for each in places], dtype))

    @classmethod
    def from_array(cls, array: Array) -> Sparse:
        """The nonzero cells of an array; of very many the first."""
        count, places, values = nonzero(array)
        return cls(values.dtype, array.shape, places, values, count - len(places))

    @property
    def size(self) -> int:
        """Cells of the array."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return self.size * self.dtype.itemsize

    def cells(self) -> dict[int, Any]:
        """The listed values as Python numbers, by row-major place."""
        return dict(zip(self.places.tolist(), self.values.tolist(), strict=True))

    def whole(self) -> Array:
        """The array itself."""
        array: Array = painted(self.dtype, self.shape, self.places, self.values)
        return array

    def index(self, place: int) -> Ints:
        """The index (n, c, ...) of a row-major place."""
        return tuple(int(k) for k in np.unravel_index(place, self.shape))


@dataclass(frozen=True)
class SparseCall:
    """A call whose arrays, in the contract's order, are sparse."""

    function: str
    arrays: dict[str, Sparse]
    size: Ints
    stride: Ints

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self.arrays.values())
