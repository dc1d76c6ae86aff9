"""What is probably wrong: well-known mistakes, tried on the failing call; one that gives the same answer is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from poolproof.kernels.geometry import Array, Geometry

from . import oracle
from .target import Call

Mistake = Callable[[Array, Array, Any, Any], Any]
Places = list[tuple[tuple[int, ...], Any]]


def suspicion(calls: list[Call], at: int, got: Any, expected: Any) -> str:
    """A sentence about the mistake that explains a wrong answer, or nothing."""
    call = calls[at]
    x, dy = call.arrays["x"], call.arrays.get("dy")
    if (
        not isinstance(got, np.ndarray)
        or call.layouts
        or x.size > 5000
        or not all(np.isfinite(a).all() for a in call.arrays.values())
    ):
        return ""
    right = answer(call)
    for function, sentence, mistake in MISTAKES:
        if call.function == function:
            try:
                wrong = np.asarray(mistake(x, x if dy is None else dy, call.size, call.stride))
            except (ValueError, IndexError, TypeError):
                continue
            if alike(wrong, got) and not any(alike(wrong, each) for each in (right, expected) if each is not None):
                return sentence
    return ""


def answer(call: Call) -> Array | None:
    """The right answer, because a case on which a mistake gives it shows nothing of that mistake."""
    right = getattr(oracle, call.function)(*call.arrays.values(), call.size, call.stride)
    return right.nearest() if isinstance(right, oracle.Exact) else right


def alike(wrong: Array, got: Array) -> bool:
    """Whether a mistake gives this answer, up to the rounding of its dtype."""
    if wrong.shape != got.shape:
        return False
    if got.dtype.kind != "f":
        return bool((wrong == got).all())
    margin = 8 * float(np.finfo(got.dtype).eps) * (np.abs(wrong) + np.abs(got))
    return bool((np.abs(wrong - got.astype(np.float64)) <= margin).all())


def windows(x: Array, size: Any, stride: Any) -> Places:
    """Outputs (row, column), each with the index of its window."""
    return list(oracle.windows(Geometry.of(size, stride), x.shape))


def reduced(how: Callable[[Array], Any]) -> Mistake:
    """A forward pass that reduces the cells of each window, (N, C, F*F), in another way."""

    def mistake(x: Array, _: Array, size: Any, stride: Any) -> Array:
        y = np.zeros(x.shape[:2] + Geometry.of(size, stride).output(x.shape[2:]))
        for output, window in windows(x, size, stride):
            y[oracle.at(output)] = how(oracle.flat(x[window].astype(np.float64)))
        return y

    return mistake


def spread(share: Callable[[Array, Array], Array], *, assigned: Callable[[Array], Array] | None = None) -> Mistake:
    """A backward pass: `share(dy, cells)` is added to the cells of a window, or (wrongly) assigned to some of them."""

    def mistake(x: Array, dy: Array, size: Any, stride: Any) -> Array:
        dx = np.zeros(x.shape)
        for output, window in windows(x, size, stride):
            part = share(dy[oracle.at(output)].astype(np.float64)[..., np.newaxis, np.newaxis], x[window])
            dx[window] = dx[window] + part if assigned is None else np.where(assigned(x[window]), part, dx[window])
        return dx

    return mistake


def first(cells: Array) -> Array:
    """Where in each window (N, C, FH, FW) the first maximum is."""
    chosen = oracle.flat(cells).argmax(axis=-1)
    spots = np.arange(cells.shape[-2] * cells.shape[-1]).reshape(cells.shape[-2:])
    mask: Array = spots == chosen[..., np.newaxis, np.newaxis]
    return mask


def ties(cells: Array) -> Array:
    """Where in each window all its maxima are."""
    mask: Array = cells == cells.max(axis=(-2, -1), keepdims=True)
    return mask


def count(cells: Array) -> int:
    """n, the cells of a window."""
    return int(cells.shape[-2] * cells.shape[-1])


def non_zero_mean(cells: Array) -> Any:
    """The sum divided by the number of cells that are not zero."""
    return cells.sum(-1) / np.maximum((cells != 0).sum(-1), 1)


def exchanged(function: Mistake) -> Mistake:
    """The same with both axes of size and stride exchanged."""
    return lambda x, dy, size, stride: function(x, dy, size[::-1], stride[::-1])


MAX, MEAN = reduced(lambda cells: cells.max(-1)), reduced(lambda cells: cells.mean(-1))
ROUTE = spread(lambda d, cells: d * first(cells))
SHARE = spread(lambda d, cells: d / count(cells) * np.ones(cells.shape))

MISTAKES: tuple[tuple[str, str, Mistake], ...] = (
    ("max_forward", "this is the mean of the window, not its maximum", MEAN),
    (
        "max_forward",
        "zero seems to take part in the maximum: is it the initial value?",
        reduced(lambda c: c.max(-1, initial=0)),
    ),
    ("max_forward", "this is the minimum of the window", reduced(lambda c: c.min(-1))),
    ("max_forward", "the largest absolute value seems to win", reduced(lambda c: np.abs(c).max(-1))),
    ("max_forward", "the axes of size and stride seem to be exchanged", exchanged(MAX)),
    ("mean_forward", "this is the maximum of the window, not its mean", MAX),
    ("mean_forward", "this is the sum of the window, not divided", reduced(lambda c: c.sum(-1))),
    ("mean_forward", "the sum seems to be divided by the number of cells that are not zero", reduced(non_zero_mean)),
    ("mean_forward", "the axes of size and stride seem to be exchanged", exchanged(MEAN)),
    (
        "max_backward",
        "windows share their maximum; their gradients must add up, and the last one seems to have overwritten",
        spread(lambda d, cells: d * first(cells), assigned=first),
    ),
    (
        "max_backward",
        "every tied maximum seems to get the whole gradient; together they should get it once",
        spread(lambda d, cells: d * ties(cells)),
    ),
    ("max_backward", "the gradient seems to be spread over the window, as for the mean", SHARE),
    ("max_backward", "negative gradients seem to be dropped", lambda x, dy, *w: ROUTE(x, np.maximum(dy, 0), *w)),
    ("max_backward", "the axes of size and stride seem to be exchanged", exchanged(ROUTE)),
    ("max_backward", "nothing seems to be passed back at all", lambda x, *_: np.zeros(x.shape)),
    (
        "mean_backward",
        "windows overlap; their gradients must add up, and the last one seems to have overwritten",
        spread(lambda d, cells: d / count(cells) * np.ones(cells.shape), assigned=lambda cells: cells == cells),
    ),
    ("mean_backward", "the gradient goes to the maximum, as for max pooling", ROUTE),
    ("mean_backward", "the gradient seems not to be divided by n", spread(lambda d, cells: d * np.ones(cells.shape))),
    ("mean_backward", "negative gradients seem to be dropped", lambda x, dy, *w: SHARE(x, np.maximum(dy, 0), *w)),
    ("mean_backward", "the axes of size and stride seem to be exchanged", exchanged(SHARE)),
    ("mean_backward", "nothing seems to be passed back at all", lambda x, *_: np.zeros(x.shape)),
)
"""Function, sentence and mistake; the first that explains the answer is named."""
