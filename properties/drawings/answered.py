"""Pictures of a call and its answer without any verdict, for conventions, examples and figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from poolproof.kernels import naive
from poolproof.kernels.dtypes import Array, Ints

from ..contract import BACKWARD, RESULT
from ..data.arrays import StoredArray
from ..data.errors import UNREADABLE
from ..results import Shown
from ..targets.call import Call
from .arrows import as_they_did, routes
from .flat import flat
from .numbers import texts
from .picture import Arrow, Picture, Place, Stack, panel
from .view import View, fits

HUES = 4
"""The most windows that get colours of their own, if they do not overlap."""

MOST_ARROWS = 12
"""The most arrows that are drawn for a mean, which has one for each cell of each window."""


def observed(shown: Shown) -> Picture | None:
    """The picture of a call that shows a convention; None if it cannot be drawn."""
    try:
        got = shown.got.array() if isinstance(shown.got, StoredArray) else None
        return None if got is None else answered(shown.call(), got, None if shown.where is None else tuple(shown.where))
    except UNREADABLE:
        return None


def answered(call: Call, answer: Array, where: Ints | None = None) -> Picture | None:
    """The picture of a call and its answer, with the place in it that matters; None if it is too large to draw.

    Raises ValueError for images of three axes, and UNREADABLE errors for arguments that are not valid.
    """
    flattened = flat(call)
    place, result = flattened.place(where), flattened.array(answer)
    view = View(flattened.call, (0, 0) if place is None else (place[0], place[1]))
    if result is None or not fits(view):
        return None
    spot = None if place is None else (place[2], place[3])
    words = f"{call.function}: the image with its windows, and the result"
    return Picture(words, stacks(view, result[view.plane], spot))


def example(call: Call, *, marked: bool = False) -> Picture | None:
    """The picture of a call with the answer of the reference kernel; `marked`: mark one place in it."""
    answer = getattr(naive, call.function)(*call.arrays.values(), call.size, call.stride, **call.settings)
    return answered(call, answer, telling(call, answer) if marked else None)


def telling(call: Call, answer: Array) -> Ints:
    """A place in an answer that shows what a call does: the first output, or the cell with the largest gradient."""
    if call.function not in BACKWARD:
        return (0,) * answer.ndim
    return tuple(int(k) for k in np.unravel_index(abs(answer).argmax(), answer.shape))


def stacks(view: View, result: Array, spot: Place | None) -> tuple[Stack, ...]:
    """The image beside its result; for a gradient, with dy above the result and arrows between them."""
    windows = [] if spot is None else view.around(spot) if view.goes_back else [spot]
    hues = hues_of(view) if spot is None else {}
    inside = {hue: set(view.cells(o)) for hue, o in hues.items()}
    maxima = {"maximum": set(view.maxima.values())} if hues and view.takes_maxima else {}
    image = Stack((view.image(windows, {**inside, **maxima}),))
    colours = {hue: {o} for hue, o in hues.items()}
    name, marked = RESULT[view.call.function], {"looked-at": set() if spot is None else {spot}}
    if not view.goes_back:
        return image, Stack((panel(name, texts(result), {**marked, **colours}),))
    dy = view.call.arrays["dy"][view.plane]
    panels = (panel("dy", texts(dy), colours), panel(name, texts(result), {**marked, **reached(view, inside)}))
    return image, Stack(panels, arrows(view, dy, result))


def reached(view: View, inside: dict[str, set[Place]]) -> dict[str, set[Place]]:
    """The cells that the gradient of each window reaches, by the window's colour."""
    maxima = set(view.maxima.values()) if view.takes_maxima else set()
    return {hue: cells & maxima if view.takes_maxima else cells for hue, cells in inside.items()}


def hues_of(view: View) -> dict[str, Place]:
    """A colour for each window if there are few and none overlap; otherwise none."""
    return {} if view.overlap or len(view.outputs) > HUES else {f"hue{k}": o for k, o in enumerate(view.outputs)}


def arrows(view: View, dy: Array, dx: Array) -> tuple[Arrow, ...]:
    """The arrows along which a gradient ran, none of them marked as wrong.

    The gradient of a mean goes everywhere, which colours show better if there are any.
    """
    if view.takes_maxima:
        ran = (arrow for arrow in as_they_did(view, routes(view, (), None), dy, dx) if arrow.kind != "missing")
        return tuple(replace(arrow, kind="right") for arrow in ran)
    found = tuple(Arrow(o, cell) for o in view.outputs for cell in view.cells(o))
    return found if view.overlap and len(found) <= MOST_ARROWS else ()
