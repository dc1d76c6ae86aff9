"""What is probably wrong: well-known mistakes, tried on the failing call; one that gives the same answer is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float
from poolproof.kernels.geometry import Geometry

from .. import oracle
from ..targets.call import Call

Mistake = Callable[[Array, Array, Geometry], Any]
"""What a mistake makes of x and dy under a geometry."""


@np.errstate(all="ignore")
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
    right, geometry = answer(call), Geometry.of(call.size, call.stride, **call.settings)
    if call.function not in BACKWARD and got.shape == kept_shape(x, geometry) != right.shape:
        return KEPT
    if not (x.any() or (dy is not None and dy.any())):
        # What is zero everywhere gives zeros under every mistake.
        return ""
    for functions, sentence, mistake in mistakes(call):
        if call.function in functions:
            try:
                wrong = np.asarray(mistake(x, x if dy is None else dy, geometry))
            except (ValueError, IndexError, TypeError):
                continue
            if alike(wrong, got) and not any(alike(wrong, each) for each in (right, expected) if each is not None):
                return sentence
    return ""


KEPT = 'a last window that would start past the input does not exist; if this is intentional, set ceil_rule = "keep"'


def kept_shape(x: Array, geometry: Geometry) -> tuple[int, ...]:
    """The shape of y where ceil mode rounds up, wherever the last window would start."""
    axes = geometry.axes(x.shape[2:])
    return (*x.shape[:2], *(axis.room // axis.stride + 1 + axis.remains() for axis in axes))


def answer(call: Call) -> Array:
    """The right answer, because a case on which a mistake gives it shows nothing of that mistake."""
    right = getattr(oracle, call.function)(*call.arrays.values(), call.size, call.stride, **call.settings)
    return right.nearest() if isinstance(right, oracle.Exact) else np.asarray(right)


def alike(wrong: Array, got: Array) -> bool:
    """Whether a mistake gives this answer, up to the rounding of its dtype."""
    if wrong.shape != got.shape:
        return False
    if not is_float(got.dtype):
        return bool((wrong == got).all())
    margin, wide = 8 * float(finfo(got.dtype).eps), got.astype(np.float64)
    return bool((np.abs(wrong - wide) <= margin * np.abs(wrong) + margin * np.abs(wide)).all())


def windows(x: Array, geometry: Geometry) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The index of each output in y, and that of its window in x; those wholly in padding are left out."""
    for output, window in oracle.windows(geometry, x.shape):
        if prod(x[window].shape[2:]):
            yield oracle.at(output), window


def reduced(how: Callable[[Array], Any]) -> Mistake:
    """A forward pass that reduces the cells of each window, (N, C, F*F), in another way."""

    def mistake(x: Array, _: Array, geometry: Geometry) -> Array:
        y = np.zeros(x.shape[:2] + geometry.output(x.shape[2:]))
        for output, window in windows(x, geometry):
            y[output] = how(oracle.flat(x[window].astype(np.float64), geometry.rank))
        return y

    return mistake


def spread(share: Callable[[Array, Array], Array], *, assigned: Callable[[Array], Array] | None = None) -> Mistake:
    """A backward pass: `share(dy, cells)` is added to the cells of a window, or (wrongly) assigned to some of them."""

    def mistake(x: Array, dy: Array, geometry: Geometry) -> Array:
        dx = np.zeros(x.shape)
        for output, window in windows(x, geometry):
            one = dy[output].astype(np.float64).reshape(*x.shape[:2], *(1,) * geometry.rank)
            part = share(one, x[window])
            dx[window] = dx[window] + part if assigned is None else np.where(assigned(x[window]), part, dx[window])
        return dx

    return mistake


def first(cells: Array) -> Array:
    """Where in each window (N, C, FH, FW) the first maximum is."""
    flat = oracle.flat(cells, cells.ndim - 2)
    mask: Array = np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., np.newaxis]
    return mask.reshape(cells.shape)


def ties(cells: Array) -> Array:
    """Where in each window all its maxima are."""
    mask: Array = cells == cells.max(axis=tuple(range(2, cells.ndim)), keepdims=True)
    return mask


def count(cells: Array) -> int:
    """The real cells of a window."""
    return prod(cells.shape[2:])


def non_zero_mean(cells: Array) -> Any:
    """The sum divided by the number of cells that are not zero."""
    return cells.sum(-1) / np.maximum((cells != 0).sum(-1), 1)


def mean(x: Array, _: Array, geometry: Geometry) -> Any:
    """The mean as it should be, under a geometry that may be another."""
    return oracle.mean_forward(x, **asdict(geometry)).nearest()


def mean_gradient(x: Array, dy: Array, geometry: Geometry) -> Any:
    """Its gradient."""
    return oracle.mean_backward(dy, x, **asdict(geometry)).nearest()


def over_whole_windows(function: Mistake) -> Mistake:
    """The mean, or its gradient, divided by F*F everywhere."""

    def mistake(x: Array, dy: Array, geometry: Geometry) -> Any:
        size, divisors = prod(geometry.size), geometry.divisors(x.shape[2:])
        if function is mean:
            return mean(x, dy, geometry) * divisors / size
        return mean_gradient(x, (dy * divisors / size).astype(dy.dtype), geometry)

    return mistake


def under(function: Mistake, **other: Callable[[Geometry], Any]) -> Mistake:
    """The same under a geometry that differs in some fields, each a function of the right one."""
    return lambda x, dy, geometry: function(
        x, dy, replace(geometry, **{name: change(geometry) for name, change in other.items()})
    )


def exchanged(function: Mistake) -> Mistake:
    """The same with the axes of size and stride in reverse order."""
    return under(function, size=lambda g: g.size[::-1], stride=lambda g: g.stride[::-1])


MAX = reduced(lambda cells: cells.max(-1))
INDEX: Mistake = lambda x, _, geometry: oracle.max_indices(x, **asdict(geometry))  # noqa: E731
ROUTE = spread(lambda d, cells: d * first(cells))
SHARE = spread(lambda d, cells: d / count(cells) * np.ones(cells.shape))

FORWARD = {"max_forward": MAX, "mean_forward": mean}
BACKWARD = {"max_backward": ROUTE, "mean_backward": mean_gradient}
EVERY = {**FORWARD, **BACKWARD, "max_indices": INDEX}
MEANS = {"mean_forward": mean, "mean_backward": mean_gradient}

Entry = tuple[tuple[str, ...], str, Mistake]

OWN: tuple[Entry, ...] = (
    (("max_forward",), "this is the mean of the window, not its maximum", mean),
    (
        ("max_forward",),
        "zero seems to take part in the maximum: is it the initial value, or that of padding?",
        reduced(lambda c: c.max(-1, initial=0)),
    ),
    (("max_forward",), "this is the minimum of the window", reduced(lambda c: c.min(-1))),
    (("max_forward",), "the largest absolute value seems to win", reduced(lambda c: np.abs(c).max(-1))),
    (("mean_forward",), "this is the maximum of the window, not its mean", MAX),
    (("mean_forward",), "this is the sum of the window, not divided", reduced(lambda c: c.sum(-1))),
    (
        ("mean_forward",),
        "the sum seems to be divided by the number of cells that are not zero",
        reduced(non_zero_mean),
    ),
    (
        ("max_backward",),
        "windows share their maximum: their gradients must be added, but the last window overwrote the first",
        spread(lambda d, cells: d * first(cells), assigned=first),
    ),
    (
        ("max_backward",),
        "every tied maximum seems to get the whole gradient; together they should get it once",
        spread(lambda d, cells: d * ties(cells)),
    ),
    (("max_backward",), "the gradient seems to be spread over the window, as for the mean", SHARE),
    (
        ("mean_backward",),
        "windows overlap: their gradients must be added, but the last window overwrote the first",
        spread(lambda d, cells: d / count(cells) * np.ones(cells.shape), assigned=lambda cells: cells == cells),
    ),
    (("mean_backward",), "the gradient goes to the maximum, as for max pooling", ROUTE),
    (
        ("mean_backward",),
        "the gradient seems not to be divided by n",
        spread(lambda d, cells: d * np.ones(cells.shape)),
    ),
)
NEUTRAL: dict[str, Callable[[Geometry], Any]] = {
    "dilation": lambda g: (1,) * g.rank,
    "padding": lambda g: ((0, 0),) * g.rank,
    "ceil_mode": lambda _: False,
}
SHARED: tuple[Entry, ...] = (
    *(
        ((name,), "the axes of size and stride seem to be exchanged", exchanged(function))
        for name, function in EVERY.items()
    ),
    *(
        ((name,), "negative gradients seem to be dropped", lambda x, dy, g, f=function: f(x, np.maximum(dy, 0), g))
        for name, function in BACKWARD.items()
    ),
    (tuple(BACKWARD), "nothing seems to be passed back at all", lambda x, *_: np.zeros(x.shape)),
)
ABOUT_SETTINGS: tuple[Entry, ...] = (
    *(
        ((name,), f"{setting} seems to be ignored", under(function, **{setting: neutral}))
        for name, function in EVERY.items()
        for setting, neutral in NEUTRAL.items()
    ),
    *(
        (
            (name,),
            "padding seems to be counted in the divisor, or not, against count_include_pad",
            under(function, count_include_pad=lambda g: not g.count_include_pad),
        )
        for name, function in MEANS.items()
    ),
    *(
        (
            (name,),
            "the divisor seems to be F*F for every window, past the end and over padding too",
            over_whole_windows(function),
        )
        for name, function in MEANS.items()
    ),
    *(
        (
            (name,),
            "the padding before seems to be used after as well",
            under(function, padding=lambda g: tuple((begin, begin) for begin, _ in g.padding)),
        )
        for name, function in EVERY.items()
    ),
    *(
        (
            (name,),
            "the padding before and after seem to be exchanged",
            under(function, padding=lambda g: tuple((end, begin) for begin, end in g.padding)),
        )
        for name, function in EVERY.items()
    ),
    *(
        (
            (name,),
            "the dilation of the first axis seems to be used for all",
            under(function, dilation=lambda g: g.dilation[:1] * g.rank),
        )
        for name, function in EVERY.items()
    ),
)
MISTAKES = (*OWN, *SHARED, *ABOUT_SETTINGS)
"""Functions, sentence and mistake; the first that explains the answer is named."""


def mistakes(call: Call) -> tuple[Entry, ...]:
    """Those that may be made in a call; those about settings first, as in small cases the others look alike."""
    return (*ABOUT_SETTINGS, *OWN, *SHARED) if call.settings else (*OWN, *SHARED)
