"""The failing cases of reports, drawn: as text, or one of them as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..contract import Unusable, did_you_mean
from ..data.text import cleaned, shown
from ..drawings import grid, svg
from ..drawings.failing import picture
from ..results import Counterexample, Report

NOT_DRAWN = f"not drawn: it is no image of two axes with at most {grid.MOST_CELLS} cells along each"


class FailingCase(NamedTuple):
    """A law that failed on a target, and the case."""

    target: str
    law: str
    found: Counterexample


def failing_cases(reports: Sequence[Report], law: str | None) -> list[FailingCase]:
    """The failing cases of reports, or only those of a law. Raises Unusable if there are none."""
    targets = [target for report in reports for target in report.targets]
    every = [
        FailingCase(t.name, each.law, each.counterexample) for t in targets for each in t.laws if each.counterexample
    ]
    if not every:
        raise Unusable("there is nothing to draw: no law of the report has a failing case")
    chosen = [each for each in every if law in (None, each.law)]
    if not chosen:
        names = list(dict.fromkeys(each.law for each in every))
        raise Unusable(f"--law {shown(law)} has no failing case in the report; {did_you_mean(str(law), names)}")
    return chosen


def as_text(cases: Sequence[FailingCase], encoding: str | None) -> Iterator[str]:
    """The cases drawn one after another, each under what failed."""
    for case in cases:
        yield cleaned(f"{case.law} on {case.target}")
        drawn = picture(case.found, grid.MOST_CELLS)
        lines = grid.text(drawn, encoding) if drawn else [NOT_DRAWN]
        yield from (f"    {line}" for line in lines)


def as_svg(cases: Sequence[FailingCase]) -> str:
    """The first of the cases that can be drawn, as SVG. Raises Unusable if none can."""
    pictures = (picture(case.found) for case in cases)
    found = next(filter(None, pictures), None)
    if found is None:
        raise Unusable("no failing case can be drawn: all have three axes, or more than 16 cells along one")
    return svg.document(found)
