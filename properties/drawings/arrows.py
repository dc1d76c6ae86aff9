"""The arrows of a gradient: as they should run, and as they ran, inferred from the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
from poolproof.kernels.dtypes import Array

from .numbers import short
from .picture import Arrow, Place
from .view import View

MOST_ROUTES = 10
"""The most windows of a cell whose sum is explained, because every subset of the windows is tried."""


def routes(view: View, windows: Iterable[Place], cell: Place | None) -> dict[Place, list[Place]]:
    """For each cell that gets a gradient, the windows that it comes from.

    For maxima, all such cells. For means, whose gradient reaches every cell, only `cell`, with these windows.
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

    A cell that no sum of gradients explains gets none, and neither does a dx that is not shaped like the image.
    """
    if dx.shape != view.spatial:
        return ()
    arrows = [arrow for cell, outputs in routes.items() for arrow in arrived(view, cell, outputs, dy, dx)]
    lost = sorted({arrow.start for arrow in arrows if arrow.kind == "missing" and dy[arrow.start]})
    found = [arrow for output in lost for arrow in elsewhere(view, output, routes, dy, dx)]
    shared = {arrow.start for arrow in found if arrow.kind == "right"}
    return (*(arrow for arrow in arrows if arrow.kind != "missing" or arrow.start not in shared), *found)


def arrived(view: View, cell: Place, outputs: list[Place], dy: Array, dx: Array) -> Iterator[Arrow]:
    """The arrows to one cell: the largest set of gradients that add up to its value, and the rest as missing."""
    if len(outputs) > MOST_ROUTES:
        return
    for count in range(len(outputs), -1, -1):
        # Among sets of the same size, try the last first: assigning instead of adding keeps the last gradient.
        for kept in reversed(list(combinations(outputs, count))):
            if short(total(view, kept, dy)) == short(dx[cell] + 0.0):
                yield from (Arrow(o, cell, "right" if o in kept else "missing") for o in outputs)
                return


def total(view: View, outputs: Iterable[Place], dy: Array) -> float:
    """The gradient that a cell gets from these windows."""
    return float(sum(float(dy[o]) * view.share(o) for o in outputs)) + 0.0


def elsewhere(view: View, output: Place, routes: dict[Place, list[Place]], dy: Array, dx: Array) -> Iterator[Arrow]:
    """An arrow to the only cell whose value is too large by a lost gradient, in its window if there is one.

    Another one of tied maxima is not a wrong place.
    """
    if not view.takes_maxima:
        return
    right = {cell: total(view, routes.get(cell, ()), dy) for cell in np.ndindex(dx.shape)}
    much = [cell for cell, sum_ in right.items() if short(dx[cell] + 0.0) == short(sum_ + float(dy[output]))]
    inside = [cell for cell in much if cell in view.cells(output)]
    if len(inside or much) == 1:
        (cell,) = inside or much
        yield Arrow(output, cell, "right" if cell in view.tied(output) else "astray")
