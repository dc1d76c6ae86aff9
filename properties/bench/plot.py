"""The bench as a matplotlib figure: ratios by workload, and the time of each series against its amount of work."""

from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from ..contract import Unusable
from .rounds import Spread
from .run import Bench
from .text import where
from .trial import Row, TimedTrial, growth
from .workloads import Series, Workload


def check(file: str) -> None:
    """Raise Unusable if matplotlib is missing, or cannot write a file with this ending."""
    if find_spec("matplotlib") is None:
        raise Unusable("--plot needs matplotlib: pip install 'poolproof[plot]'")
    from matplotlib.figure import Figure

    known = sorted(Figure().canvas.get_supported_filetypes())
    if Path(file).suffix[1:].lower() not in known:
        raise Unusable(f"--plot {file!r} should end in one of .{', .'.join(known)}")


def picture(bench: Bench, file: str) -> bytes:
    """The figure of everything measured, which must not be empty, in the format that the file's ending names."""
    from matplotlib.figure import Figure

    work = {each: trials[0] for each, trials in bench.measured.items() if isinstance(each, Workload) and trials}
    curves = {each: trials for each, trials in bench.measured.items() if isinstance(each, Series) and trials}
    panels = bool(work) + len(curves)
    figure = Figure(figsize=(12, 4.5 * panels), layout="constrained")
    axes = iter(figure.subplots(panels, 1, squeeze=False)[:, 0])
    if work:
        bars(next(axes), list(work.values()))
    for series, trials in curves.items():
        lines(next(axes), series, trials)
    drawn = BytesIO()
    figure.savefig(drawn, format=Path(file).suffix[1:].lower())
    return drawn.getvalue()


def bars(axes: Any, trials: list[TimedTrial]) -> None:
    """Ratios of forward and backward: a group of bars for each workload, with the quartiles as whiskers."""
    found: dict[str, dict[int, Spread]] = {}
    for at, trial in enumerate(trials):
        for row in trial.rows:
            if ratio := trial.ratio(row, "both"):
                found.setdefault(label(row), {})[at] = ratio
    width = 1 / (len(found) + 1)
    for k, (name, ratios) in enumerate(found.items()):
        places, heights = [at + (k + 1) * width - 0.5 for at in ratios], [each.median for each in ratios.values()]
        whiskers = [[each.median - each.low, each.high - each.median] for each in ratios.values()]
        axes.bar(places, heights, width, yerr=list(zip(*whiskers, strict=True)), label=name)
    axes.axhline(1, color="black", linewidth=0.5)
    axes.set_xticks(range(len(trials)), [trial.work.name for trial in trials])
    title = f"forward and backward, {where(trials[0])}"
    axes.set(yscale="log", ylabel=f"time over that of {trials[0].rows[0].way.name}", title=title)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(fontsize="small", ncols=2)


def lines(axes: Any, series: Series, trials: list[TimedTrial]) -> None:
    """Time along a series' axis, ringed where it grew faster than the work. Dotted: ours, had it grown as the work."""
    places = [trial.work.place for trial in trials]
    for rows in zip(*(trial.rows for trial in trials), strict=True):
        times = [row.median("both") for row in rows]
        if any(times):
            (line,) = axes.plot(places, times, marker=".", label=label(rows[0]))
            rings = [
                t if ratio and ratio.low > 1 else None for t, ratio in zip(times, growth(rows, trials), strict=True)
            ]
            axes.plot(places, rings, "o", color=line.get_color(), fillstyle="none")
    if first := trials[0].rows[0].median("both"):
        step = [first * trial.work.taps / trials[0].work.taps for trial in trials]
        axes.plot(places, step, ":", color="black", label="in step with the work")
    axes.set(xscale="log", yscale="log", xlabel=series.axis, ylabel="seconds", title=series.name)
    axes.set_xticks(places, map(str, places))
    axes.set_xticks([], minor=True)
    axes.legend(fontsize="small", ncols=2)


def label(row: Row) -> str:
    """The label of a row in the legend."""
    return ", ".join(filter(None, (row.way.name, row.way.form)))
