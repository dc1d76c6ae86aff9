"""A run of the bench as JSON; docs/bench.md describes every key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..data.typed import Json
from .rounds import Spread, Timing
from .run import Bench
from .trial import Row, TimedTrial, growth
from .workloads import Series, Workload

SCHEMA = 1
"""The schema version; the meaning of a key changes only with it."""


def document(bench: Bench) -> Json:
    """The whole run."""
    return {
        "schema": SCHEMA,
        "partial": bench.partial,
        "environment": bench.environment(),
        "workloads": [workload(each, trials) for each, trials in bench.measured.items() if isinstance(each, Workload)],
        "series": [series(each, trials) for each, trials in bench.measured.items() if isinstance(each, Series)],
    }


def workload(work: Workload, trials: list[TimedTrial]) -> Json:
    """A workload with a trial for each place."""
    stated = {name: value for name, value in asdict(work).items() if name not in ("series", "place")}
    return {**stated, "taps": work.taps, "moved": work.moved, "trials": [trial(each) for each in trials]}


def series(each: Series, trials: list[TimedTrial]) -> Json:
    """A series: its workloads, each with its place, and how the time of each row grew from one place to the next."""
    rows = zip(*(trial.rows for trial in trials), strict=True)
    grown = [{**who(own[0]), "growth": [quartiles(ratio) for ratio in growth(own, trials)]} for own in rows]
    points = [{"place": trial.work.place, **workload(trial.work, [trial])} for trial in trials]
    return {"name": each.name, "axis": each.axis, "points": points, "growth": grown}


def trial(each: TimedTrial) -> Json:
    """A trial with all its rows."""
    return {
        "threads": each.threads,
        "device": each.device,
        "copy": {"bytes": each.copied, **{which: timing(own) for which, own in each.copies.items()}},
        "rows": [row(own, each) for own in each.rows],
    }


def row(each: Row, of: TimedTrial) -> Json:
    """A row: the reason if it was not timed, and each of its passes."""
    passes = {
        which: {**timing(own), "ratio": quartiles(of.ratio(each, which)), "share": quartiles(of.share(each, which))}
        for which, own in each.timings.items()
    }
    return {**who(each), "reason": each.reason, "failed": each.failed, "passes": passes}


def who(each: Row) -> Json:
    """The name of a row."""
    return {"method": each.way.name, "form": each.way.form, "remark": each.way.remark}


def timing(each: Timing) -> Json:
    """Seconds per call, by round, for the rounds in which it took part."""
    return {"calls": each.calls, "seconds": {str(number): took for number, took in each.seconds.items()}}


def quartiles(numbers: Spread | None) -> Any:
    """A median with its quartiles, or None."""
    return None if numbers is None else numbers._asdict()
