"""Calls to a target with small arrays: what came back, and the evidence for what is concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import IEEE_FLOATS, is_float

from ..arrays import Json, answer_as_json
from ..results import call_as_json
from ..target import Answer, Call, Target, with_axes


class Died(Exception):
    """The target's process died, hung or spoke no protocol, which is an answer too."""


class Ask:
    """Asks, and remembers the last call; `where` is the place in its answer that a conclusion is about."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.last: tuple[Call, Answer] | None = None
        self.where: tuple[int, ...] | None = None

    @property
    def rank(self) -> int:
        """The number of axes that calls are made with; those written for two are made to fit."""
        ranks = self.target.declared.ranks
        return 2 if 2 in ranks else ranks[0]

    def fits(self, window: tuple[int, ...]) -> bool:
        """Whether windows and images of such a size can be asked of the target: it may want squares, or rows alone."""
        return len(set(window)) == 1 if self.target.declared.square else self.rank > 1 or window[0] == 1

    def dtype_for(self, function: str) -> str:
        """The widest float dtype that a function takes; the first dtype of all, where it takes no float."""
        declared = self.target.declared
        taken = [dtype for dtype in reversed(IEEE_FLOATS) if declared.takes(function, dtype, self.rank)]
        return [*taken, *declared.dtypes_of(function)][0]

    def __call__(
        self,
        function: str,
        x: Any,
        size: Any = None,
        dy: Any = None,
        *,
        stride: Any = None,
        layout: str = "C",
        settings: dict[str, Any] | None = None,
    ) -> Any:
        """The result of one call, or the text of what it raised. One window over all of x, unless said otherwise.

        `dy` is a number, for all windows.
        """
        x = np.asarray(x)
        x = x.reshape((1,) * (4 - x.ndim) + x.shape)
        size = size or x.shape[2:]
        arrays = {"x": x} if dy is None else {"dy": np.broadcast_to(dy, (*x.shape[:2], 1, 1)).astype(x.dtype), "x": x}
        layouts = {} if layout == "C" else {"x": layout}
        return self.make(Call(function, arrays, size, stride or size, settings or {}, layouts), self.rank)

    def make(self, call: Call, rank: int) -> Any:
        """The result of a call for two axes, made at another rank."""
        result = self.plain(at_rank(call, rank))
        return result if isinstance(result, str) else at_rank_2(result, rank)

    def plain(self, call: Call) -> Any:
        """The result of a call as it is."""
        self.target.begin()
        answer = self.target.ask(call)
        self.last, self.where = (call, answer), None
        if answer.death:
            raise Died("hung" if answer.death == "hung" else answer.error or answer.death)
        return np.asarray(answer.value) if usable(answer) else answer.error or answer.exited or "no array"

    @property
    def refusal(self) -> str:
        """The word for the last answer if it is no array: an internal error is no refusal."""
        assert self.last is not None
        return "other" if self.last[1].internal else "refused"

    @property
    def evidence(self) -> Json:
        """The last call and what it gave, at the place that matters."""
        assert self.last is not None
        call, answer = self.last
        where = self.where and list(self.where)
        return {**call_as_json(call), "got": outcome(answer, where), "where": where}


def usable(answer: Answer) -> bool:
    """Whether an answer is an array of numbers."""
    value = answer.value
    return isinstance(value, np.ndarray) and (value.dtype.kind in "biuf" or is_float(value.dtype))


def outcome(answer: Answer, where: Sequence[int] | None) -> Any:
    """What a call gave, as JSON: an array, a large one abbreviated around a place, or the words of its refusal."""
    if usable(answer):
        return answer_as_json(answer.value, tuple(where) if where else None)
    return answer.error or answer.exited or answer.kind


def at_rank(call: Call, rank: int) -> Call:
    """A call for two axes as one for three, or for one if the first of them has length one everywhere."""
    if rank == 3:
        return with_axes(call, 1)
    return call if rank == 2 else without_axis(call)


def without_axis(call: Call) -> Call:
    """A call for the last axis alone."""
    arrays = {name: array.reshape(*array.shape[:2], array.shape[-1]) for name, array in call.arrays.items()}
    cut = {name: value[1:] if isinstance(value, tuple) else value for name, value in call.settings.items()}
    return Call(call.function, arrays, call.size[1:], call.stride[1:], cut, call.layouts)


def at_rank_2(result: Any, rank: int) -> Any:
    """A result of another rank as one of two axes; one of another form as it is."""
    if rank == 2 or result.ndim != 2 + rank or (rank == 3 and result.shape[2] != 1):
        return result
    return result[:, :, 0] if rank == 3 else result[:, :, None]
