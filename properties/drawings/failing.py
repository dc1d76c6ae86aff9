"""The picture of a failing case, made from its counterexample alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import UNSET
from poolproof.kernels.dtypes import Array, Ints

from .. import oracle
from ..contract import RESULT
from ..data.arrays import StoredArray, numbers
from ..data.errors import UNREADABLE
from ..results import Counterexample
from ..targets.call import Call, empty_window
from .arrows import as_they_did, as_they_should, routes
from .flat import flat
from .numbers import texts, told_apart
from .picture import Panel, Picture, Place, Stack, panel
from .view import MOST_CELLS, View, fits

MOST_WORKED_OUT = 10_000
"""The most cells of an x for which a right answer that the counterexample lacks is worked out."""


@dataclass(frozen=True)
class Compared:
    """The expected answer, the actual one, and the first wrong place; each of them may be unknown."""

    expected: Array | None
    got: Array | None
    where: Ints | None

    @property
    def plane(self) -> Place:
        """The plane to draw."""
        return (self.where[0], self.where[1]) if self.where else (0, 0)

    @property
    def spot(self) -> Place | None:
        """The wrong place in its plane."""
        return (self.where[2], self.where[3]) if self.where else None


def picture(found: Counterexample, most: int = MOST_CELLS) -> Picture | None:
    """The picture of a counterexample; None if its image has more than `most` cells along an axis, or three axes of
    several cells, or if its arguments are not valid for pooling."""
    try:
        return drawn(found, most)
    except UNREADABLE:
        return None


def drawn(found: Counterexample, most: int) -> Picture | None:
    """The picture; None for an image that is too large. Raises UNREADABLE for arguments that are not valid."""
    stored = found.calls[found.failing_call]
    if max(stored.args["x"].shape[2:]) > most:
        return None
    given = stored.call()
    flattened = flat(given)
    view = View(flattened.call, (0, 0))
    if not fits(view, most):
        return None
    where = None if found.where is None else tuple(found.where)
    expected, got = (flattened.array(array_of(each)) for each in (found.expected, found.got))
    answers = Compared(expected, got, flattened.place(where))
    if found.case is not UNSET:  # an expected convention has none: its right answer is what the user says
        answers = completed(view.call, answers)
    view = View(view.call, answers.plane)
    stacks = backward(view, answers) if view.goes_back else forward(view, answers)
    return Picture(words(view, answers), stacks)


def array_of(stored: Any) -> Array | None:
    """An answer in a counterexample as an array; None if there is none."""
    if isinstance(stored, StoredArray):
        return stored.array()
    return np.array(numbers(stored)) if isinstance(stored, list) else None


def completed(call: Call, answers: Compared) -> Compared:
    """The answers, with the expected one worked out if the counterexample lacks it and the actual one differs."""
    expected, got, where = answers.expected, answers.got, answers.where
    if expected is None and got is not None:
        right = worked_out(call)
        wrong = right is not None and (right.shape != got.shape or first_difference(right, got) is not None)
        expected = right if wrong else None
    if where is None and expected is not None and got is not None:
        where = first_difference(expected, got)
    return Compared(expected, got, where)


def worked_out(call: Call) -> Array | None:
    """The right answer to a call; None if several are right, or numbers are not finite."""
    arrays = list(call.arrays.values())
    if call.arrays["x"].size > MOST_WORKED_OUT or not all(np.isfinite(a).all() for a in arrays) or empty_window(call):
        return None
    settings = dict(call.settings)
    if call.function in ("max_backward", "max_indices"):
        _, best = oracle.maxima(call.arrays["x"], call.size, call.stride, **settings)
        if (best.sum(axis=-1) > 1).any():
            return None
    found = getattr(oracle, call.function)(*arrays, call.size, call.stride, **settings)
    return np.asarray(found.nearest() if isinstance(found, oracle.Exact) else found)


def first_difference(one: Array, other: Array) -> Ints | None:
    """The first place at which two answers of the same shape differ as drawn."""
    if one.shape != other.shape:
        return None
    for place in np.ndindex(one.shape):
        pair = texts(np.array([[one[place], other[place]]]))[0]
        if pair[0] != pair[1]:
            return place
    return None


def forward(view: View, answers: Compared) -> tuple[Stack, ...]:
    """The image, and the expected answer beside the actual one."""
    windows = [answers.spot] if answers.spot in view.outputs else []
    image = view.image(windows, {"named": named(view, answers)})
    return tuple(Stack((each,)) for each in (image, *(below for below, _ in both(view, answers).values())))


def named(view: View, answers: Compared) -> set[Place]:
    """The cell that a wrong index names, if it is in the image."""
    if view.call.function != "max_indices" or answers.where is None or answers.got is None:
        return set()
    place = divmod(int(answers.got[answers.where]), view.spatial[1])
    return {place} if 0 <= place[0] < view.spatial[0] else set()


def backward(view: View, answers: Compared) -> tuple[Stack, ...]:
    """The image; then dy above the expected and above the actual answer, with the arrows of the gradient."""
    windows = passing_to(view, answers.spot)
    dy = view.call.arrays["dy"][view.plane]
    above = panel("dy", texts(dy), {"window": set(windows)})
    found = routes(view, windows, answers.spot)
    stacks = [Stack((view.image(windows),))]
    for mark, (below, dx) in both(view, answers).items():
        arrows = as_they_did(view, found, dy, dx) if mark == "wrong" else as_they_should(found)
        stacks.append(Stack((above, below), arrows))
    return tuple(stacks)


def passing_to(view: View, cell: Place | None) -> list[Place]:
    """The windows whose gradient a cell should get; if there are none, those that contain it."""
    if cell is None:
        return []
    inside = view.around(cell)
    return [output for output in inside if view.takes_maxima and cell in view.tied(output)] or inside


def both(view: View, answers: Compared) -> dict[str, tuple[Panel, Array]]:
    """The expected and the actual answer, keyed by the mark of the cells that differ: the panel and its plane."""
    given = {"due": answers.expected, "wrong": answers.got}
    planes = {mark: array[view.plane] for mark, array in given.items() if array is not None and has(array, view)}
    written = {mark: texts(plane) for mark, plane in planes.items()}
    differ = set() if answers.spot is None else {answers.spot}
    if len(planes) == len(given):
        tell_apart(written, planes, answers.spot)
        differ |= differing(*written.values())
    name = RESULT[view.call.function]
    titles = {"due": f"expected {name}", "wrong": f"got {name}"}
    return {mark: (panel(titles[mark], written[mark], {mark: differ}), planes[mark]) for mark in planes}


def tell_apart(written: dict[str, list[list[str]]], planes: dict[str, Array], spot: Place | None) -> None:
    """Write the numbers at the wrong place in full if they would look alike."""
    one, other = planes.values()
    if spot is not None and one.shape == other.shape:
        pair = told_apart(one[spot], other[spot])
        for rows, text in zip(written.values(), pair, strict=True):
            rows[spot[0]][spot[1]] = text


def has(array: Array, view: View) -> bool:
    """Whether an answer has the plane to draw, and cells in it."""
    return array.ndim == 4 and all(k < n for k, n in zip(view.plane, array.shape, strict=False)) and array.size > 0


def differing(one: list[list[str]], other: list[list[str]]) -> set[Place]:
    """The places at which two planes differ as drawn; for planes of different sizes, those that one of them lacks."""
    first, second = (
        {(i, j): text for i, row in enumerate(each) for j, text in enumerate(row)} for each in (one, other)
    )
    if first.keys() != second.keys():
        return first.keys() ^ second.keys()
    return {place for place, text in first.items() if text != second[place]}


def words(view: View, answers: Compared) -> str:
    """A description of the picture in a sentence."""
    n, c = view.plane
    wrong = "" if answers.spot is None else ", with the wrong cell marked"
    return f"{view.call.function} of sample {n}, channel {c}: the image with its windows, and the result{wrong}"
