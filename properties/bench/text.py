"""The tables of the bench, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..report.render import quantity
from .trial import PASSES, Row, TimedTrial, growth
from .workloads import Series

FIRST, COLUMN = 30, 29
"""Widths: of the columns that name a row, and of a pass."""

LEGEND = (
    "Each pass: time of a call; times that of compiled in the same rounds, with half of the quartiles' distance; the",
    "bytes of x, y, dy, dx that it reads and writes, against what a copy of x in as many threads moves in that time.",
    "remembered: forward finds the indices that backward needs; stateless: only values, and backward searches again.",
    "Forward and backward alone are compared with compiled in the same form, both together with the remembered form.",
    "r: results are written to preallocated memory, by that library or by compiled's loops alone.",
    "On a device all are compared with cuda, which is stateless; time ends when the device has done its work.",
)


def table(trial: TimedTrial) -> Iterator[str]:
    """The table of a trial: a line for each row, with time, ratio, spread and share of the bandwidth of each pass."""
    copy = trial.bandwidth()
    moves = f"; a copy of x moves {copy.median / 1e9:.1f} GB/s" if copy else ""
    yield f"{where(trial)}{moves}"
    yield f"{'':{FIRST}}" + "".join(f"{which:>9}{'':{COLUMN - 9}}" for which in PASSES).rstrip()
    for row in trial.rows:
        if row.reason:
            yield f"{name(row)}{untimed(row)}"
        else:
            yield (name(row) + "".join(cell(trial, row, which) for which in PASSES)).rstrip()


def where(trial: TimedTrial) -> str:
    """The place of a trial: its device, or its number of threads."""
    return trial.device or quantity(trial.threads, "thread")


def cell(trial: TimedTrial, row: Row, which: str) -> str:
    """The columns of one pass of a row."""
    seconds, ratio, share = row.median(which), trial.ratio(row, which), trial.share(row, which)
    if seconds is None:
        return f"{'-':>9}{'':{COLUMN - 9}}"
    text = f"{duration(seconds):>9}"
    around = f"±{(ratio.high - ratio.low) / 2:.2f}" if ratio and ratio.number > 1 else ""
    text += f"{ratio.median:7.2f} {around:6}" if ratio else f"{'':14}"
    return f"{text} {share.median:4.0%}".ljust(COLUMN) if share else text.ljust(COLUMN)


def name(row: Row) -> str:
    """The columns that name a row."""
    return f"{row.way.name:16} {row.way.form:10} {row.way.remark:2}"


def curve(series: Series, trials: Sequence[TimedTrial]) -> Iterator[str]:
    """The table of a series: nanoseconds per cell of a window; a ^ marks time that grew faster than the cells."""
    yield f"{series.name}, ns for each cell of each window, forward and backward, {where(trials[0])}"
    yield f"{series.axis:{FIRST}}" + "".join(f"{trial.work.place:>9} " for trial in trials).rstrip()
    for rows in zip(*(trial.rows for trial in trials), strict=True):
        reason = next((untimed(row) for row in rows if row.reason), "")
        if any(row.timings for row in rows):
            yield f"{name(rows[0])}{''.join(points(rows, trials))} {reason}".rstrip()
        elif reason:
            yield f"{name(rows[0])}{reason}"


def untimed(row: Row) -> str:
    """Why a row was not timed."""
    return f"{'WRONG' if row.failed else 'not timed'}: {row.reason}"


def points(rows: Sequence[Row], trials: Sequence[TimedTrial]) -> Iterator[str]:
    """The columns of a row in a series; a number that grew faster than the work since the one before has a mark."""
    for row, trial, ratio in zip(rows, trials, growth(rows, trials), strict=True):
        seconds = row.median("both")
        shown = "-" if seconds is None else f"{seconds / trial.work.taps * 1e9:.3g}"
        yield f"{shown:>9}{'^' if ratio and ratio.low > 1 else ' '}"


def duration(seconds: float) -> str:
    """Seconds as three digits and a unit."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:#.3g} {unit}".replace(". ", " ")
    return f"{seconds * 1e9:.0f} ns"
