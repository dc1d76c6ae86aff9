"""Counterexamples to draw, made from a call and its answers."""

import msgspec
import numpy as np
import sample
from poolproof.properties.results import Counterexample, StoredCase, stored_call
from poolproof.properties.targets.call import Call


def array(values, dtype=float):
    """An image or a gradient of one sample and one channel."""
    return np.array([[values]], dtype)


def failing(function, x, size, stride, *, dy=None, expected=None, got=None, where=None, **settings):
    """A counterexample of one call; expected, got and where are without sample and channel."""
    arrays = {"x": array(x)} if dy is None else {"dy": array(dy), "x": array(x)}
    return Counterexample(
        seed=1,
        calls=[stored_call(Call(function, arrays, size, stride, settings))],
        expected=None if expected is None else [[expected]],
        got=None if got is None else [[got]],
        where=None if where is None else [0, 0, *where],
        message=f"{function} is wrong",
        case=msgspec.convert(sample.CASE, StoredCase),
    )


OVERWRITTEN = failing(
    "max_backward", [[0, 1, 0]], (1, 2), (1, 1), dy=[[1, 2]],
    expected=[[0.0, 3.0, 0.0]], got=[[0.0, 2.0, 0.0]], where=(0, 1),
)  # fmt: skip
"""Two windows share their maximum, and the last gradient overwrote the first."""

MISPLACED = failing(
    "max_forward", [[1, 2, 0], [3, 4, 0], [0, 0, 5]], (2, 2), (1, 1),
    expected=[[4.0, 4.0], [4.0, 5.0]], got=[[4.0, 4.0], [4.0, 4.0]], where=(1, 1),
)  # fmt: skip
"""The last window has the wrong maximum."""
