"""Calls to a target with small arrays: their results, and the evidence for a conclusion from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
from msgspec import structs
from poolproof.kernels.dtypes import ORDERED, Array, Ints, is_float
from poolproof.kernels.geometry import Geometry

from ..contract import BACKWARD, WIDEST_FIRST
from ..data.arrays import StoredArray, stored_answer
from ..results import Shown, stored_call
from ..targets.call import Answer, Call
from ..targets.target import Target

MOST_LETTERS = 100
"""The most characters that describe the dtype of an answer."""


class Died(Exception):
    """The target's process died, hung or broke the protocol, which is an answer too."""


class Ask:
    """Makes calls. Every result is an array of numbers, or a word for anything else: "refused" or "other".

    `last` is the last call with its answer, `where` the place in the answer that a conclusion is about. `simpler`
    makes smaller calls instead of the last one, and yields the conclusion from each.
    """

    def __init__(self, target: Target) -> None:
        self.target, self.declared = target, target.declared
        self.last: tuple[Call, Answer] | None = None
        self.where: Ints | None = None
        self.simpler: Callable[[], Iterable[str]] = tuple

    def way(self, function: str) -> tuple[str, int] | None:
        """The widest float dtype that a function takes, and the rank to call it at; None if it takes no float."""
        return self.declared.first_taken(function, WIDEST_FIRST)

    def ways(self, functions: Iterable[str]) -> list[tuple[str, str, int]]:
        """Each of these functions that the target offers for floats, with its dtype and rank."""
        found = [(function, self.way(function)) for function in functions if function in self.target.offers]
        return [(function, *way) for function, way in found if way is not None]

    def shapes(self, shapes: Iterable[Ints], rank: int) -> list[Ints]:
        """Windows of two axes converted to another rank, if the target takes them; or the windows that it fixes."""
        if self.declared.fixed:
            return [self.declared.fixed.size] if prod(self.declared.fixed.size) > 1 else []
        found = [at_rank(shape, rank, square=self.declared.square) for shape in shapes]
        return [shape for shape in found if shape is not None]

    def __call__(
        self,
        function: str,
        x: Array,
        size: Ints | None = None,
        *,
        stride: Ints | None = None,
        layout: str = "C",
        settings: dict[str, Any] | None = None,
    ) -> Array | str:
        """The result of a call on x (N, C, ...), or "other" unless it has the right shape and a fitting dtype: floats
        for floats, integers for indices. By default there is one window over all of x; dy is all ones."""
        return self.right(call_of(function, x, size, stride, settings or {}, layout))

    def simplest(self, function: str, rank: int, batch: tuple[int, int], dtype: str) -> Call:
        """A call on the simplest image: one window of two cells along each axis, or the window that a target fixes."""
        fixed, usual = self.declared.fixed, (2,) * rank
        x = np.arange(prod(batch) * prod(fixed.image if fixed else usual)).astype(dtype)
        x = x.reshape(*batch, *(fixed.image if fixed else usual))
        if fixed:
            return call_of(function, x, fixed.size, fixed.stride, fixed.passed(function))
        return call_of(function, x, usual, None, {})

    def right(self, call: Call) -> Array | str:
        """The result of a call, or "other" unless it has the right shape and a fitting dtype."""
        result = self.free(call)
        return result if isinstance(result, str) or has_right_form(result, call) else "other"

    def free(self, call: Call) -> Array | str:
        """The result of a call: numbers in any shape, "refused" or "other"."""
        self.target.begin()
        answer = self.target.ask(call)
        self.last, self.where, self.simpler = (call, answer), None, tuple
        if answer.death:
            raise Died("hung" if answer.death == "hung" else answer.error or answer.death)
        if answer.error or answer.exited:
            return "other" if answer.internal else "refused"
        found = numbers(answer)
        return "other" if found is None else found

    @property
    def evidence(self) -> Shown:
        """The last call with its result, at the place that matters."""
        assert self.last is not None
        call, answer = self.last
        where = None if self.where is None else list(self.where)
        call_made: Any = structs.asdict(stored_call(call))
        return Shown(**call_made, got=outcome(answer, where), where=where)


def call_of(
    function: str, x: Array, size: Ints | None, stride: Ints | None, settings: dict[str, Any], layout: str = "C"
) -> Call:
    """A call on x, by default with one window over all of it; dy is all ones."""
    size = size or x.shape[2:]
    stride = stride or size
    arrays = {"x": x}
    if function in BACKWARD:
        output = Geometry.of(size, stride, **settings).output(x.shape[2:])
        arrays = {"dy": np.ones((*x.shape[:2], *output), x.dtype), "x": x}
    return Call(function, arrays, size, stride, settings, {} if layout == "C" else {"x": layout})


def has_right_form(result: Array, call: Call) -> bool:
    """Whether a result has the right shape and a fitting dtype: floats, or integers for indices."""
    x = call.arrays["x"]
    numbers_fit = result.dtype.kind in "iu" if call.function == "max_indices" else is_float(result.dtype)
    if call.function in BACKWARD:
        return numbers_fit and result.shape == x.shape
    output = Geometry.of(call.size, call.stride, **call.settings).output(x.shape[2:])
    return numbers_fit and result.shape == (*x.shape[:2], *output)


def numbers(answer: Answer) -> Array | None:
    """The array in an answer, if its dtype is one that targets may take; otherwise None."""
    usable = isinstance(answer.value, np.ndarray) and answer.value.dtype.name in ORDERED
    return np.asarray(answer.value) if usable else None


def outcome(answer: Answer, where: Sequence[int] | None) -> StoredArray | str:
    """The result of a call: an array, abbreviated around a place if it is large, or words for anything else."""
    found = numbers(answer)
    if found is not None:
        return stored_answer(found, tuple(where) if where else None)
    return answer.error or answer.exited or f"returned {described(answer)}"


def described(answer: Answer) -> str:
    """A description of a result that is not an array of numbers."""
    if not isinstance(answer.value, np.ndarray):
        return answer.kind
    return f"an array of dtype {str(answer.value.dtype)[:MOST_LETTERS]} and shape {answer.value.shape}"


def at_rank(shape: Ints, rank: int, *, square: bool) -> Ints | None:
    """A window of two axes converted to another rank; None if that is impossible, or it must be square and is not.

    At rank 1 every window is square.
    """
    if square and rank > 1:
        return (shape[0],) * rank if shape[0] == shape[1] else None
    if rank == 1:
        return shape[1:] if shape[0] == 1 else None
    return (1,) * (rank - 2) + shape
