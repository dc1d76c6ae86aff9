"""Conventions: points where sound implementations differ. They are observed on the target, and shown by calls."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import IEEE_FLOATS, Array

from .contract import did_you_mean
from .layouts import LAYOUTS
from .results import Json, array_as_json, call_as_json
from .target import Answer, Call, Target, with_axes

WIDE_ROW = 33
"""Wider than any vector register holds, so that a value may depend on the lane."""


class Died(Exception):
    """The target's process died, hung or spoke no protocol, which is an answer too."""


class Ask:
    """Calls to a target with small arrays; remembers the last, which is the evidence."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.last: tuple[Call, Answer] | None = None

    def __call__(
        self,
        function: str,
        x: Any,
        size: Any = None,
        dy: Any = None,
        *,
        stride: Any = None,
        layout: str = "C",
        settings: dict[str, Any] | None = None,
    ) -> Any:
        """The result of one call, or the text of what it raised. One window over all of x, unless said otherwise."""
        x = np.asarray(x)
        x = x.reshape((1,) * (4 - x.ndim) + x.shape)
        size = size or x.shape[2:]
        arrays = {"x": x} if dy is None else {"dy": np.full((*x.shape[:2], 1, 1), dy, x.dtype), "x": x}
        call = Call(function, arrays, size, stride or size, settings or {}, {} if layout == "C" else {"x": layout})
        if 2 not in self.target.declared.ranks:
            call = with_axes(call, 1)
        self.target.begin()
        answer = self.target.ask(call)
        self.last = call, answer
        if answer.death:
            raise Died(answer.death)
        usable = isinstance(answer.value, np.ndarray) and answer.value.dtype.kind in "biuf"
        return np.asarray(answer.value) if usable else answer.error or answer.exited or "no array"

    @property
    def evidence(self) -> Json:
        """The last call and what it gave."""
        assert self.last is not None
        call, answer = self.last
        got = array_as_json(answer.value) if isinstance(answer.value, np.ndarray) else answer.error or answer.exited
        return {**call_as_json(call), "got": got}


Observe = Callable[[Ask, str], Iterable[str]]


@dataclass(frozen=True)
class Convention:
    """One point: the functions it is about, the settings they must take, the values it may have, how it is observed.

    `observe` yields one value a probe; when they differ the convention "varies", with the first two as evidence.
    """

    name: str
    question: str
    functions: tuple[str, ...]
    needs: tuple[str, ...]
    values: tuple[str, ...]
    observe: Observe


CONVENTIONS: dict[str, Convention] = {}


def convention(functions: tuple[str, ...], *values: str, needs: tuple[str, ...] = ()) -> Callable[[Observe], Observe]:
    """Register a function that observes a convention: its docstring is the question, `values` the answers."""

    def register(observe: Observe) -> Observe:
        name = observe.__name__.replace("_", "-")
        CONVENTIONS[name] = Convention(name, (observe.__doc__ or "").strip(), functions, needs, values, observe)
        return observe

    return register


def observable(target: Target) -> list[Convention]:
    """The conventions of which the target has something to show."""
    return [each for each in CONVENTIONS.values() if not unobservable(each, target)]


def unobservable(each: Convention, target: Target) -> str:
    """Why a convention cannot be observed on a target; empty if it can."""
    declared = target.declared
    if not set(each.functions) <= set(target.offers):
        return f"it offers no {' with '.join(each.functions)}"
    if not set(each.needs) <= set(declared.settings_of(*each.functions)):
        return f"{' and '.join(each.functions)} takes no {' with '.join(each.needs)}"
    if set(declared.ranks) == {1}:
        return "it declares rank 1 alone"
    return "" if favourite(target, each) else "it declares no floating-point dtype"


def observed(target: Target, hangs: int = 3, end: float | None = None) -> Json:
    """Every convention that can be observed: its value, and the calls that show it.

    No more is asked after so many hangs, or after the end, in seconds since the epoch.
    """
    found: Json = {}
    for each in observable(target):
        hung = sum("hung" in seen.get("values", [seen["value"]]) for seen in found.values())
        if hung == hangs or (end is not None and time.time() >= end):
            break
        found[each.name] = observe(each, target, "hung" if hung else "")
    return found


def observe(each: Convention, target: Target, hurry: str = "") -> Json:
    """One convention: the value, or "varies" where probes differ."""
    ask = Ask(target.fresh())
    target.hurry(hurry)
    seen: dict[str, Json] = {}
    with warnings.catch_warnings():
        # A warning of the target's is no refusal, even where warnings are errors.
        warnings.simplefilter("ignore")
        try:
            for value in each.observe(ask, favourite(target, each)):
                seen.setdefault(value, ask.evidence)
        except Died as death:
            seen.setdefault(str(death), ask.evidence)
    if len(seen) == 1:
        ((value, evidence),) = seen.items()
        return {"value": value, "evidence": evidence}
    values = list(seen)
    return {"value": "varies", "values": values, "evidence": seen[values[0]], "other": seen[values[1]]}


def favourite(target: Target, each: Convention) -> str:
    """The float dtype to probe with: the widest declared; empty if there is none."""
    taken = target.declared.dtypes_of(*each.functions)
    return next((dtype for dtype in reversed(IEEE_FLOATS) if dtype in taken), "")


def check_expected(text: str) -> tuple[str, str]:
    """NAME=VALUE of a pinned convention; ValueError with what may have been meant."""
    name, equals, value = text.partition("=")
    if name not in CONVENTIONS:
        raise ValueError(f"--expect {text!r}: there is no convention {name!r}; {did_you_mean(name, CONVENTIONS)}")
    values = CONVENTIONS[name].values
    if not equals or value not in values:
        raise ValueError(
            f"--expect {text!r}: {name} should be one of {', '.join(values)}; {did_you_mean(value, values)}"
        )
    return name, value


@convention(("max_backward",), "first", "last", "split", "all", "other")
def ties(ask: Ask, dtype: str) -> Iterable[str]:
    """Which of several equal maxima gets the gradient?"""
    for shape in ((1, 2), (2, 2), (1, 3), (3, 3), (1, WIDE_ROW)):
        for background in ((), (0, 1)):
            x = np.ones(shape, dtype)
            x.reshape(-1)[list(background)] = 1 if x.size < 5 else 0
            yield shared_by(ask("max_backward", x, dy=1), x == x.max())


def shared_by(dx: Any, tied: Array) -> str:
    """Who got the gradient 1 of a window with these tied maxima."""
    if isinstance(dx, str) or dx.size != tied.size:
        return "other"
    share = dx.reshape(-1)[tied.reshape(-1)].astype(np.float64)
    if np.count_nonzero(dx) != np.count_nonzero(share):
        return "other"
    for name, place in (("first", 0), ("last", -1)):
        if share[place] == 1 and np.count_nonzero(share) == 1:
            return name
    if (share == 1).all():
        return "all"
    return "split" if np.ptp(share) == 0 and share[0] > 0 else "other"


def one_nan(dtype: str) -> Iterable[Array]:
    """Windows with one NaN, at every place of several shapes, beside smaller and larger numbers."""
    for shape in ((1, 2), (2, 2), (3, 3), (1, WIDE_ROW)):
        for place in range(shape[0] * shape[1]):
            x = np.arange(shape[0] * shape[1], dtype=dtype).reshape(shape) - 1
            x.reshape(-1)[place] = np.nan
            yield x


@convention(("max_forward",), "propagates", "ignored", "refused", "other")
def nan(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the maximum of a window with a NaN in it?"""
    for x in one_nan(dtype):
        y = ask("max_forward", x)
        if isinstance(y, str) or y.size != 1:
            yield "refused" if isinstance(y, str) else "other"
        else:
            yield "propagates" if np.isnan(y).all() else "ignored" if y.item() == np.nanmax(x) else "other"


@convention(("max_backward",), "to the nan", "to the largest", "nowhere", "refused", "other")
def nan_gradient(ask: Ask, dtype: str) -> Iterable[str]:
    """Where does the gradient of a window with a NaN go?"""
    for x in one_nan(dtype):
        dx = ask("max_backward", x, dy=1)
        if isinstance(dx, str) or dx.size != x.size:
            yield "refused" if isinstance(dx, str) else "other"
            continue
        flat = dx.reshape(-1)
        places = {"to the nan": int(np.isnan(x).argmax()), "to the largest": int(np.nanargmax(x))}
        hit = [name for name, at in places.items() if flat[at] == 1 and np.count_nonzero(flat) == 1]
        yield hit[0] if hit else "nowhere" if not flat.any() else "other"


@convention(("max_forward",), "-inf", "lowest", "nan", "refused", "other")
def all_minus_infinity(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the maximum of a window of nothing but -inf?"""
    y = ask("max_forward", np.full((2, 2), -np.inf, dtype))
    if isinstance(y, str):
        yield "refused"
    else:
        value = float(y.reshape(-1)[0]) if y.size else 0.0
        names = {-np.inf: "-inf", float(np.finfo(dtype).min): "lowest"}
        yield "nan" if np.isnan(value) else names.get(value, "other")


@convention(("max_forward",), "kept", "flushed", "refused", "other")
def subnormals(ask: Ask, dtype: str) -> Iterable[str]:
    """Does a number below the smallest normal one survive?"""
    for factor in (1, 3):
        eta = np.finfo(dtype).smallest_subnormal * np.dtype(dtype).type(factor)
        y = ask("max_forward", np.array([[0, eta]], dtype))
        if isinstance(y, str) or y.size != 1:
            yield "refused" if isinstance(y, str) else "other"
        else:
            yield "kept" if y.item() == eta else "flushed" if y.item() == 0 else "other"


@convention(("max_forward",), "first", "last", "positive", "negative", "refused", "other")
def signed_zero(ask: Ask, dtype: str) -> Iterable[str]:
    """Which zero is the maximum of +0 and -0?"""
    signs: list[bool] = []
    for x in ((0.0, -0.0), (-0.0, 0.0)):
        y = ask("max_forward", np.array([x], dtype))
        if isinstance(y, str) or y.size != 1:
            yield "refused" if isinstance(y, str) else "other"
            return
        signs.append(bool(np.signbit(y).item()))
    names = {(False, True): "first", (True, False): "last", (False, False): "positive"}
    yield names.get((signs[0], signs[1]), "negative")


@convention(("mean_forward",), "infinite", "finite", "nan", "refused")
def mean_overflow(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the mean of numbers whose sum is beyond the widest float?"""
    y = ask("mean_forward", np.full((1, 4), np.finfo(dtype).max, dtype))
    yield (
        "refused"
        if isinstance(y, str)
        else "nan"
        if np.isnan(y).any()
        else "infinite"
        if np.isinf(y).any()
        else "finite"
    )


@convention(("mean_forward",), "inf", "nan", "refused", "other")
def infinite_mean(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the mean of a window with inf in it?"""
    for place in range(3):
        x = np.ones((1, 3), dtype)
        x[0, place] = np.inf
        y = ask("mean_forward", x)
        yield (
            "refused" if isinstance(y, str) else "nan" if np.isnan(y).any() else "inf" if np.isinf(y).any() else "other"
        )


@convention(("mean_forward",), "wider", "own", "refused", "other")
def accumulator(ask: Ask, dtype: str) -> Iterable[str]:
    """Are the sums of float16 (or else float32) kept in a wider type, so that they do not overflow?"""
    taken = ask.target.declared.dtypes_of("mean_forward")
    narrow = next((d for d in IEEE_FLOATS if d in taken and d != "float64"), dtype)
    most = np.finfo(narrow).max
    y = ask("mean_forward", np.full((1, 4), most, narrow))
    if isinstance(y, str) or y.size != 1:
        yield "refused" if isinstance(y, str) else "other"
    else:
        yield "wider" if y.item() == most else "own" if np.isinf(y).all() else "other"


@convention(("mean_forward",), "float", "truncated", "rounded", "refused", "other")
def integer_mean(ask: Ask, _: str) -> Iterable[str]:
    """What is the mean of integers that do not divide?"""
    y = ask("mean_forward", np.array([[1, 1, 3, 2]], np.int32))
    if isinstance(y, str) or y.size != 1:
        yield "refused" if isinstance(y, str) else "other"
    else:
        yield {1.75: "float", 1: "truncated", 2: "rounded"}.get(y.item(), "other")


@convention(("max_forward",), "accepted", "refused", "other")
def empty_batch(ask: Ask, dtype: str) -> Iterable[str]:
    """Is N = 0 accepted?"""
    y = ask("max_forward", np.zeros((0, 2, 4, 4), dtype), (2, 2))
    yield "refused" if isinstance(y, str) else "accepted" if y.shape == (0, 2, 2, 2) else "other"


@convention(("max_forward",), "accepted", "refused")
def layouts(ask: Ask, dtype: str) -> Iterable[str]:
    """Are arrays accepted however they lie in memory?"""
    x = np.arange(24, dtype=dtype).reshape(1, 2, 3, 4)
    for layout in LAYOUTS:
        yield "refused" if isinstance(ask("max_forward", x, (2, 2), layout=layout), str) else "accepted"


@convention(("max_forward",), "refused", "empty", "answered")
def window_too_large(ask: Ask, dtype: str) -> Iterable[str]:
    """What happens to a window larger than the input?"""
    for size in ((1, 3), (3, 1)):
        y = ask("max_forward", np.ones((2, 2), dtype), size, stride=(1, 1))
        yield "refused" if isinstance(y, str) else "empty" if y.size == 0 else "answered"


@convention(("max_forward",), "refused", "answered")
def stride_zero(ask: Ask, dtype: str) -> Iterable[str]:
    """What happens to a stride of 0?"""
    for stride in ((0, 1), (1, 0)):
        yield (
            "refused"
            if isinstance(ask("max_forward", np.ones((2, 2), dtype), (1, 1), stride=stride), str)
            else "answered"
        )


@convention(("max_forward",), "refused", "answered")
def wrong_rank(ask: Ask, dtype: str) -> Iterable[str]:
    """What happens to an x of five axes?"""
    yield "refused" if isinstance(ask("max_forward", np.ones((1, 1, 1, 2, 2), dtype), (2, 2)), str) else "answered"


@convention(("max_forward",), "dropped", "kept", "refused", "other", needs=("padding", "ceil_mode"))
def ceil_rule(ask: Ask, dtype: str) -> Iterable[str]:
    """In ceil mode, what becomes of a last window that would start in the end padding?"""
    # Of 3 cells and one on each side windows of 2 start at -1 and 1; one more would start at 3.
    for x in (np.ones((1, 3), dtype), np.ones((3, 1), dtype)):
        size, pair = tuple(min(2, length) for length in x.shape), tuple((int(n > 1),) * 2 for n in x.shape)
        y = ask("max_forward", x, size, settings={"padding": pair, "ceil_mode": True})
        yield "refused" if isinstance(y, str) else {2: "dropped", 3: "kept"}.get(y.size, "other")


@convention(("mean_forward",), "counted", "not counted", "refused", "other", needs=("padding",))
def divisor_default(ask: Ask, dtype: str) -> Iterable[str]:
    """Does the mean count padded cells in its divisor, if nothing is said?"""
    for pair in one_padded(ask):
        y = ask("mean_forward", np.ones((1, 1), dtype), (1, 2), settings={"padding": pair})
        if isinstance(y, str) or y.size == 0:
            yield "refused" if isinstance(y, str) else "other"
        else:
            yield {0.5: "counted", 1.0: "not counted"}.get(float(y.reshape(-1)[0]), "other")


def one_padded(ask: Ask) -> Iterable[tuple[tuple[int, int], ...]]:
    """Paddings of one cell beside a single column: before and after it, or on either side, if that may be."""
    yield (0, 0), (1, 1)
    if ask.target.declared.padding == "any":
        yield (0, 0), (1, 0)
        yield (0, 0), (0, 1)


STEPPED_OVER = {"padding": ((0, 0), (1, 1)), "dilation": (1, 2)}
"""Settings under which a window of two columns has one on each side of a single column."""


@convention(("max_forward",), "-inf", "lowest", "zero", "nan", "refused", "other", needs=("padding", "dilation"))
def max_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the maximum of a window wholly in padding?"""
    y = ask("max_forward", np.full((1, 1), 3, dtype), (1, 2), settings=STEPPED_OVER)
    yield of_nothing(y, dtype)


@convention(("max_indices",), "inside", "negative", "past the end", "refused", "other", needs=("padding", "dilation"))
def index_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """Which index has a window wholly in padding?"""
    i = ask("max_indices", np.full((1, 1), 3, dtype), (1, 2), settings=STEPPED_OVER)
    if isinstance(i, str) or i.size != 1:
        yield "refused" if isinstance(i, str) else "other"
    else:
        yield "negative" if i.item() < 0 else "inside" if i.item() == 0 else "past the end"


@convention(
    ("mean_forward",),
    *("-inf", "lowest", "zero", "nan", "refused", "other"),
    needs=("padding", "dilation", "count_include_pad"),
)
def mean_of_padding(ask: Ask, dtype: str) -> Iterable[str]:
    """What is the mean of a window wholly in padding that is not counted?"""
    settings = {**STEPPED_OVER, "count_include_pad": False}
    yield of_nothing(ask("mean_forward", np.full((1, 1), 3, dtype), (1, 2), settings=settings), dtype)


def of_nothing(y: Any, dtype: str) -> str:
    """What a window without a real cell gave."""
    if isinstance(y, str) or y.size != 1:
        return "refused" if isinstance(y, str) else "other"
    value = float(y.reshape(-1)[0])
    names = {-np.inf: "-inf", float(np.finfo(dtype).min): "lowest", 0.0: "zero"}
    return "nan" if np.isnan(value) else names.get(value, "other")
