"""A run of the bench: workload by workload, prepared, timed and printed, until the end or Ctrl-C."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..data.typed import Json
from ..report.render import quantity, versions
from ..targets.peers import PEERS
from .rivals import ON_DEVICE, RIVALS
from .rounds import race
from .text import LEGEND, curve, table
from .trial import PASSES, Place, TimedTrial, trials
from .workloads import Series, Workload

Say = Callable[[str], None]


def load_average() -> float | None:
    """The load average of the last minute; None where the system does not report it."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


@dataclass
class Bench:
    """What to measure, and `measured`: the trials of each workload or series that was begun.

    `libraries` has the versions of the libraries that take part, `load` the load average at the beginning. A `partial`
    run was interrupted. Series are measured in the first place only.
    """

    workloads: Sequence[Workload | Series]
    rounds: int
    places: Sequence[Place]
    libraries: dict[str, str]
    load: float | None = field(default_factory=load_average)
    measured: dict[Workload | Series, list[TimedTrial]] = field(default_factory=dict)
    partial: bool = False

    def run(self, say: Say) -> None:
        """Measure everything and print each table as soon as it is complete. Ctrl-C ends the run."""
        tell(say, self.head())
        try:
            for each in self.workloads:
                say("")
                if isinstance(each, Workload):
                    self.workload(each, say)
                else:
                    self.series(each, say)
        except KeyboardInterrupt:
            self.partial = True
        tell(say, ["", *LEGEND, *(["interrupted: what was measured until then (partial)"] if self.partial else [])])

    def workload(self, work: Workload, say: Say) -> None:
        """Measure a workload in each place."""
        say(f"{work.name}: {work}")
        kept = self.measured.setdefault(work, [])
        for trial, entries in trials(work, self.places, tuple(self.libraries)):
            kept.append(trial)
            try:
                for which in PASSES:
                    race(entries[which], self.rounds)
            finally:
                tell(say, table(trial))

    def series(self, series: Series, say: Say) -> None:
        """Measure forward and backward of all workloads of a series in the same rounds, in the first place."""
        kept = self.measured.setdefault(series, [])
        calls = []
        for work in series.workloads:
            ((trial, entries),) = trials(work, self.places[:1], tuple(self.libraries), ("both",))
            kept.append(trial)
            calls += entries["both"]
        try:
            race(calls, self.rounds)
        finally:
            tell(say, curve(series, kept))

    @property
    def failed(self) -> bool:
        """Whether an implementation returned a wrong answer or raised."""
        return any(row.failed for trials in self.measured.values() for trial in trials for row in trial.rows)

    def head(self) -> list[str]:
        """The heading: versions, machine, and which libraries take part."""
        where = self.environment()
        load = "" if where["load"] is None else f", load {where['load']:.1f}"
        ours = ", ".join(f"{name} {where[name]}" for name in ("poolproof", "numpy", "numba", "python"))
        theirs = [f"{name} {version}" for name, version in self.libraries.items()]
        known = ON_DEVICE if any(place.device for place in self.places) else RIVALS
        others = [f"{name} ({PEERS[name].install})" for name in known if name not in self.libraries]
        return [
            f"{ours}; {where['processor']}, {quantity(where['cpus'], 'CPU')}{load}; {quantity(self.rounds, 'round')}",
            f"libraries: {', '.join(theirs) or 'none'}" + (f"; not taking part: {', '.join(others)}" if others else ""),
        ]

    def environment(self) -> Json:
        """Versions and machine, for the record."""
        machine = {"processor": processor(), "cpus": os.cpu_count(), "load": self.load}
        return {**msgspec.to_builtins(versions()), **machine, "libraries": self.libraries, "rounds": self.rounds}


def tell(say: Say, lines: Iterable[str]) -> None:
    """Print all lines."""
    for line in lines:
        say(line)


def processor() -> str:
    """The name of the processor, as precisely as the system reports it."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
