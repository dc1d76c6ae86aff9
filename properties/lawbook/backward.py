"""Laws of the backward pass: where each gradient goes, and how much of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from poolproof.kernels.dtypes import Array, Ints

from .. import oracle
from ..cases.case import Case
from ..cases.plans import BOTTOMLESS, Plan
from ..contract import BACKWARD
from .pool import Pool
from .registry import law

TIED = ("ties", "relu", "negative")


@law(
    Plan(
        ("max_backward",),
        values=("distinct", "sunk", "neighbours", "sunk", "neighbours"),
        gradients=("one-hot",),
        large=True,
    )
)
def routing(pool: Pool, case: Case) -> None:
    """dy zero but at o: dx[argmax of window(o)] = dy[o], and dx = 0 elsewhere"""
    dx = pool(case.call())
    pool.equal(dx, oracle.max_backward(case.dy, case.x, **case.window).nearest())


@law(Plan(("max_backward",), values=TIED, gradients=("one-hot",), large=True))
def tied_maxima(pool: Pool, case: Case) -> None:
    """dy zero but at o: dx[p] = w[p] dy[o], where w >= 0 and sum(w) = 1 on the tied maxima of window(o), else 0"""
    dx = pool(case.call())
    pool.same_shape(dx, case.x.shape)
    n, c, *hot = map(int, np.unravel_index(case.dy.astype(bool).argmax(), case.dy.shape))
    tied, share = np.zeros(dx.shape, bool), case.dy[(n, c, *hot)]
    cells, maxima = oracle.maxima(case.x, **case.window)
    window = np.ravel_multi_index(hot, case.output)
    tied.reshape(*dx.shape[:2], -1)[n, c, cells[window][maxima[n, c, window]]] = True
    between = (np.minimum(share, 0) <= dx) & (dx <= np.maximum(share, 0))
    wrong = ~np.where(tied, between, dx == 0)
    if wrong.any():
        pool.differ(dx, oracle.max_backward(case.dy, case.x, **case.window).nearest(), wrong)
    conserved(pool, dx, case)


@law(Plan(("max_backward",), values=BOTTOMLESS, gradients=("one-hot",), in_padding=True))
def gradient_in_window(pool: Pool, case: Case) -> None:
    """dy zero but at o: dx = 0 outside window(o) and windows with NaN, even if x is nothing but -inf"""
    dx = pool(case.call())
    pool.same_shape(dx, case.x.shape)
    expected = np.where(oracle.reached(case.dy, case.x, **case.window), dx, np.zeros((), dx.dtype))
    pool.equal(dx, expected, why="no window with a gradient covers this pixel")


@law(Plan(("max_backward",), gradients=("wide", "lattice", "remote"), windows="overlapping"))
def max_accumulation(pool: Pool, case: Case) -> None:
    """dx[p] = sum { dy[o] : p = argmax of window(o) }, within the rounding bound of that sum"""
    dx = pool(case.call())
    exact = oracle.max_backward(case.dy, case.x, **case.window)
    pool.within(dx, exact)


@law(Plan(("mean_backward",), values=("lattice",), gradients=("wide", "lattice", "remote"), windows="overlapping"))
def mean_accumulation(pool: Pool, case: Case) -> None:
    """dx[p] = sum { dy[o]/n : p in window(o) }, within the rounding bound of that sum"""
    dx = pool(case.call())
    pool.within(dx, oracle.mean_backward(case.dy, case.x, **case.window))


@law(Plan(("mean_backward",), values=("lattice", "wide", "infinite"), gradients=("one-hot",), large=True))
def mean_spread(pool: Pool, case: Case) -> None:
    """dy zero but at o: dx = dy[o]/n on window(o), and dx = 0 elsewhere"""
    dx = pool(case.call())
    pool.within(dx, oracle.mean_backward(case.dy, case.x, **case.window))


@law(Plan(BACKWARD, others=("lattice",), others_like="dy", windows="powers of two"))
def linearity(pool: Pool, case: Case) -> None:
    """J'(dy + 2 dy') = J' dy + 2 J' dy', exactly, where no sum can round"""
    gradients = (case.dy + 2 * case.another, case.dy, case.another)
    both, first, second = pool.all([case.call(dy=dy) for dy in gradients])
    pool.same_shape(first, case.x.shape, 1)
    pool.same_shape(second, case.x.shape, 2)
    pool.equal(both, first + 2 * second, 0, why="this dy is that of the next call plus twice that of the last")


@law(Plan(BACKWARD, values=("distinct", *TIED), windows="powers of two", in_padding=True))
def conservation(pool: Pool, case: Case) -> None:
    """sum(dx) = sum(dy) over each plane; with padding the sum of what reaches a real cell: dy * real cells/divisor"""
    dx = pool(case.call())
    pool.same_shape(dx, case.x.shape)
    conserved(pool, dx, case)


@law(Plan(BACKWARD, windows="gaps"))
def uncovered_pixels(pool: Pool, case: Case) -> None:
    """dx[p] = 0 where p lies in no window"""
    dx = pool(case.call())
    pool.same_shape(dx, case.x.shape)
    covered = oracle.coverage(case.x.shape, **case.window) > 0
    pool.equal(np.where(covered, 0, dx), np.zeros_like(dx), why="no window covers this pixel")


@law(Plan(("max_backward",), also=("max_forward",), others=("signs",)))
def max_adjoint(pool: Pool, case: Case) -> None:
    """<dy, J v> = <J' dy, v> with J v = (max(x + v/4) - max(x)) / (1/4), exact where maxima are 1 apart"""
    quarter = case.x.dtype.type(0.25)
    moved = pool(case.call("max_forward", x=case.x + quarter * case.another))
    y = pool(case.call("max_forward"))
    derivative = 4 * (moved.astype(np.float64) - y)
    adjoint(pool, case, derivative)


@law(
    Plan(("mean_backward",), also=("mean_forward",), values=("lattice",), others=("lattice",), windows="powers of two")
)
def mean_adjoint(pool: Pool, case: Case) -> None:
    """<dy, J v> = <J' dy, v> with J v = mean(v), because the mean is linear"""
    adjoint(pool, case, pool(case.call("mean_forward", x=case.another)).astype(np.float64))


@law(Plan(("max_backward",), also=("max_forward",)))
def max_differences(pool: Pool, case: Case) -> None:
    """dx[p] = sum of dy * (max(x + h e_p) - max(x - h e_p)) / 2h with h = 1/4, exact where maxima are 1 apart"""
    central_difference(pool, case, "max_forward", 0.25)


@law(Plan(("mean_backward",), also=("mean_forward",), values=("lattice",), windows="powers of two"))
def mean_differences(pool: Pool, case: Case) -> None:
    """dx[p] = sum of dy * (mean(x + h e_p) - mean(x - h e_p)) / 2h with h = 1, exact because the mean is linear"""
    central_difference(pool, case, "mean_forward", 1.0)


def adjoint(pool: Pool, case: Case, derivative: Array) -> None:
    """Compare <J' dy, v> with <dy, J v>."""
    pool.same_shape(derivative, case.dy.shape)
    dx = pool(case.call())
    pool.same_shape(dx, case.x.shape)
    there, back = float((case.dy * derivative).sum()), float((dx.astype(np.float64) * case.another).sum())
    if there != back:
        v = case.another.tolist()
        pool.fail(f"<dx, v> = {back}, but should be <dy, J v> = {there}", got=dx, why=f"v = {v}")


def central_difference(pool: Pool, case: Case, forward: str, h: float) -> None:
    """Compare dx at a pixel with the difference quotient of the forward pass."""
    pixel, moved = probed(case, forward), []
    for step in (h, -h):
        x = case.x.copy()
        x[pixel] += step
        moved.append(case.call(forward, x=x))
    above, below, dx = pool.all([*moved, case.call()])
    pool.same_shape(above, case.dy.shape, 0)
    pool.same_shape(below, case.dy.shape, 1)
    quotient = (case.dy * ((above.astype(np.float64) - below.astype(np.float64)) / (2 * h))).sum()
    pool.same_shape(dx, case.x.shape)
    expected, why = dx.astype(np.float64), f"the central difference of {forward} there, with step {h}, is {quotient}"
    expected[pixel] = quotient
    pool.equal(dx.astype(np.float64), expected, why=why)


def probed(case: Case, forward: str) -> Ints:
    """The drawn pixel; for maxima, half of the time the maximum of a drawn window, where gradients are."""
    if forward == "mean_forward" or int(case.spot * 65536) % 2:
        return case.spot_in(case.x.shape)
    output = case.spot_in(case.dy.shape)
    at = int(oracle.max_indices(case.x, **case.window)[output])
    if at < 0:
        # The window lies wholly in padding, as may happen in a case that was cut.
        return case.spot_in(case.x.shape)
    return (*output[:2], *(int(k) for k in np.unravel_index(at, case.x.shape[2:])))


def conserved(pool: Pool, dx: Array, case: Case) -> None:
    """Fail unless each plane of dx has the right sum: exactly for a mean, within the bound of a split for a maximum."""
    covering = int(oracle.coverage(case.x.shape, **case.window).max(initial=1))
    backward = oracle.max_backward if case.function == "max_backward" else oracle.mean_backward
    relative: Fraction = (
        oracle.relative_bound(covering, case.x.dtype) if case.function == "max_backward" else Fraction(0)
    )
    exact = backward(case.dy, case.x, **case.window)
    reaching = oracle.flat(exact.whole, len(case.size)).sum(axis=-1)
    spatial = tuple(range(2, dx.ndim))
    for plane in map(tuple, np.argwhere(dx.any(axis=spatial) | case.dy.any(axis=spatial)).tolist()):
        if not np.isfinite(dx[plane]).all():
            pool.fail(f"dx[{plane[0]},{plane[1]}] is not finite, though dy is", got=dx)
        got, sent = total(dx[plane]), reaching[plane] * exact.unit
        if abs(got - sent) > relative * total(abs(case.dy[plane])):
            whole = "the sum of dy" if sent == total(case.dy[plane]) else "the sum of what of dy reaches a real cell"
            text = f"sum(dx[{plane[0]},{plane[1]}]) = {float(got)}, but should be {float(sent)}, {whole}"
            pool.fail(text, got=dx)


def total(plane: Array) -> Fraction:
    """The exact sum of a plane."""
    whole, exponent = oracle.integers(plane)
    return Fraction(whole.sum()) * Fraction(2) ** exponent
