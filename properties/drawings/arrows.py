"""The arrows of a gradient: as they should run, and as they ran, as far as the numbers tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
from poolproof.kernels.dtypes import Array

from .numbers import short
from .picture import Arrow, Place
from .view import View

MOST_ROUTES = 10
"""Windows that a cell may be the maximum of, for its sum to be explained: every subset of them is tried."""


def routes(view: View, windows: Iterable[Place], cell: Place | None) -> dict[Place, list[Place]]:
    """For each cell that gets a gradient, the windows that it comes from.

    Maxima: all of them. Means, of which every cell gets some: `cell` alone, from these windows.
    """
    if not view.takes_maxima:
        return {} if cell is None else {cell: list(windows)}
    found: dict[Place, list[Place]] = {}
    for output, maximum in view.maxima.items():
        found.setdefault(maximum, []).append(output)
    return found


def as_they_should(routes: dict[Place, list[Place]]) -> tuple[Arrow, ...]:
    """An arrow for each route."""
    return tuple(Arrow(output, cell) for cell, outputs in routes.items() for output in outputs)


def as_they_did(view: View, routes: dict[Place, list[Place]], dy: Array, dx: Array) -> tuple[Arrow, ...]:
    """The arrows that explain dx: those that ran, those that are missing, and those that ended in a wrong cell.

    Where no sum of gradients explains a cell, and where dx is no gradient of the image, none is drawn.
    """
    if dx.shape != view.spatial:
        return ()
    arrows = [arrow for cell, outputs in routes.items() for arrow in arrived(view, cell, outputs, dy, dx)]
    lost = sorted({arrow.start for arrow in arrows if arrow.kind == "missing" and dy[arrow.start]})
    found = [arrow for output in lost for arrow in elsewhere(view, output, routes, dy, dx)]
    shared = {arrow.start for arrow in found if arrow.kind == "right"}
    return (*(arrow for arrow in arrows if arrow.kind != "missing" or arrow.start not in shared), *found)


def arrived(view: View, cell: Place, outputs: list[Place], dy: Array, dx: Array) -> Iterator[Arrow]:
    """The arrows to one cell: the largest set of gradients whose sum stands in it, and the rest as missing."""
    if len(outputs) > MOST_ROUTES:
        return
    for count in range(len(outputs), -1, -1):
        # Of equally many the last: an assignment instead of a sum keeps the last.
        for kept in reversed(list(combinations(outputs, count))):
            if short(total(view, kept, dy)) == short(dx[cell] + 0.0):
                yield from (Arrow(o, cell, "right" if o in kept else "missing") for o in outputs)
                return


def total(view: View, outputs: Iterable[Place], dy: Array) -> float:
    """What a cell gets from these windows."""
    return float(sum(float(dy[o]) * view.share(o) for o in outputs)) + 0.0


def elsewhere(view: View, output: Place, routes: dict[Place, list[Place]], dy: Array, dx: Array) -> Iterator[Arrow]:
    """An arrow to the one cell that has a lost gradient too much, a cell of its window if there is one.

    Another of several equal maxima is no wrong place.
    """
    if not view.takes_maxima:
        return
    right = {cell: total(view, routes.get(cell, ()), dy) for cell in np.ndindex(dx.shape)}
    much = [cell for cell, sum_ in right.items() if short(dx[cell] + 0.0) == short(sum_ + float(dy[output]))]
    inside = [cell for cell in much if cell in view.cells(output)]
    if len(inside or much) == 1:
        (cell,) = inside or much
        yield Arrow(output, cell, "right" if cell in view.tied(output) else "astray")
