"""Calls, cases and counterexamples as reports store them, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from msgspec import UNSET, Struct, UnsetType, field
from poolproof.kernels.dtypes import Array, is_float

from ..cases.case import Case
from ..contract import BACKWARD, CALLABLES, DTYPES, MEAN_SETTINGS
from ..data import arrays
from ..data.arrays import Layout, StoredArray, abbreviated, is_brief
from ..data.typed import Name, Nested, Number, Whole, encoded
from ..targets.call import Call

if TYPE_CHECKING:
    Function = str
    Setting = str
else:
    Function, Setting = Literal[CALLABLES], Literal[MEAN_SETTINGS]

MOST_STORED = 4_000_000
"""The most characters of a counterexample as JSON."""

MOST_COMPRESSED = 1 << 25
"""The most bytes of an array that is compressed to see whether it fits."""

Store = Callable[[Array, str], StoredArray]
"""The function that stores an array with a layout."""


class StoredCall(Struct, frozen=True, kw_only=True):
    """One call, with all its arguments, which may be wrong on purpose.

    `settings` are as passed, except that padding is always [[begin, end], ...]. `in_place`: the arrays are passed in
    the memory of the previous call's.
    """

    function: Function = field(name="call")
    args: dict[str, StoredArray]
    size: Nested
    stride: Nested
    settings: dict[str, Nested]
    in_place: bool | UnsetType = UNSET

    def call(self) -> Call:
        """The call. Raises ValueError, or another error of Python's, if no law makes such a call."""
        if list(self.args) != (["dy", "x"] if self.function in BACKWARD else ["x"]):
            raise ValueError(f"{self.function} takes {'dy and x' if self.function in BACKWARD else 'x'}")
        if odd := self.settings.keys() - set(MEAN_SETTINGS):
            raise ValueError(f"settings should be of {', '.join(MEAN_SETTINGS)}, but {min(odd)!r} is none")
        taken = {name: usable(array) for name, array in self.args.items()}
        layouts = {name: array.layout for name, array in self.args.items() if array.layout not in ("C", UNSET)}
        window = (tuples(self.size), tuples(self.stride))
        return Call(self.function, taken, *window, tuples(self.settings), layouts, self.in_place is True)


class StoredCase(Struct, frozen=True, kw_only=True):
    """A case, so that a law can be tried on it again.

    If `dy` has integers, only its shape matters. A case of the family `huge` has sparse arrays, perhaps no dy, and none
    of the other optional fields.
    """

    function: Function
    x: StoredArray
    dy: StoredArray | UnsetType = UNSET
    other: StoredArray | UnsetType | None = UNSET
    size: list[Whole]
    stride: list[Whole]
    values: str | UnsetType = UNSET
    layouts: dict[str, Layout] | UnsetType = UNSET
    spot: Number | UnsetType = UNSET
    settings: dict[Setting, Nested]
    assumed: dict[Setting, Nested] | UnsetType = UNSET

    @property
    def complete(self) -> bool:
        """Whether all its arrays are complete, so that it can be tried again."""
        return not any(isinstance(each, StoredArray) and each.abbreviated for each in (self.x, self.dy, self.other))

    @property
    def elsewhere(self) -> bool:
        """Whether some of its arrays are in a file beside the report."""
        given = (self.x, self.dy, self.other)
        return any(isinstance(each, StoredArray) and each.beside is True for each in given)

    def case(self) -> Case:
        """The case. Raises ValueError, or another error of Python's, unless its arrays fit its windows."""
        x, dy, other = usable(self.x), needed("dy", self.dy), needed("other", self.other)
        case = Case(
            function=self.function,
            x=x,
            dy=np.zeros(dy.shape, x.dtype) if dy.dtype is UNSET else usable(dy),
            other=None if other is None else usable(other),
            size=tuple(self.size),
            stride=tuple(self.stride),
            values=needed("values", self.values),
            layouts=needed("layouts", self.layouts),
            spot=needed("spot", self.spot),
            settings=tuples(self.settings),
            assumed=tuples(needed("assumed", self.assumed)),
        )
        check(case)
        return case


class Counterexample(Struct, frozen=True, kw_only=True):
    """A law's failure: all calls of a case, which of them was wrong, the answer, and the right one.

    `where` is the first index at which the two differ. `callables`: those for which the law fails. `earlier_calls`:
    calls to make before; empty if they were not found. `in_process`: it is unknown whether any are needed. `once`: the
    same case, tried again, did not fail. `mistakes`: names of mistakes that give the same wrong answers, the most
    specific first. `needs`: features of the case that the failure needs. A pinned convention has no case.
    """

    seed: Whole | None
    calls: list[StoredCall]
    failing_call: Whole = 0
    expected: StoredArray | Nested = None
    got: StoredArray | Nested = None
    where: list[Whole] | None = None
    message: str
    case: StoredCase | UnsetType = UNSET
    callables: list[Function] | UnsetType = UNSET
    earlier_calls: list[StoredCall] | UnsetType = UNSET
    in_process: bool | UnsetType = UNSET
    once: bool | UnsetType = UNSET
    mistakes: list[Name] | UnsetType = UNSET
    needs: list[Name] | UnsetType = UNSET

    @property
    def lost(self) -> bool:
        """Whether it needs earlier calls that were not found."""
        return self.earlier_calls == []


def needed(name: str, value: Any) -> Any:
    """A part of a case. Raises ValueError if it is missing."""
    if value is UNSET:
        raise ValueError(f"it should have {name!r}")
    return value


def usable(stored: StoredArray) -> Array:
    """An array as an argument of a call. Raises ValueError, or another error of NumPy's, if it cannot be one."""
    if stored.dtype not in DTYPES:
        raise ValueError(f"dtype {stored.dtype!r} should be one of {', '.join(DTYPES)}")
    return stored.array()


def check(case: Case) -> None:
    """Raise ValueError unless the arrays of a case fit its windows."""
    if len(case.size) != len(case.stride) or case.x.ndim != 2 + len(case.size):
        raise ValueError("size, stride and x should have as many axes")
    if case.dy.shape != (*case.x.shape[:2], *case.output):
        raise ValueError(f"dy should have shape {(*case.x.shape[:2], *case.output)}")
    if case.other is not None and case.other.shape not in (case.x.shape, case.dy.shape):
        raise ValueError("other should have the shape of x or of dy")


class Stored(NamedTuple):
    """The calls of a case, and the case."""

    calls: list[StoredCall]
    case: StoredCase


def stored(calls: list[Call], case: Case) -> Stored:
    """The calls of a case, and the case, in at most MOST_STORED characters, with room for a message and answers.

    If they do not fit, the arrays of the calls are abbreviated, and then those of the case.
    """
    for of_calls, of_case in ((whole, whole), (short, whole), (short, short)):
        found = Stored([stored_call(call, of_calls) for call in calls], stored_case(case, of_case))
        if fits(found, MOST_STORED // 4 * 3):
            break
    return found


def whole(array: Array, layout: str = "C") -> StoredArray:
    """An array of a case, complete unless it is obviously too large."""
    return arrays.stored(array, layout) if array.nbytes <= MOST_COMPRESSED else short(array, layout)


def short(array: Array, layout: str = "C") -> StoredArray:
    """An array of a case that is too large for a report: abbreviated, unless it has a short form."""
    return arrays.stored(array, layout) if is_brief(array) else abbreviated(array, layout)


def fits(found: object, most: int = MOST_STORED) -> bool:
    """Whether something takes at most `most` characters as JSON."""
    return len(encoded(found)) <= most


def stored_call(call: Call, store: Store = arrays.stored) -> StoredCall:
    """One call, with all its arguments."""
    return StoredCall(
        function=call.function,
        args={name: store(array, call.layouts.get(name, "C")) for name, array in call.arrays.items()},
        size=stored_window(call.size),
        stride=stored_window(call.stride),
        settings=lists(call.settings),
        in_place=call.in_place or UNSET,
    )


def stored_case(case: Case, store: Store = arrays.stored) -> StoredCase:
    """A case, so that a law can be tried on it again."""
    return StoredCase(
        function=case.function,
        x=store(case.x, "C"),
        dy=store(case.dy, "C") if is_float(case.x.dtype) else StoredArray(shape=list(case.dy.shape)),
        other=None if case.other is None else store(case.other, "C"),
        size=list(case.size),
        stride=list(case.stride),
        values=case.values,
        layouts=case.layouts,
        spot=case.spot,
        settings=lists(case.settings),
        assumed=lists(case.assumed),
    )


def lists(settings: Any) -> Any:
    """Settings as JSON: padding is always [[begin, end], ...]."""
    if isinstance(settings, dict):
        return {name: lists(value) for name, value in settings.items()}
    return list(map(lists, settings)) if isinstance(settings, (tuple, list)) else settings


def tuples(settings: Any) -> Any:
    """The inverse of `lists`."""
    if isinstance(settings, dict):
        return {name: tuples(value) for name, value in settings.items()}
    return tuple(map(tuples, settings)) if isinstance(settings, list) else settings


def stored_window(value: Any) -> Nested:
    """A window size or stride, which may be something else than integers on purpose."""
    return lists(value) if value is None or isinstance(value, (tuple, int)) else repr(value)
