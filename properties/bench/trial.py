"""A workload with all methods that take part: bound, checked, and ready to be timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array

from .answers import Answers, right
from .methods import REMEMBERED, BoundWay, Lacking, Way, own
from .rivals import rivals
from .rounds import Call, Spread, Timing, at_once, ratios, spread, timed
from .workloads import Workload

PASSES = ("forward", "backward", "both")

Entries = dict[str, list[tuple[Call, Timing]]]
"""For each pass the calls that take turns, each with its timing."""

PATIENCE = 2.0
"""Seconds of a first call from which no second one is made to estimate the time without compilation."""

MOVING = 1 << 20
"""Bytes of x below which bandwidth means nothing: the call itself would dominate the time of a copy."""


@dataclass
class Row:
    """One way at one workload: the timing of each of its passes, or the `reason` why it was not timed.

    `failed`: it returned a wrong answer or raised. A method that merely lacks the workload has not failed.
    """

    way: Way
    reason: str = ""
    failed: bool = False
    timings: dict[str, Timing] = field(default_factory=dict)

    def median(self, which: str) -> float | None:
        """Median seconds of a pass; None if the row has no such pass or was not timed."""
        timing = self.timings.get(which)
        return timing.median if timing and timing.seconds else None


@dataclass
class TimedTrial:
    """All rows for one workload in one place, and in every pass a copy of x for comparison.

    The place is the device of this name, or this machine with `threads` threads.
    """

    work: Workload
    threads: int
    rows: list[Row] = field(default_factory=list)
    copies: dict[str, Timing] = field(default_factory=dict)
    device: str = ""

    def base(self, row: Row, which: str) -> Row | None:
        """The row to compare with: compiled, in the same form for a single pass, in its best form for both.

        On a device, our kernel there, which has one form.
        """
        if self.device:
            return self.rows[0]
        form = row.way.form if which != "both" or not row.way.form else REMEMBERED
        return next((each for each in self.rows if (each.way.name, each.way.form) == ("compiled", form)), None)

    def ratio(self, row: Row, which: str) -> Spread | None:
        """The time of a row over that of its `base`; None where either was not timed."""
        base = self.base(row, which)
        if base is None or which not in base.timings or which not in row.timings:
            return None
        return ratios(row.timings[which], base.timings[which])

    def share(self, row: Row, which: str) -> Spread | None:
        """The share of a copy's bandwidth that a row reaches with the bytes that the pass must move."""
        if which not in row.timings or self.copied < 2 * MOVING:
            return None
        return ratios(self.copies[which], row.timings[which], self.work.moved[which] / self.copied)

    def bandwidth(self) -> Spread | None:
        """Bytes per second that copying x reads and writes; None if x is too small to tell."""
        if self.copied < 2 * MOVING:
            return None
        return spread(self.copied / each for timing in self.copies.values() for each in timing.seconds.values())

    @property
    def copied(self) -> int:
        """The bytes that a copy of x reads and writes."""
        return 2 * prod(self.work.shape) * np.dtype(self.work.dtype).itemsize


def growth(rows: Sequence[Row], trials: Sequence[TimedTrial]) -> list[Spread | None]:
    """How many times faster the time of a row grew than its work, from each place of a series to the next."""
    grown: list[Spread | None] = [None]
    for place in range(1, len(trials)):
        before, after = (rows[k].timings.get("both") for k in (place - 1, place))
        work = trials[place - 1].work.taps / trials[place].work.taps
        grown.append(ratios(after, before, work) if before and after else None)
    return grown


@dataclass(frozen=True)
class Place:
    """Where a workload is measured: a number of threads of this machine, or a device by its name.

    `ways` returns the ways for "max" or "mean", given the libraries that take part; `copying` a call that copies x;
    `wait` returns when all work there is done.
    """

    ways: Callable[[str, Sequence[str]], list[Way]]
    copying: Callable[[Array], Call]
    threads: int = 1
    device: str = ""
    wait: Call = at_once


def of_threads(threads: int) -> Place:
    """This machine with this many threads."""
    return Place(
        lambda kind, libraries: [*own(kind, threads), *rivals(libraries, kind)],
        lambda x: copying(x, np.zeros_like(x), threads),
        threads,
    )


def trials(
    work: Workload, places: Sequence[Place], libraries: Sequence[str], passes: Sequence[str] = PASSES
) -> Iterator[tuple[TimedTrial, Entries]]:
    """For each place, a trial and the calls to time in each pass. The caller times them before the next is made."""
    x, dy = work.inputs()
    answers = right(work, x, dy)
    for place in places:
        rows = [Row(way) for way in place.ways(work.kind, libraries)]
        trial = TimedTrial(work, place.threads, rows, device=place.device)
        copy = place.copying(x)
        timed(copy, place.wait)
        estimate = timed(copy, place.wait)[0]
        trial.copies.update({which: Timing(estimate, place.threads, place.wait) for which in passes})
        entries: Entries = {which: [(copy, trial.copies[which])] for which in passes}
        for row in trial.rows:
            for which, entry in prepared(row, work, place, x, dy, answers).items():
                if which in passes:
                    row.timings[which] = entry[1]
                    entries[which].append(entry)
        yield trial, entries


def prepared(
    row: Row, work: Workload, place: Place, x: Array, dy: Array, answers: Answers
) -> dict[str, tuple[Call, Timing]]:
    """The passes of a row, bound and tried, if its answers are right. Otherwise none, and the row gets a reason."""
    try:
        method = row.way.make(work, x, dy, place.threads)
        calls, estimates, row.reason = tried(method, row.way, answers, place.wait)
    except Lacking as lacking:
        row.reason = str(lacking)
        return {}
    except Exception as error:
        # Whatever a library raises is reported, and the other methods still run.
        row.reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    row.failed = bool(row.reason)
    if row.failed:
        return {}
    return {each: (calls[each], Timing(estimates[each], place.threads, place.wait)) for each in calls}


def tried(method: BoundWay, way: Way, answers: Answers, wait: Call) -> tuple[dict[str, Call], dict[str, float], str]:
    """The call of each pass, an upper estimate of its seconds, and what is wrong with the answers, empty if nothing."""
    calls, estimates = {"forward": method.forward}, {}
    estimates["forward"], (y, kept) = timed(method.forward, wait)
    wrong = answers.complaint("y", method.array(y), exact=way.exact)
    if method.backward is not None:
        calls["backward"] = partial(method.backward, kept)
        calls["both"] = partial(one_pass, method.forward, method.backward)
        estimates["backward"], dx = timed(calls["backward"], wait)
        estimates["both"] = estimates["forward"] + estimates["backward"]
        wrong = wrong or answers.complaint("dx", method.array(dx), exact=way.exact)
    if not wrong and max(estimates.values()) < PATIENCE:
        estimates = {which: timed(call, wait)[0] for which, call in calls.items()}
    return calls, estimates, wrong


def one_pass(forward: Callable[[], tuple[Any, Any]], backward: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Run forward, then backward with what forward kept."""
    y, kept = forward()
    return y, backward(kept)


def copying(x: Array, target: Array, threads: int) -> Call:
    """A call that copies x into `target`, in `threads` parts at once."""
    if threads == 1:
        return partial(np.copyto, target, x)
    pool = ThreadPoolExecutor(threads)
    parts = [np.array_split(each.reshape(-1), threads) for each in (target, x)]
    return lambda: list(pool.map(np.copyto, *parts))
