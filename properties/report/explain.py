"""`poolproof explain`: a law in words, as a formula, and drawn on an example; or a convention with its values."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from math import prod
from shlex import quote

from ..cases.case import Case
from ..cases.drawing import drawn
from ..contract import BACKWARD, CALLABLES, Unusable
from ..conventions import CONVENTIONS
from ..conventions.registry import Convention
from ..data.text import shown
from ..drawings import grid
from ..drawings.answered import example
from ..drawings.picture import Picture
from ..failures.messages import arguments
from ..lawbook import LAWS, Law
from ..lawbook.claims import claim
from ..lawbook.huge import EVERY, HUGE
from ..targets.call import Call, empty_window
from .statistics import EVERYTHING

EXAMPLES, SEED = 60, 0
"""The most cases of a law among which an example is searched for."""

MOST_CELLS = 6
"""The most rows and columns of an example's image."""

LISTED = "`poolproof laws` prints them all"

LARGE = 1000
"""Numbers from this size on make an example hard to read."""


def explained(name: str, encoding: str | None) -> Iterator[str]:
    """The lines that explain a law or a convention. Raises Unusable if there is none with this name."""
    if name in CONVENTIONS:
        yield from described(CONVENTIONS[name])
        return
    if name not in EVERY:
        near = get_close_matches(name, [*EVERY, *CONVENTIONS], 1)
        rest = f"did you mean {near[0]!r}?" if near else LISTED
        raise Unusable(f"there is no law or convention {shown(name)}; {rest}")
    law = EVERY[name]
    yield f"{law.name}, a law of the family {law.family}"
    yield from (f"    {line}" for line in (claim(name), law.formula, about(name)))
    if name in LAWS:
        yield from illustrated(LAWS[name], encoding)


def described(each: Convention) -> Iterator[str]:
    """The lines about a convention."""
    yield f"{each.name}, a convention"
    yield f"    {each.question}"
    takes = f", where they take {' and '.join(each.needs)}" if each.needs else ""
    yield f"    observed of {', '.join(each.functions) or 'every callable'}{takes}"
    yield f"    values: {', '.join(each.values)}; it varies if calls show several"
    yield f"    observed, not judged: --expect {quote(f'{each.name}={each.values[0]}')} makes a value a law"


def about(name: str) -> str:
    """Which callables a law is about, and which others it needs."""
    if name in HUGE:
        return f"about {HUGE[name].function}, with --huge"
    plan = LAWS[name].plan
    text = "about every callable" if set(plan.functions) == set(CALLABLES) else f"about {', '.join(plan.functions)}"
    text += f", compared with {' and '.join(plan.also)}" if plan.also else ""
    return text + (f", where they take {' and '.join(plan.needs)}" if plan.needs else "")


def illustrated(law: Law, encoding: str | None) -> Iterator[str]:
    """A case of a law, drawn with the answer of the reference kernel."""
    found = illustration(law)
    if found is None:
        return
    call, picture = found
    yield ""
    yield f"For example, {call.function} gives"
    yield arguments(call)[0]
    yield from (f"    {line}" for line in grid.text(picture, encoding))


def illustration(law: Law) -> tuple[Call, Picture] | None:
    """A call of a law with its picture, or None if no case can be drawn."""
    small = filter(is_small, drawn(law, EVERYTHING, CALLABLES, EXAMPLES, SEED))
    case = min(small, key=partial(trouble, law), default=None)
    picture = None if case is None else example(case.call(), marked=True)
    return None if case is None or picture is None else (case.call(), picture)


def is_small(case: Case) -> bool:
    """Whether a case is small enough to draw and has several windows, each with a maximum."""
    shape = case.x.shape
    small = len(shape) <= 4 and max(*shape[2:], *case.size) <= MOST_CELLS and min(shape) > 0
    return small and prod(case.output) > 1 and not empty_window(case.call())


def lacks_tie(law: Law, case: Case) -> bool:
    """Whether a law about ties meets none in a window that gets a gradient."""
    if case.function != "max_backward" or law.plan.values[:1] != ("ties",):
        return False
    return not (case.tied & (case.dy != 0).reshape(case.tied.shape)).any()


def trouble(law: Law, case: Case) -> tuple[bool, bool, bool, bool, int, int]:
    """A penalty for examples that are hard to read or show little."""
    strange = not (abs(case.x.astype(float)) < LARGE).all()
    nothing = not (case.dy if case.function in BACKWARD else case.x).any()
    return strange, nothing, lacks_tie(law, case), prod(case.size) == 1, len(case.settings), case.x.size
