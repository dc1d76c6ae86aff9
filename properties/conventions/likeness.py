"""What two targets have in common, and the conventions of one that the other can be held to.

Only inputs that both take are compared: a library may sum float16 in a wider type but float32 in its own, so a kernel
for float32 is judged by the library's behaviour on float32 alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import NamedTuple

from ..contract import Declared
from ..results import Seen
from ..targets.target import Target
from .registry import CONVENTIONS, UNDECLARED, Convention, observed, unobservable

PROCESS = "it depends on the mode of the processor, which any library may set for its whole process"
UNFIT = {
    "subnormals": PROCESS,
    "mean-subnormals": PROCESS,
    UNDECLARED: "no declaration says that means take integers",
    "repeated": "deterministic=False says otherwise",
}
"""Conventions that say little about whether two kernels are alike, and why."""

NO_RULE = ("other", "outside", "past the end")
"""Values that no target should be held to: unnamed behaviour, and indices outside the image."""

COMMON = (
    *("dtypes", "ranks", "lacks", "square", "tiles", "padding", "padding_limit", "settings"),
    *("max_cells", "fixed"),
)
"""The declarations about the inputs that a target takes."""


class Common(NamedTuple):
    """The declarations within which two targets both lie, and the callables that both offer."""

    declared: Declared
    offers: tuple[str, ...]


class Observed(NamedTuple):
    """The conventions observed on a target, and the names of those left out for lack of time."""

    found: dict[str, Seen]
    late: list[str]


def common(one: Target, other: Target) -> Common:
    """What two targets have in common."""
    return Common(one.declared.shared_with(other.declared), tuple(f for f in one.offers if f in other.offers))


@contextmanager
def within(target: Target, both: Common) -> Iterator[None]:
    """Restrict a target for a while to what it has in common with another."""
    declared, offers = target.declared, target.offers
    kept = {each.name: getattr(declared, each.name) for each in fields(declared) if each.name not in COMMON}
    target.declared, target.offers = replace(both.declared, **kept), both.offers
    try:
        yield
    finally:
        target.declared, target.offers = declared, offers


def shown_by(target: Target, both: Common, end: float | None) -> Observed:
    """The conventions of a target, observed on what it has in common with another."""
    with within(target, both):
        return Observed(*observed(target, end=end))


def unlike(each: Convention, judged: Target, other: Target, shown: Observed) -> str:
    """Why a target cannot be held to a convention of another; empty if it can."""
    if each.name in UNFIT:
        return UNFIT[each.name]
    for target in (judged, other):
        if reason := unobservable(each, target):
            return f"{target.name}: {reason}"
    if each.name in shown.late:
        return f"{other.name} hangs, or the time limit was reached"
    if each.name not in shown.found:
        return "nothing that both declare shows it"
    return unruly(each, other, shown.found[each.name])


def unruly(each: Convention, other: Target, seen: Seen) -> str:
    """Why the observed value of a convention is no rule that another target could be held to; empty if it is one."""
    if seen.varies or seen.value not in each.values or seen.value in NO_RULE:
        return f"{other.name} shows {' and '.join(map(repr, seen.all_values))}"
    return ""


def likeness(judged: Target, other: Target, shown: Observed) -> tuple[dict[str, str], dict[str, str]]:
    """The conventions of `other` to hold `judged` to, with their values; and the remaining ones, with the reasons."""
    left = {name: unlike(each, judged, other, shown) for name, each in CONVENTIONS.items()}
    pinned = {name: shown.found[name].value for name, reason in left.items() if not reason}
    return pinned, {name: reason for name, reason in left.items() if reason}
