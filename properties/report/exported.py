"""The failures of a report as a test file that needs only NumPy, for the repository of the target."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET
from poolproof.kernels.dtypes import Array

from ..cases.written import array_text
from ..contract import RESULT, Unusable
from ..data.errors import UNREADABLE
from ..data.layouts import laid_out
from ..data.text import cleaned, received
from ..drawings.failing import array_of
from ..failures.mistakes.conduct import WRITES_BESIDE
from ..lawbook import LAWS
from ..lawbook.claims import claim
from ..results import Counterexample, Report, Result
from ..run.causes import Cause, causes_of
from ..targets.call import Call, empty_window
from .checks import HELPERS, NamedCalls, checked, relation
from .reproducer import imported
from .rightness import Range, Right, right

MOST_TEXT = 2000
"""The most characters of an array that is written as Python; larger ones are stored beside the file."""

IN_RANGE = {
    "max-value", "max-index", "mean-value", "mean-exact", "large-divisor", "routing", "tied-maxima", "overhang",
    "max-accumulation", "mean-accumulation", "mean-spread", "conservation", "identity", "uncovered-pixels",
}  # fmt: skip
"""Laws that say for every answer what is right; others also compare answers, of which several may be right."""

LEFT_OUT = {
    "two-threads": "calls that interrupt one another make no small test",
    "refusal": "it is about wrong arguments",
    "agreement": "it is about the reference kernels",
}
"""Laws that cannot become small tests, and why."""


class NoTest(Exception):
    """Why a failure does not become a test."""


@dataclass
class Exported:
    """A test file, the arrays beside it, the number of its tests, and which failures are left out."""

    text: str
    arrays: bytes | None
    tests: int
    left: list[str]


@dataclass
class Test:
    """A test function under construction: its name, its lines, and the arrays stored beside the file."""

    name: str
    lines: list[str] = field(default_factory=list)
    stored: dict[str, Array] = field(default_factory=dict)

    def array(self, name: str, array: Array) -> str:
        """An expression for an array, which may be stored under a name."""
        text = array_text(array)
        if text != "..." and len(text) <= MOST_TEXT:
            return text
        key = f"{self.name}_{name}"
        self.stored[key] = array
        return f'ARRAYS["{key}"]'


def exported(report: Report) -> Exported:
    """The test file of a report's failures. Raises Unusable if there are none or they are of several targets."""
    failing = [target for target in report.targets if any(law.counterexample for law in target.laws)]
    if len(failing) != 1:
        several = f"of {len(failing)} targets" if failing else "of no target"
        raise Unusable(f"export takes a report with failures of one target, but this one has failures {several}")
    spec = received(failing[0].target)
    causes = causes_of([each.result(spec) for each in failing[0].laws if each.counterexample])
    tests: list[Test] = []
    left: list[str] = []
    for cause in causes:
        try:
            tests.append(of_cause(cause, [test.name for test in tests]))
        except NoTest as reason:
            left.append(cleaned(f"{cause.clearest.law}: {reason}"))
    arrays = {key: array for test in tests for key, array in test.stored.items()}
    return Exported(document(spec, tests, left, bool(arrays)), packed(arrays), len(tests), left)


def packed(arrays: dict[str, Array]) -> bytes | None:
    """Arrays as the content of a file of np.savez, or None if there are none."""
    if not arrays:
        return None
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def document(spec: str, tests: list[Test], left: list[str], stored: bool) -> str:
    """The text of the file."""
    body = "\n\n\n".join("\n".join(test.lines) for test in tests)
    helpers = [text for name, text in HELPERS.items() if f"{name}(" in body]
    fractions = ["from fractions import Fraction"] if "Fraction(" in body + "".join(helpers) else []
    paths = ["from pathlib import Path"] if stored else []
    standard = "\n".join(fractions + paths)
    arrays = 'ARRAYS = np.load(Path(__file__).with_suffix(".npz"))'
    head = [
        '"""A test for each cause of wrong pooling: right code passes. It needs only NumPy."""',
        *([standard] if standard else []),
        "import numpy as np",
    ]
    named = f"# The implementation under test; edit this line if it lies elsewhere.\n{imported(spec)}"
    missing = ["\n".join(["# Not tested here:", *(f"# {each}" for each in left)])] if left else []
    parts = ["\n\n".join([*head, named, *([arrays] if stored else []), *missing]), *helpers, *([body] if body else [])]
    return "\n\n\n".join(parts) + "\n"


def of_cause(cause: Cause, taken: list[str]) -> Test:
    """The test of a cause. Raises NoTest if none would be faithful."""
    result = cause.clearest
    law, found = result.about or result.law, result.counterexample
    if law not in LAWS or found is None:
        raise NoTest("a pinned convention and a law of huge arrays have no small test")
    if law in LEFT_OUT:
        raise NoTest(LEFT_OUT[law])
    try:
        return Maker(law, result, found, test_of(law, taken)).made(words(law, cause))
    except UNREADABLE as error:
        raise NoTest(f"its case cannot be used: {error}") from None


def test_of(law: str, taken: list[str]) -> Test:
    """An empty test with a name of its own."""
    name = "test_" + law.replace("-", "_")
    return Test(name if name not in taken else f"{name}_{sum(each.startswith(name) for each in taken) + 1}")


def words(law: str, cause: Cause) -> list[str]:
    """The docstring: the law, what is probably wrong, what right code does, and what else fails for the same cause."""
    others = [each for each in cause.laws if each in LAWS and each != law]
    lines = [claim(law), *([""] if cause.wrong or others else [])]
    lines += [f"Probably wrong: {cause.wrong}", f"Right code: {cause.right}"] if cause.wrong else []
    lines += [f"The same cause breaks {', '.join(others)}."] if others else []
    return lines


@dataclass
class Maker:
    """Builds the lines of a test from the law, its failure, and the empty test."""

    law: str
    result: Result
    found: Counterexample
    test: Test

    def made(self, docstring: list[str]) -> Test:
        """The test. Raises NoTest if none would be faithful."""
        self.possible()
        calls = [each.call() for each in self.found.calls]
        earlier = [each.call() for each in self.found.earlier_calls or []]
        if any(array.dtype.name == "bfloat16" for call in calls + earlier for array in call.arrays.values()):
            raise NoTest("NumPy alone has no bfloat16")
        if any(map(empty_window, calls)):
            raise NoTest("a window wholly in padding may also be refused")
        before = [line for k, call in enumerate(earlier, 1) for line in self.call(call, f"_before_{k}")]
        body = [*quoted(docstring), *before, *self.body(calls)]
        self.test.lines = [f"def {self.test.name}():", *indented(body)]
        return self.test

    def possible(self) -> None:
        """Raise NoTest for a failure that does not recur in every process, or is not complete."""
        if self.found.case is UNSET or not self.found.case.complete:
            raise NoTest("its case is not complete in the report")
        if self.found.lost or self.found.once is True:
            raise NoTest("it did not recur")
        if WRITES_BESIDE.name in (self.found.mistakes or []):
            raise NoTest("NumPy cannot see what is written beside an array")

    def body(self, calls: list[Call]) -> list[str]:
        """The calls, and the assertions about their answers."""
        names = ["" if len(calls) == 1 else f"_{number}" for number in range(1, len(calls) + 1)]
        answers = NamedCalls(calls, [RESULT[c.function] + n for c, n in zip(calls, names, strict=True)], self.found)
        broken = self.result.verdict == "broken"
        related = relation(self.law, answers) if broken else None
        lines = []
        for place, (call, name) in enumerate(zip(calls, names, strict=True)):
            lines += self.call(call, name, f"_{place}" if call.in_place else "")
            if broken and self.found.got is None and place == self.found.failing_call:
                lines.append(f"assert isinstance({answers.results[place]}, np.ndarray)")
            if related is not None:
                lines += related[place]
            elif broken:
                lines += self.expected(call, name)
        if broken and related is None:
            self.faithful(calls)
        return lines

    def call(self, call: Call, name: str, into: str = "") -> list[str]:
        """The lines that make a call; `into`: suffix of the earlier call whose arrays it reuses."""
        lines = []
        for kind, array in reversed(call.arrays.items()):
            text = self.test.array(kind + name, array)
            layout = call.layouts.get(kind)
            if into:
                lines += [f"{kind}{into}[...] = {text}", f"{kind}{name} = {kind}{into}"]
            else:
                lines.append(f"{kind}{name} = {text if layout is None else strided(text, array, layout)}")
        if self.law == "inputs-unchanged":
            lines += [f"before_{kind} = {kind}.tobytes()" for kind in call.arrays]
        given = [*(kind + name for kind in call.arrays), repr(call.size), repr(call.stride)]
        given += [f"{key}={value!r}" for key, value in call.settings.items()]
        return [*lines, f"{RESULT[call.function]}{name} = pool.{call.function}({', '.join(given)})"]

    def expected(self, call: Call, name: str) -> list[str]:
        """The lines that compare an answer with what is right."""
        found = self.right(call)
        if found is None:
            raise NoTest("a convention decides what is right")
        result = RESULT[call.function] + name
        return checked(result, found, lambda kind, array: self.test.array(f"{result}_{kind}", array))

    def right(self, call: Call) -> Right | None:
        """What is right for a call, or None."""
        if self.law == "identity":
            return Range(call.arrays["x"], call.arrays["x"])
        assumed = self.found.case.assumed if self.found.case and self.found.case.assumed else {}
        return right(call, {**assumed, **call.settings})

    def faithful(self, calls: list[Call]) -> None:
        """Raise NoTest unless code that fails the law must fail the test: one answer is right, or this one is wrong."""
        found = [self.right(call) for call in calls]
        if self.law in IN_RANGE or all(each is not None and each.unique for each in found):
            return
        failing, got = found[self.found.failing_call], array_of(self.found.got)
        if failing is None or got is None or failing.admits(got):
            raise NoTest("several answers are right, and it is their comparison that fails")


def quoted(lines: list[str]) -> list[str]:
    """Lines as a docstring."""
    first, *more = lines
    return [f'"""{first}', *more, '"""'] if more else [f'"""{first}"""']


def indented(lines: list[str]) -> list[str]:
    """Lines of a function."""
    return [f"    {line}".rstrip() for line in lines]


def strided(text: str, array: Array, layout: str) -> str:
    """The expression for an array that has this layout in memory."""
    view = laid_out(array, layout)
    memory: Any = view
    while getattr(memory, "base", None) is not None:
        memory = memory.base
    address = view.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    writeable = "" if view.flags.writeable else ", writeable=False"
    return f"in_memory({text}, {view.strides}, {address}, {memory.nbytes}{writeable})"


def beside(file: str) -> str:
    """The path of the array file that belongs to a test file."""
    return str(Path(file).with_suffix(".npz"))
