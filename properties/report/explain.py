"""`poolproof explain`: a law in words, as a formula, and drawn on an example."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from math import prod

from ..cases.case import Case
from ..cases.drawing import drawn
from ..contract import BACKWARD, CALLABLES, Unusable
from ..data.text import shown
from ..drawings import grid
from ..drawings.answered import example
from ..failures.messages import arguments
from ..lawbook import LAWS, Law
from ..lawbook.claims import claim
from ..lawbook.huge import EVERY, HUGE
from .statistics import EVERYTHING

EXAMPLES, SEED = 60, 0
"""Cases of a law among which an example is looked for."""

MOST_CELLS = 6
"""Rows and columns of the image of an example."""

LISTED = "`poolproof laws` prints them all"

LARGE = 1000
"""Numbers of an example are smaller than this."""


def explained(name: str, encoding: str | None) -> Iterator[str]:
    """The lines that explain a law. Raises Unusable for a name that is none."""
    if name not in EVERY:
        near = get_close_matches(name, EVERY, 1)
        raise Unusable(f"there is no law {shown(name)}; " + (f"did you mean {near[0]!r}?" if near else LISTED))
    law = EVERY[name]
    yield f"{law.name}, a law of the family {law.family}"
    yield from (f"    {line}" for line in (claim(name), law.formula, about(name)))
    if name in LAWS:
        yield from illustrated(LAWS[name], encoding)


def about(name: str) -> str:
    """Which callables a law is about, and which it needs besides."""
    if name in HUGE:
        return f"about {HUGE[name].function}, with --huge"
    plan = LAWS[name].plan
    text = "about every callable" if set(plan.functions) == set(CALLABLES) else f"about {', '.join(plan.functions)}"
    text += f", compared with {' and '.join(plan.also)}" if plan.also else ""
    return text + (f", where they take {' and '.join(plan.needs)}" if plan.needs else "")


def illustrated(law: Law, encoding: str | None) -> Iterator[str]:
    """A case of a law, drawn with the answer of the reference kernel."""
    clear = filter(is_clear, drawn(law, EVERYTHING, CALLABLES, EXAMPLES, SEED))
    case = min(clear, key=trouble, default=None)
    picture = None if case is None else example(case.call(), marked=True)
    if case is None or picture is None:
        return
    yield ""
    yield f"For example, {case.function} gives"
    yield arguments(case.call())[0]
    yield from (f"    {line}" for line in grid.text(picture, encoding))


def is_clear(case: Case) -> bool:
    """Whether a case is small, of plain numbers that are not all the same, and has several windows."""
    shape = case.x.shape
    if len(shape) > 4 or max(shape[2:]) > MOST_CELLS or min(shape) == 0 or prod(case.output) < 2:
        return False
    return bool((abs(case.x.astype(float)) < LARGE).all()) and bool((case.x != case.x.flat[0]).any())


def trouble(case: Case) -> tuple[bool, bool, int, int]:
    """How hard an example is to read, or how little it shows."""
    nothing = case.function in BACKWARD and not case.dy.any()
    return nothing, prod(case.size) == 1, len(case.settings), case.x.size
