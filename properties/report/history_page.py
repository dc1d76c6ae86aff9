"""The history of many reports as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence

from .history import TargetHistory, changing, rest, told
from .templating import asset, rendered

THERE = {True: ("there", "broken"), False: ("not there", "holds"), None: ("unknown", "unsupported")}
"""What the page says of a cause in a report, and the verdict whose colour it has."""


def html(found: Sequence[TargetHistory]) -> str:
    """The page of these histories."""
    return rendered(
        "history.html",
        style=asset("page.css"),
        targets=found,
        headline=headline(found),
        open=any(each.there[-1] is not False for target in found for each in target.causes),
        words=THERE,
        changing=changing,
        rest=rest,
        told=told,
    )


def headline(found: Sequence[TargetHistory]) -> str:
    """How many causes the latest reports still have, and how many are gone."""
    latest = [each.there[-1] for target in found for each in target.causes]
    if not latest:
        return "No law is broken in any report"
    still = sum(there is not False for there in latest)
    return f"{still or 'No'} {'cause' if still == 1 else 'causes'} open, {len(latest) - still} gone"
