"""Calls to a target and their answers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from poolproof.kernels.dtypes import Array
from poolproof.kernels.geometry import Axis, Geometry

from ..contract import BACKWARD
from ..data.layouts import DECLARED, laid_out
from .refusals import classes_named, is_internal


@dataclass(frozen=True)
class Call:
    """One call: a callable, its arrays in the contract's order, and their memory layouts.

    `layouts` names the arrays that are not in C order. `in_place`: each array is passed in the memory of
    that of the same name in the previous call, if it has the same shape.
    """

    function: str
    arrays: dict[str, Array]
    size: Any
    stride: Any
    settings: dict[str, Any] = field(default_factory=dict)
    layouts: dict[str, str] = field(default_factory=dict)
    in_place: bool = False

    def laid_out(self, declared: str = "C") -> dict[str, Array]:
        """Fresh copies of the arrays in their layouts: the one that a target declares, unless the call names others."""
        usual = DECLARED[declared]
        return {name: laid_out(array, self.layouts.get(name, usual)) for name, array in self.arrays.items()}


@dataclass(frozen=True)
class Answer:
    """The answer to a call: a value or an error, and the observed effects on memory.

    `value` is a copy of the result. `changed` names inputs that the call wrote to, `beside` those beside which it
    wrote, and `shares` those that overlap the result; `stale` and `reuses` number earlier calls of the case whose
    results changed, or overlap this one. `exited` says how it tried to end its process, `death` the verdict if it did;
    `kind` is the type of a result that is not an array. `raised` names the class of the exception behind `error` and
    its known bases, nearest first.
    """

    value: Any = None
    error: str | None = None
    changed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    stale: tuple[int, ...] = ()
    reuses: tuple[int, ...] = ()
    exited: str | None = None
    death: str | None = None
    kind: str = ""
    raised: tuple[str, ...] = ()

    @property
    def internal(self) -> bool:
        """Whether `error` is a mistake inside the target, and so no refusal of the arguments."""
        return self.error is not None and is_internal(self.raised or classes_named(self.error))


def with_axes(call: Call, count: int) -> Call:
    """The call with `count` axes of length one inserted before the spatial ones."""
    arrays = {name: a.reshape(*a.shape[:2], *(1,) * count, *a.shape[2:]) for name, a in call.arrays.items()}
    ones = (1,) * count
    neutral: dict[str, Any] = {"padding": ((0, 0),), "dilation": (1,)}
    settings = {k: (*neutral[k] * count, *value) if k in neutral else value for k, value in call.settings.items()}
    size, stride = (*ones, *call.size), (*ones, *call.stride)
    return Call(call.function, arrays, size, stride, settings, call.layouts)


def axes_of(call: Call) -> tuple[Axis, ...]:
    """The windows of a call along each axis; empty if its arguments are wrong on purpose."""
    try:
        return Geometry.of(call.size, call.stride, **call.settings).axes(call.arrays["x"].shape[2:])
    except (TypeError, ValueError):
        return ()


def is_dangerous(call: Call) -> bool:
    """Whether a call may damage memory: the gradient of a window without real cells may be written out of bounds."""
    return call.function in BACKWARD and empty_window(call)


def empty_window(call: Call) -> bool:
    """Whether some window lies wholly in padding."""
    return "padding" in call.settings and any(axis.all_in_padding() is not None for axis in axes_of(call))
