"""Sparse arrays: huge ones with few nonzero cells, which are sent, compared and stored as these cells."""

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
    """An array: `places` (n,) int64 are the ascending row-major places of nonzero cells, `values` (n,) their values.

    `others`: the number of further nonzero cells, which are not listed. All other cells are zero.
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
        """A sparse array from an array; of very many nonzero cells, only the first are listed."""
        count, places, values = nonzero(array)
        return cls(values.dtype, array.shape, places, values, count - len(places))

    @property
    def size(self) -> int:
        """The number of cells."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes of the whole array."""
        return self.size * self.dtype.itemsize

    def cells(self) -> dict[int, Any]:
        """The listed values as Python numbers, by row-major place."""
        return dict(zip(self.places.tolist(), self.values.tolist(), strict=True))

    def whole(self) -> Array:
        """The array in full."""
        array: Array = painted(self.dtype, self.shape, self.places, self.values)
        return array

    def index(self, place: int) -> Ints:
        """The index (n, c, ...) of a row-major place."""
        return tuple(int(k) for k in np.unravel_index(place, self.shape))


@dataclass(frozen=True)
class SparseCall:
    """A call with sparse arrays, in the order of the contract."""

    function: str
    arrays: dict[str, Sparse]
    size: Ints
    stride: Ints

    @property
    def nbytes(self) -> int:
        """The number of bytes of its whole arrays."""
        return sum(array.nbytes for array in self.arrays.values())
