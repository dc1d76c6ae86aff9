"""The figures of the textbook chapter, made with the results of the reference kernels."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from poolproof.kernels import img2col, naive
from poolproof.kernels.dtypes import Array

from ..results import Counterexample, stored_call
from ..targets.call import Call
from .answered import HUES, example
from .failing import picture
from .numbers import texts
from .picture import Panel, Picture, Place, Stack, panel
from .view import View

IMAGE = np.array([[[[1.0, 3.0, 2.0, 0.0], [2.0, 1.0, 1.0, 4.0], [0.0, 2.0, 1.0, 1.0], [3.0, 1.0, 0.0, 2.0]]]])
"""The image of the figures."""

GRADIENT = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
"""The gradient of the figures."""

WINDOW = (2, 2)


def figures() -> dict[str, Picture]:
    """All figures by name."""
    return {
        "max-forward": of_call("max_forward"),
        "mean-forward": of_call("mean_forward"),
        "stride-1": flood(),
        "max-backward": of_call("max_backward", dy=GRADIENT),
        "mean-backward": of_call("mean_backward", dy=GRADIENT),
        "lost-gradient": lost(),
        "img2col": columns(),
    }


def of_call(function: str, **more: Array) -> Picture:
    """The figure of a callable on the image, with windows that tile it."""
    found = example(Call(function, {**more, "x": IMAGE}, WINDOW, WINDOW))
    assert found is not None
    return found


def flood() -> Picture:
    """The figure of stride 1: most outputs are the same few numbers, each in its own colour."""
    call = Call("max_forward", {"x": IMAGE}, WINDOW, (1, 1))
    y = naive.max_forward(IMAGE, WINDOW, (1, 1))[0, 0]
    usual = [value for value, _ in Counter(y.ravel().tolist()).most_common(HUES - 1)]
    colours = {f"hue{k}": places(y, value) for k, value in enumerate(usual, 1)}
    of_image = {f"hue{k}": places(IMAGE[0, 0], value) for k, value in enumerate(usual, 1)}
    image = replace(View(call, (0, 0)).image(((0, 0), (0, 1)), of_image), title="x, and its first two windows")
    words = "max_forward with stride 1: the result is full of equal numbers"
    return Picture(words, (Stack((image,)), Stack((panel("y", texts(y), colours),))))


def lost() -> Picture:
    """The mistake of the document's code, which assigns gradients: where windows overlap, only the last one remains."""
    x, dy = np.array([[[[0.0, 1.0, 0.0]]]]), np.array([[[[1.0, 2.0]]]])
    call = Call("max_backward", {"dy": dy, "x": x}, (1, 2), (1, 1))
    assigned = np.zeros_like(x)
    for output, maximum in View(call, (0, 0)).maxima.items():
        assigned[0, 0][maximum] = dy[0, 0][output]
    expected = naive.max_backward(dy, x, call.size, call.stride)
    found = picture(
        Counterexample(
            seed=None,
            calls=[stored_call(call)],
            expected=expected.tolist(),
            got=assigned.tolist(),
            where=[0, 0, 0, 1],
            message="the last window overwrote the first",
        )
    )
    assert found is not None
    return found


def places(plane: Array, value: float) -> set[Place]:
    """The places of a number in a plane."""
    return {(int(i), int(j)) for i, j in np.argwhere(plane == value)}


def columns() -> Picture:
    """The figure of img2col: each window becomes a column of a matrix, which is reduced along its first axis."""
    view = View(Call("max_forward", {"x": IMAGE}, WINDOW, WINDOW), (0, 0))
    matrix = img2col.img2col(IMAGE, WINDOW, WINDOW).reshape(len(WINDOW) ** 2, -1)
    y = img2col.max_forward(IMAGE, WINDOW, WINDOW)[0, 0]
    image = view.image((), {f"hue{k}": set(view.cells(o)) for k, o in enumerate(view.outputs)})
    windows = panel("each window as a column", texts(matrix), {f"hue{k}": column(matrix, k) for k in range(HUES)})
    maxima = row("the maximum of each column", matrix.max(axis=0))
    result = panel("y", texts(y), {f"hue{k}": {o} for k, o in enumerate(view.outputs)})
    words = "img2col: each window becomes a column of a matrix, and the maximum of each column is taken at once"
    return Picture(words, tuple(Stack((each,)) for each in (image, windows, maxima, result)))


def column(matrix: Array, k: int) -> set[Place]:
    """The places of a column."""
    return {(i, k) for i in range(len(matrix))}


def row(title: str, values: Any) -> Panel:
    """A panel of one row, each cell in the colour of its window."""
    return panel(title, [texts(values[np.newaxis])[0]], {f"hue{k}": {(0, k)} for k in range(len(values))})
