"""The assertions of an exported test, and the helpers that they call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from poolproof.kernels.dtypes import Array

from .. import oracle
from ..results import Counterexample
from ..targets.call import Call
from .rightness import Places, Right, Shares

HELPERS = {
    "in_memory": '''def in_memory(array, strides, offset, size, writeable=True):
    """A copy that begins `offset` bytes into a memory of `size` bytes, with these strides; all else there is 77."""
    filled = np.full(size // array.itemsize + 1, 77, array.dtype).view(np.uint8)
    view = np.ndarray(array.shape, array.dtype, filled, offset, strides)
    view[...] = array
    view.flags.writeable = writeable
    return view''',
    "assert_between": '''def assert_between(got, least, most):
    """Each element lies within what rounding may do to the exact value, whatever the order of a sum."""
    assert got.shape == least.shape
    wrong = ~((least <= got) & (got <= most))
    assert not wrong.any(), f"{got[wrong]}, but should be in {least[wrong]} to {most[wrong]}"''',
    "assert_one_of": '''def assert_one_of(got, shape, allowed):
    """Each index names a maximum of its window."""
    assert got.shape == shape
    for index, maxima in zip(got.ravel().tolist(), allowed):
        assert index in maxima, f"{index} is not in {maxima}"''',
    "assert_sums": '''def assert_sums(got, totals, errors):
    """Each plane adds up to its total, but for an error."""
    planes = got.reshape(len(totals), -1).tolist()
    for plane, total, error in zip(planes, totals, errors):
        assert abs(sum(map(Fraction, plane)) - total) <= error, f"{plane} should add up to {float(total)}"''',
}
"""The helpers of test files, by name."""


@dataclass
class NamedCalls:
    """The calls of a failure, the names of their results, and the failure."""

    calls: list[Call]
    results: list[str]
    found: Counterexample


def checked(result: str, right: Right, text: Callable[[str, Array], str]) -> list[str]:
    """The lines that compare a result with what is right; `text` returns an expression for an array."""
    if isinstance(right, Places):
        return [f"assert_one_of({result}, {right.shape}, {right.allowed})"]
    if isinstance(right, Shares):
        sums = f"assert_sums({result}, {right.totals!r}, {right.errors!r})"
        return [*checked(result, right.range, text), sums]
    if right.unique:
        shape = f"assert {result}.shape == {right.least.shape}"
        return [shape, f"np.testing.assert_array_equal({result}, {text('expected', right.least)})"]
    least, most = (f"{kind} = {text(kind, array)}" for kind, array in zip(("least", "most"), right, strict=True))
    return [least, most, f"assert_between({result}, least, most)"]


def relation(law: str, answers: NamedCalls) -> list[list[str]] | None:
    """The assertions after each call for a law that is not about right numbers; None for other laws."""
    return RELATIONS[law](answers) if law in RELATIONS else None


def after_last(answers: NamedCalls, *lines: str) -> list[list[str]]:
    """Lines after the last call."""
    return [*([] for _ in answers.calls[1:]), list(lines)]


def shape(answers: NamedCalls) -> list[list[str]]:
    """Assert the shape of the result."""
    call, result = answers.calls[0], answers.results[0]
    expected = call.arrays["x"].shape
    if "dy" not in call.arrays:
        geometry = oracle.geometry_of(call.arrays["x"], call.size, call.stride, call.settings)
        expected = (*expected[:2], *geometry.output(expected[2:]))
    return after_last(answers, f"assert {result}.shape == {expected}")


def dtype(answers: NamedCalls) -> list[list[str]]:
    """Assert the dtype of the result."""
    call, result = answers.calls[0], answers.results[0]
    wanted = f'{result}.dtype.kind in "iu"' if call.function == "max_indices" else f"{result}.dtype == x.dtype"
    return after_last(answers, f"assert {wanted}")


def index_in_plane(answers: NamedCalls) -> list[list[str]]:
    """Assert that indices lie in the plane."""
    call, result = answers.calls[0], answers.results[0]
    return [[*shape(answers)[0], f"assert ((0 <= {result}) & ({result} < {prod(call.arrays['x'].shape[2:])})).all()"]]


def gradient_in_window(answers: NamedCalls) -> list[list[str]]:
    """Assert that dx is zero outside the windows with a gradient, and those with a NaN."""
    call, (result,) = answers.calls[0], answers.results
    reached = oracle.reached(call.arrays["dy"], call.arrays["x"], call.size, call.stride, **call.settings)
    return [[*shape(answers)[0], f"reached = np.array({reached.tolist()})", f"assert not {result}[~reached].any()"]]


def nan_kept_or_skipped(answers: NamedCalls) -> list[list[str]]:
    """Assert that a maximum beside NaN is NaN or the same as without it."""
    return at_place(answers, "assert np.isnan({first}) or {first} == {second}")


def at_place(answers: NamedCalls, line: str) -> list[list[str]]:
    """A line about the element at the failure's place in the first and in the second result."""
    if len(answers.results) < 2 or answers.found.where is None:
        return shape(answers)
    place = ", ".join(map(str, answers.found.where))
    first, second = (f"{result}[{place}]" for result in answers.results[:2])
    return after_last(answers, line.format(first=first, second=second))


def inputs_unchanged(answers: NamedCalls) -> list[list[str]]:
    """Assert that the arguments have the same bytes as before."""
    return after_last(answers, *(f"assert {name}.tobytes() == before_{name}" for name in answers.calls[0].arrays))


def same_twice(answers: NamedCalls) -> list[list[str]]:
    """Assert that equal calls give equal answers."""
    first, second = answers.results
    return after_last(answers, f"np.testing.assert_array_equal({second}, {first})")


def no_aliasing(answers: NamedCalls) -> list[list[str]]:
    """Assert that the result shares no memory with the arguments."""
    (result,) = answers.results
    return after_last(answers, *(f"assert not np.shares_memory({result}, {name})" for name in answers.calls[0].arrays))


def results_kept(answers: NamedCalls) -> list[list[str]]:
    """Assert that the first result is unchanged and in memory of its own."""
    first, *later = answers.results
    after = [
        [f"np.testing.assert_array_equal({first}, kept)", f"assert not np.shares_memory({each}, {first})"]
        for each in later
    ]
    return [[f"kept = {first}.copy()"], *after]


def locality(answers: NamedCalls) -> list[list[str]]:
    """Assert that windows with the same numbers give the same element."""
    return at_place(answers, "np.testing.assert_array_equal({second}, {first})")


RELATIONS: dict[str, Callable[[NamedCalls], list[list[str]]]] = {
    "output-size": shape,
    "depth-preserved": shape,
    "gradient-shape": shape,
    "dtype-preserved": dtype,
    "index-in-plane": index_in_plane,
    "nan-kept-or-skipped": nan_kept_or_skipped,
    "gradient-in-window": gradient_in_window,
    "inputs-unchanged": inputs_unchanged,
    "same-twice": same_twice,
    "no-aliasing": no_aliasing,
    "no-aliasing-of-identity": no_aliasing,
    "results-kept": results_kept,
    "locality": locality,
}
"""Laws that are not about right numbers."""
