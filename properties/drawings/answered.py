"""The picture of a call and its answer, of which nothing is said to be wrong: for conventions, examples and figures."""

from __future__ import annotations

from poolproof.kernels import naive
from poolproof.kernels.dtypes import Array, Ints

from ..contract import RESULT
from ..data.arrays import StoredArray
from ..data.errors import UNREADABLE
from ..results import Shown
from ..targets.call import Call
from .arrows import as_they_did, routes
from .numbers import texts
from .picture import Arrow, Column, Picture, Place, panel
from .scene import Scene, flat, flat_array, flat_place, fits

HUES = 4
"""Windows that have colours of their own, if they do not overlap."""

MOST_ARROWS = 12
"""Arrows that are drawn for a mean, which has one for each cell of each window."""


def observed(shown: Shown) -> Picture | None:
    """The picture of a call that shows a convention; None where it cannot be drawn."""
    try:
        got = shown.got.array() if isinstance(shown.got, StoredArray) else None
        return None if got is None else answered(shown.call(), got, None if shown.where is None else tuple(shown.where))
    except UNREADABLE:
        return None


def answered(call: Call, answer: Array, where: Ints | None = None) -> Picture | None:
    """The picture of a call and its answer, with the place in it that matters; None where it is too large to draw.

    Raises ValueError for images of three axes, and what else Python has to say for arguments that are no pooling.
    """
    rank = call.arrays["x"].ndim - 2
    place, result = flat_place(where, rank), flat_array(answer, rank)
    scene = Scene(flat(call), (0, 0) if place is None else place[:2])
    if result is None or not fits(scene):
        return None
    spot = None if place is None else place[2:]
    words = f"{call.function}: the image with its windows, and the result"
    return Picture(words, columns(scene, result[scene.plane], spot))


def example(call: Call) -> Picture | None:
    """The picture of a call with the answer of the reference kernel."""
    return answered(call, getattr(naive, call.function)(*call.arrays.values(), call.size, call.stride, **call.settings))


def columns(scene: Scene, result: Array, spot: Place | None) -> tuple[Column, ...]:
    """The image beside its result; of a gradient dy above it, with arrows."""
    windows = [] if spot is None else scene.around(spot) if scene.goes_back else [spot]
    hues = hues_of(scene) if spot is None else {}
    inside = {hue: set(scene.cells(o)) for hue, o in hues.items()}
    maxima = {"maximum": set(scene.maxima.values())} if hues and scene.takes_maxima else {}
    image = Column((scene.image(windows, {**inside, **maxima}),))
    colours = {hue: {o} for hue, o in hues.items()}
    name, marked = RESULT[scene.call.function], {"looked-at": set() if spot is None else {spot}}
    if not scene.goes_back:
        return image, Column((panel(name, texts(result), {**marked, **colours}),))
    dy = scene.call.arrays["dy"][scene.plane]
    panels = (panel("dy", texts(dy), colours), panel(name, texts(result), {**marked, **reached(scene, inside)}))
    return image, Column(panels, arrows(scene, dy, result))


def reached(scene: Scene, inside: dict[str, set[Place]]) -> dict[str, set[Place]]:
    """The cells that the gradient of each window reaches, in its colour."""
    maxima = set(scene.maxima.values()) if scene.takes_maxima else set()
    return {hue: cells & maxima if scene.takes_maxima else cells for hue, cells in inside.items()}


def hues_of(scene: Scene) -> dict[str, Place]:
    """A colour for each window, where there are few and none overlap."""
    return {} if scene.overlap or len(scene.outputs) > HUES else {f"hue{k}": o for k, o in enumerate(scene.outputs)}


def arrows(scene: Scene, dy: Array, dx: Array) -> tuple[Arrow, ...]:
    """The arrows that explain a gradient. That of a mean goes everywhere: colours tell it better, if there are any."""
    if scene.takes_maxima:
        return as_they_did(scene, routes(scene, (), None), dy, dx)
    found = tuple(Arrow(o, cell) for o in scene.outputs for cell in scene.cells(o))
    return found if scene.overlap and len(found) <= MOST_ARROWS else ()
