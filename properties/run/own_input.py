"""`poolproof shrink`: a user's own input, on which a target may be wrong, is read, judged, and cut to a few cells."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import FLOATS, ORDERED, Array, Ints, finfo, is_float, is_number

from ..cases.case import Case
from ..contract import BACKWARD, MEAN, Unusable
from ..data.files import reason
from ..data.text import shown
from ..lawbook import LAWS, Law
from ..lawbook.pool import Pool
from ..results import Result
from ..targets.call import Call
from ..targets.target import Target, outside
from .explain import explained
from .planes import single, suspects
from .runner import result_of
from .settle import minimal, settled
from .trial import Trial, TrialSettings

JUDGES = {
    "max_forward": "max-value",
    "max_indices": "max-index",
    "mean_forward": "mean-value",
    "max_backward": "max-accumulation",
    "mean_backward": "mean-accumulation",
}
"""The law that compares a callable's answer with the oracle."""

FRESH = {"max_backward": "distinct", "mean_forward": "wide"}
"""The palette of fresh numbers on which the mistake behind a failure is tested; "ties" for other callables."""

EXACT = 1 << 14
"""The most cells of an x for which the oracle checks all planes."""

MOST_PLANES = 8
"""The most suspicious planes of a larger x that the oracle checks."""

PATIENCE = 60.0
"""The most seconds that cutting one input may take."""


@dataclass(frozen=True)
class WindowArguments:
    """The arguments of a call other than its arrays: a size and a stride for all axes or each, and settings likewise.

    `padding` has a pair (begin, end) where `size` has a number.
    """

    size: Ints
    stride: Ints
    padding: tuple[Ints, ...] | None = None
    dilation: Ints | None = None
    flags: dict[str, bool] = field(default_factory=dict)

    def at(self, rank: int) -> dict[str, Any]:
        """The arguments for images of a rank. Raises Unusable."""
        given = {"size": self.size, "stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return {**{k: each(k, v, rank) for k, v in given.items() if v is not None}, **self.flags}


def each(name: str, values: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """One value for each axis. Raises Unusable."""
    if len(values) not in (1, rank):
        axes = f"{rank} spatial {'axis' if rank == 1 else 'axes'}"
        raise Unusable(f"--{name} has {len(values)} entries, but x has {axes}; it should have one, or one for each")
    return values * rank if len(values) == 1 else values


# Reading.


def case_of(file: str, function: str, window: WindowArguments) -> Case:
    """The case made of a file of arrays and the arguments of a call. Raises Unusable about what does not fit."""
    x, dy = arrays_in(file, ("x", "dy") if function in BACKWARD else ("x",), function)
    check_x(x, function)
    passed = window.at(x.ndim - 2)
    if dy is not None and dy.dtype != x.dtype:
        raise Unusable(f"dy is of dtype {dy.dtype}, but should be of that of x, {x.dtype}")
    case = Case(
        function=function,
        x=x,
        size=passed.pop("size"),
        stride=passed.pop("stride"),
        dy=np.zeros(0, x.dtype) if dy is None else dy,
        values=FRESH.get(function, "ties"),
        settings=passed,
    )
    check_window(case)
    shape = (*x.shape[:2], *case.output)
    if dy is None:
        case = replace(case, dy=np.zeros(shape, x.dtype))
    elif dy.shape != shape:
        raise Unusable(f"dy has shape {dy.shape}, but should have that of y, {shape}")
    check_sums(case)
    return case


def arrays_in(file: str, names: tuple[str, ...], function: str) -> tuple[Array, Array | None]:
    """x, and dy if it is named, from an npz file. Raises Unusable."""
    try:
        with Path(file).open("rb") as source:
            stored = np.load(source, allow_pickle=False)
            if not hasattr(stored, "files"):
                raise Unusable(f"input {shown(file)} is a single array; it should be an npz file, as np.savez writes")
            if missing := [name for name in names if name not in stored.files]:
                has = ", ".join(map(shown, stored.files)) or "nothing"
                raise Unusable(f"input {shown(file)} has no array {missing[0]!r}, which {function} takes; it has {has}")
            found = [in_native_order(stored[name]) for name in names]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        why = reason(error) if isinstance(error, OSError) else "it is no npz file of numbers, as np.savez writes"
        raise Unusable(f"input {shown(file)} cannot be read: {why}") from None
    return found[0], found[1] if len(found) > 1 else None


def in_native_order(array: Array) -> Array:
    """The array in the byte order of this machine."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))


def check_x(x: Array, function: str) -> None:
    """Raise Unusable unless x is an image that the callable takes."""
    if not 3 <= x.ndim <= 5:
        raise Unusable(f"x has shape {x.shape}, but should have (N, C) and one to three spatial axes")
    if x.size == 0:
        raise Unusable(f"x has shape {x.shape}, but should have cells")
    taken = ORDERED if function in ("max_forward", "max_indices") else FLOATS
    if x.dtype.name not in taken:
        raise Unusable(f"x is of dtype {x.dtype}, but {function} takes {', '.join(taken)}")


def check_window(case: Case) -> None:
    """Raise Unusable unless the windows of a case fit its image."""
    try:
        axes = case.axes
    except (TypeError, ValueError) as error:
        raise Unusable(str(error)) from None
    if any(axis.room < 0 for axis in axes):
        padded = " with its padding" if case.settings.get("padding") else ""
        raise Unusable(f"size={case.size} is larger than the image, {case.x.shape[2:]}{padded}")
    if any(axis.all_in_padding() is not None for axis in axes):
        raise Unusable(f"padding={case.settings['padding']} leaves a window of size={case.size} without a real cell")


def check_sums(case: Case) -> None:
    """Raise Unusable if the right answer is a matter of convention: NaN, infinities, sums that may overflow."""
    for name in ("x", "dy") if case.function in BACKWARD else ("x",):
        array = getattr(case, name)
        if is_float(array.dtype) and not np.isfinite(array.astype(np.float64)).all():
            raise Unusable(f"{name} has NaN or infinities, on which sound libraries differ; it should be finite")
    added = case.dy if case.function in BACKWARD else case.x
    if case.function in (*MEAN, *BACKWARD):
        most = float(finfo(added.dtype).max) / (4 * prod(case.size))
        if float(np.abs(added.astype(np.float64)).max()) > most:
            raise Unusable(f"sums of {prod(case.size)} such numbers may overflow, on which sound libraries differ")


# Judging.


class AnsweredPool(Pool):
    """A pool that already has the answer for one plane, taken from the answer for all."""

    def __init__(self, pool: Pool, answer: Array) -> None:
        super().__init__(pool.target)
        self.calls, self.answer = pool.calls, answer

    def __call__(self, call: Call) -> Array:  # noqa: ARG002  (the same call, on one plane)
        """The answer."""
        return self.answer


def by_planes(law: Law) -> Law:
    """The law; of a large answer it judges only the planes that may be wrong."""

    def check(pool: Pool, case: Case) -> None:
        if case.x.size <= EXACT:
            law.check(pool, case)
            return
        got = pool(case.call())
        pool.same_shape(got, case.x.shape if case.function in BACKWARD else case.dy.shape)
        for n, c in suspects(case, got)[:MOST_PLANES]:
            law.check(AnsweredPool(pool, got[n : n + 1, c : c + 1]), plane_of(case, (n, c)))

    return replace(law, check=check)


def judgements(case: Case) -> Iterator[tuple[Law, Case]]:
    """The laws that judge a call, each with the case to try.

    How to split the gradient of tied maxima is up to the library. With ties, the case is tried first with the ties
    broken, then with a gradient at only one window per plane, and finally by comparing the sum of the gradient with
    that of dy.
    """
    if case.function != "max_backward" or (alone := single(case)).all():
        yield LAWS[JUDGES[case.function]], case
        return
    yield LAWS[JUDGES[case.function]], replace(case, x=without_ties(case.x))
    yield LAWS["tied-maxima"], replace(case, dy=one_to_a_plane(case.dy, alone), values="ties")
    yield LAWS["conservation"], replace(case, values="ties")


def without_ties(x: Array) -> Array:
    """The ranks of the cells of each plane, the first of equal ones highest; in a wider dtype if there are too many for
    the dtype."""
    flat = x.reshape(*x.shape[:2], -1)
    order = np.argsort(flat[..., ::-1], axis=-1, kind="stable")
    ranks = np.empty(flat.shape, np.int64)
    np.put_along_axis(ranks, order, np.arange(flat.shape[-1]), axis=-1)
    return ranks[..., ::-1].reshape(x.shape).astype(x.dtype)


def one_to_a_plane(dy: Array, alone: Array) -> Array:
    """dy with one gradient left in each plane: the largest among windows with tied maxima."""
    flat = np.where(alone, 0, abs(dy)).reshape(*dy.shape[:2], -1)
    kept = np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., np.newaxis]
    return np.where(kept.reshape(dy.shape), dy, np.zeros((), dy.dtype))


def judged(target: Target, case: Case) -> Result:
    """The result for a case: the first law that fails, with the smallest such case, or the last that passes.

    Raises Unusable if the target does not take such a call, or refuses it.
    """
    if why := outside(target, case.call()):
        raise Unusable(f"{target.name} takes no such call: {why}")
    for law, tried in judgements(case):
        result = cut(target, law, tried)
        if result.failed:
            return result
    return result


def cut(target: Target, law: Law, case: Case) -> Result:
    """The result of one law on a case, shrunk if it fails. Raises Unusable if the target refuses it."""
    for part in to_try(target, case):
        trial = Trial(by_planes(law), target.fresh(), TrialSettings(patience=PATIENCE))
        if trial(part):
            assert trial.found is not None
            found = settled(trial, trial.found, minimal(trial, trial.found))
            return result_of(trial, explained(trial, found, []), None)
        if trial.refused:
            raise Unusable(f"{target.name} refuses this input, as it may")
    return Result(target.spec, law.name, "holds", examples=1)


def to_try(target: Target, case: Case) -> Iterator[Case]:
    """The planes of a large case whose answers may be wrong, each alone, then the case; none if all are right."""
    if case.x.size > EXACT:
        got = target.fresh().ask(case.call()).value
        shape = case.x.shape if case.function in BACKWARD else case.dy.shape
        if isinstance(got, np.ndarray) and got.shape == shape and is_number(got.dtype):
            planes = suspects(case, got)
            if not planes:
                return
            yield from (plane_of(case, place) for place in planes[:MOST_PLANES])
    yield case


def plane_of(case: Case, place: Ints) -> Case:
    """One plane of a case."""
    part = tuple(slice(k, k + 1) for k in place)
    return case.with_arrays(x=case.x[part], dy=case.dy[part])


def told(result: Result, case: Case) -> str:
    """The result for a case, in words."""
    if not result.failed:
        return f"{result.law}: holds: the answer is right on this input"
    assert result.counterexample is not None
    assert result.counterexample.case
    left = result.counterexample.case.x.shape
    cells = f"cut from {case.x.size:,} cells of x to {prod(left):,}"
    return f"{result.law}: {result.verdict}, {cells}\n{result.message}"
