"""A law's view of a target: calls go out, arrays come back, and a comparison that fails says where and how."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import Array, finfo, is_float, is_number

from ..contract import RESULT
from ..failures.mistakes.conduct import NOT_THREAD_SAFE
from ..failures.types import Broken, Crashed, Failure, Hung, Raised, Refused
from ..oracle import Exact
from ..targets.call import Answer, Call, axes_of
from ..targets.target import Target

DEATHS = {"crashed": Crashed, "hung": Hung, "broken": Broken}
"""The failures for a target's process that ends or stops answering."""

SIMULTANEOUS = "another call ran at the same time"
"""The fact to report about a call that fails while another one runs."""


class Pool:
    """A target, and the calls made to it for the current case."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.calls: list[Call] = []

    def begin(self) -> None:
        """Begin a new case."""
        self.calls = []
        self.target.begin()

    def __call__(self, call: Call) -> Array:
        """Make a call and return its result. An exception fails the law; a refusal at an edge only ends the case."""
        return self.result(call, self.watch(call))

    def watch(self, call: Call) -> Answer:
        """Make a call and return everything that was observed of it."""
        return self.record([call], [self.target.ask(call)])[0]

    def all(self, calls: list[Call]) -> list[Array]:
        """Make calls one after another, even after one that fails, and return their results."""
        first = len(self.calls)
        answers = self.watch_all(calls)
        return [self.result(self.calls[at], answer, at) for at, answer in enumerate(answers, first)]

    def seen(self, call: Call) -> Answer:
        """Make a call that must return a result, and return everything that was observed of it."""
        answer = self.watch(call)
        self.result(call, answer)
        return answer

    def watch_all(self, calls: list[Call]) -> list[Answer]:
        """Make calls one after another and return everything that was observed; a death ends the list."""
        answers = self.target.ask_all(calls)
        return self.record(calls[: len(answers)], answers)

    def together(self, calls: list[Call], seconds: float, moments: Sequence[float]) -> list[Array]:
        """Make calls at the same time, for `seconds` and at these moments; return the first results that differ."""
        answers = self.record(calls, self.target.ask_together(calls, seconds, moments))
        first = len(self.calls) - len(calls)
        try:
            return [self.result(*each, first + k) for k, each in enumerate(zip(calls, answers, strict=True))]
        except Failure as failure:
            failure.fact, failure.mistake = SIMULTANEOUS, NOT_THREAD_SAFE.name
            raise

    def record(self, calls: list[Call], answers: list[Answer]) -> list[Answer]:
        """Remember calls, for the report, and return their answers."""
        self.calls += calls
        return answers

    def result(self, call: Call, answer: Answer, at: int | None = None) -> Array:
        """The array in an answer. Anything else raises a failure, or at an edge perhaps a refusal."""
        at = len(self.calls) - 1 if at is None else at
        if answer.death:
            raise DEATHS[answer.death](f"{self.title(at)}: {answer.error}", call=at)
        if answer.exited:
            raise Crashed(f"{self.title(at)}: ended its process with {answer.exited}", call=at)
        if answer.error and not answer.internal and at_an_edge(call):
            raise Refused(answer.error)
        if answer.error:
            raise Raised(f"{self.title(at)}: raised {answer.error}", call=at)
        if not isinstance(answer.value, np.ndarray):
            raise Broken(f"{self.title(at)}: returned {answer.kind}, but should return an array of numbers", call=at)
        value = np.asarray(answer.value)
        if not is_number(value.dtype):
            raise Broken(f"{self.title(at)}: returned dtype {value.dtype}, but should return numbers", call=at)
        return value

    def equal(self, got: Array, expected: Array, at: int = -1, why: str = "", mistake: str = "") -> None:
        """Fail unless two arrays are equal element by element; +0 equals -0, and NaN equals NaN."""
        self.same_shape(got, expected.shape, at)
        with np.errstate(invalid="ignore"):
            alike = got == expected
        if is_float(got.dtype) and is_float(expected.dtype):
            alike |= np.isnan(got) & np.isnan(expected)
        if not alike.all():
            self.differ(got, expected, ~alike, at, why, mistake=mistake)

    def within(self, got: Array, exact: Exact, at: int = -1, why: str = "") -> None:
        """Fail unless every element lies within the proved bound of its exact value."""
        self.same_shape(got, exact.whole.shape, at)
        allowed = exact.allows(got)
        if not allowed.all():
            self.differ(got, exact.nearest(), ~allowed, at, why, exact)

    def same_shape(self, got: Array, shape: tuple[int, ...], at: int = -1) -> None:
        """Fail unless `got` has this shape."""
        if got.shape != shape:
            name = self.result_name(at)
            self.fail(f"{name}.shape = {got.shape}, but should be {shape}", at, got=got)

    def differ(
        self,
        got: Array,
        expected: Array,
        wrong: Array,
        at: int = -1,
        why: str = "",
        exact: Exact | None = None,
        mistake: str = "",
    ) -> None:
        """Fail with the first element that differs, and the number of those that do."""
        where = tuple(int(k) for k in np.unravel_index(wrong.argmax(), wrong.shape))
        name, place = self.result_name(at), ",".join(map(str, where))
        margin = f" within {float(exact.bound[where]):.3g}" if exact is not None and exact.bound[where] else ""
        text = f"{name}[{place}] = {number(got[where])}, but should be {number(expected[where])}{margin}"
        text += f"   ({int(wrong.sum())} of {wrong.size} differ)"
        self.fail(text, at, got=got, expected=expected, where=where, why=why, mistake=mistake)

    def fail(self, text: str, at: int = -1, why: str = "", **evidence: Any) -> None:
        """Fail with a short fact about a call; `why` is what the reader must know of the comparison."""
        at = at % len(self.calls)
        raise Broken(f"{self.title(at)}: {text}", call=at, fact=why, **evidence)

    def title(self, at: int) -> str:
        """The beginning of every message: which callable of which target."""
        return f"{self.calls[at].function} of {self.target.name}"

    def result_name(self, at: int) -> str:
        """y, dx or i."""
        return RESULT[self.calls[at].function]


def at_an_edge(call: Call) -> bool:
    """Whether a target may refuse the call by convention: an empty batch, an unusual layout, a window larger than the
    input without its padding (and so perhaps wholly in padding), or numbers beyond the range of the dtype: not finite,
    or for a mean too large to be added up."""
    if call.layouts or any(array.size == 0 for array in call.arrays.values()):
        return True
    largest = [largest_of(array) for array in call.arrays.values()]
    if not np.isfinite(largest).all():
        return True
    x = call.arrays["x"]
    if larger_than_input(call):
        return True
    return call.function.startswith("mean") and prod(call.size) * max(largest) > float(finfo(x.dtype).max)


def larger_than_input(call: Call) -> bool:
    """Whether a window fits the input only with its padding."""
    return "padding" in call.settings and any(axis.extent > axis.length for axis in axes_of(call))


def largest_of(array: Array) -> float:
    """The largest absolute value of an array."""
    return float(np.abs(array.astype(np.float64)).max())


def number(value: Any) -> str:
    """A scalar as Python writes it, in the fewest digits that read back; integers and bools as such."""
    if isinstance(value, (np.bool_, np.integer)):
        return str(value)
    # Compared as a Python float, because 1e16 overflows a float16.
    usual = 1e-4 <= float(abs(value)) < 1e16 or value == 0
    return np.format_float_positional(value, trim="0") if usual else repr(float(value))
