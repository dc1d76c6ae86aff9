"""Cases: the inputs that laws are tried on, as plain data, and checks that a changed case is still permitted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, Ints, lowest
from poolproof.kernels.geometry import Axis, Geometry

from .. import oracle
from ..contract import BACKWARD, MEAN, Declared
from ..oracle import in_windows
from ..targets.call import Call
from .plans import Plan
from .written import case_text, written


@dataclass(frozen=True, eq=False)
class Case:
    """One input: a function, its arguments, and for some laws another array and a spot in it (0 to 1).

    `x` is an array (N, C, H, W), with one to three spatial axes, and `dy` is like the result, (N, C, OH, OW); both in C
    order, whatever `layouts` says about the call. `size` and `stride` are tuples; `settings` are keywords of the call.
    `values`: the palette of x. `assumed`: behaviour that no keyword controls.

    The `repr` is a Python expression for an equal case, with `np` for NumPy. An array of more than 5,000 cells without
    a short description is written as an ellipsis. Cases are compared by identity.
    """

    function: str
    x: Array
    size: Ints
    stride: Ints
    dy: Array
    values: str = "distinct"
    other: Array | None = None
    layouts: dict[str, str] = field(default_factory=dict)
    spot: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    assumed: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return case_text(self)

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Print arrays as `repr` does; Hypothesis would print NumPy's. A long case has one line for each argument."""
        with printer.group():
            with printer.group(4, "Case("):
                for k, each in enumerate(written(self)):
                    printer.text("," if k else "")
                    printer.breakable(" " if k else "")
                    printer.text(each)
            printer.breakable("")
            printer.text(")")

    @property
    def arguments(self) -> tuple[Any, ...]:
        """(x, size, stride), or (dy, x, size, stride) for a gradient, in fresh arrays laid out by `layouts`.

        Pass them as `kernel(*case.arguments, **case.settings)`.
        """
        return (*self.call().laid_out().values(), self.size, self.stride)

    @property
    def window(self) -> dict[str, Any]:
        """Size, stride and settings, as the oracle takes them."""
        return {"size": self.size, "stride": self.stride, **self.assumed, **self.settings}

    @cached_property
    def geometry(self) -> Geometry:
        """The geometry of the case."""
        return geometry_of(tuple(self.window.items()))

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The windows along each spatial axis."""
        return self.geometry.axes(self.x.shape[2:])

    @cached_property
    def output(self) -> Ints:
        """(OH, OW)."""
        return self.geometry.output(self.x.shape[2:])

    @cached_property
    def in_windows(self) -> tuple[Array, Array]:
        """The cells of each window and x there, as the oracle returns them; outside the image is the lowest element."""
        return in_windows(self.geometry, self.x, lowest(self.x.dtype))

    @property
    def another(self) -> Array:
        """The third array. Raises ValueError unless the plan asks for `others`."""
        if self.other is None:
            raise ValueError("the plan of this law asks for no third array")
        return self.other

    @property
    def answer(self) -> Array:
        """The exact answer, if no sum rounds and no maxima are tied."""
        answer = getattr(oracle, self.function)(*self.call().arrays.values(), **self.window)
        return answer.nearest() if isinstance(answer, oracle.Exact) else np.asarray(answer)

    @property
    def has_one_answer(self) -> bool:
        """Whether `answer` is the only right one: no maxima are tied, if it matters which of them is the first."""
        return self.function not in ("max_backward", "max_indices") or not self.tied.any()

    @property
    def tied(self) -> Array:
        """Which windows have several equal maxima: (N, C, windows)."""
        cells, values = self.in_windows
        maxima = (values == values.max(axis=-1, keepdims=True)) & (cells >= 0)
        return np.asarray(maxima.sum(axis=-1) > 1)

    def call(self, function: str | None = None, **changed: Array) -> Call:
        """The call of this case, or one with another function or other arrays (`x`, `dy`)."""
        case = self.with_arrays(**changed)
        function = function or case.function
        arrays = {"dy": case.dy, "x": case.x} if function in BACKWARD else {"x": case.x}
        passed = {k: v for k, v in case.settings.items() if k != "count_include_pad" or function in MEAN}
        return Call(function, arrays, case.size, case.stride, passed, case.layouts)

    def with_arrays(self, **changed: Array) -> Case:
        """This case with another x or dy."""
        return replace(self, **changed) if changed else self  # type: ignore[arg-type]

    def spot_in(self, shape: Ints) -> Ints:
        """The drawn spot as an index into an array of this shape."""
        flat = min(int(self.spot * prod(shape)), prod(shape) - 1)
        return tuple(int(k) for k in np.unravel_index(flat, shape))


@lru_cache(maxsize=256)
def geometry_of(window: tuple[tuple[str, Any], ...]) -> Geometry:
    """The geometry of windows; cached, because a case and those made from it share it."""
    return Geometry.of(**dict(window))


def permitted(case: Case, plan: Plan, declared: Declared) -> bool:
    """Whether a case that was cut smaller is still within the target's declarations and the law's plan."""
    return is_declared(case, declared) and is_planned(case, plan)


def is_declared(case: Case, declared: Declared) -> bool:
    """Whether the windows and the padding of a case are within a target's declarations."""
    if declared.outside(case.function, case.size, case.stride, case.settings):
        return False
    dropped = any(axis.drops_window() for axis in case.axes)
    return not (dropped and declared.ceil_rule == "keep")


def is_planned(case: Case, plan: Plan) -> bool:
    """Whether a case has what a law with this plan needs to be true: the settings, strides, and sizes to divide by."""
    divides = case.function in MEAN or plan.windows == "vast"
    if divides and plan.windows in ("powers of two", "vast") and prod(case.size).bit_count() > 1:
        return False
    if not set(plan.needs) <= set(case.settings):
        return False
    multiple = not any(s % d for s, d in zip(case.stride, case.geometry.dilation, strict=True))
    return multiple or plan.needs != ("dilation",)
