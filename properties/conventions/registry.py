"""The registry of conventions, and how to observe one: its value, and the calls that show it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ..contract import WIDEST_FIRST, did_you_mean
from ..results import Seen, Shown
from ..results.seen import seen_of
from ..targets.target import Target, outside
from .ask import Ask, Died, outcome

Observe = Callable[[Ask], Iterable[str]]


@dataclass(frozen=True)
class Convention:
    """One convention: its functions, the settings they must take, its possible values, and how to observe it.

    `any_window`: it can be observed on any windows that a target fixes; other conventions need windows of their own.
    `observe` yields one value per probe; if they differ, the convention "varies", with a call for each as evidence.
    """

    name: str
    question: str
    functions: tuple[str, ...]
    needs: tuple[str, ...]
    values: tuple[str, ...]
    any_window: bool
    observe: Observe


UNDECLARED = "integer-mean"
"""The convention that is observed on dtypes that need not be declared."""

CONVENTIONS: dict[str, Convention] = {}


def convention(
    functions: tuple[str, ...], *values: str, needs: tuple[str, ...] = (), any_window: bool = False
) -> Callable[[Observe], Observe]:
    """Register a function that observes a convention: its docstring is the question, `values` the answers."""

    def register(observe: Observe) -> Observe:
        name = observe.__name__.replace("_", "-")
        question = (observe.__doc__ or "").strip()
        CONVENTIONS[name] = Convention(name, question, functions, needs, values, any_window, observe)
        return observe

    return register


def observable(target: Target) -> list[Convention]:
    """The conventions that can be observed on a target."""
    return [each for each in CONVENTIONS.values() if not unobservable(each, target)]


def unobservable(each: Convention, target: Target) -> str:
    """Why a convention cannot be observed on a target; empty if it can."""
    declared = target.declared
    if not set(each.functions) <= set(target.offers):
        return f"it offers no {' with '.join(each.functions)}"
    if not set(each.needs) <= set(declared.settings_of(*each.functions)):
        return f"{' and '.join(each.functions)} takes no {' with '.join(each.needs)}"
    if declared.fixed and not each.any_window:
        return "it declares fixed windows"
    functions = each.functions or target.offers
    asked = any(declared.first_taken(function, WIDEST_FIRST) for function in functions)
    return "" if asked else "it declares no floating-point dtype"


def observed(target: Target, hangs: int = 3, end: float | None = None) -> tuple[dict[str, Seen], list[str]]:
    """Every convention that can be observed, with its value and the calls that show it; and those that were left out.

    The rest are left out after this many hangs, or once `end` is reached, in seconds since the epoch.
    """
    found: dict[str, Seen] = {}
    left: list[str] = []
    for each in observable(target):
        hung = sum("hung" in seen.all_values for seen in found.values())
        if hung == hangs or (end is not None and time.time() >= end):
            left.append(each.name)
        elif seen := observe(each, target, "hung" if hung else ""):
            found[each.name] = seen
    return found, left


def observe(each: Convention, target: Target, hurry: str = "") -> Seen | None:
    """One convention: its value, or "varies" if probes differ; None if there is no call to make."""
    ask = Ask(target.fresh())
    target.hurry(hurry)
    found: dict[str, Shown] = {}
    with warnings.catch_warnings():
        # A warning from the target is not a refusal, even where warnings are errors.
        warnings.simplefilter("ignore")
        try:
            for value in each.observe(ask):
                if value not in found:
                    found[value] = ask.evidence
                    found[value] = smallest(ask, value)
        except Died as death:
            found.setdefault(str(death), ask.evidence)
    return seen_of(found)


def smallest(ask: Ask, value: str) -> Shown:
    """The first of the simpler calls that shows the same value, or else the call that showed it."""
    first = ask.evidence
    return next((ask.evidence for again in ask.simpler() if again == value), first)


def as_before(target: Target, found: Seen) -> bool:
    """Whether a target still returns the answers that showed a convention."""
    return all(outcome(target.fresh().ask(shown.call()), shown.where) == shown.got for shown in found.shown)


def not_asked(name: str, target: Target, found: Seen) -> str:
    """Why calls that showed a convention, perhaps on another target, cannot be repeated on this; empty if they can."""
    if name not in CONVENTIONS:
        return f"there is no convention {name!r} here"
    reasons = (outside(target, call, dtype=name != UNDECLARED) for call in found.calls())
    return unobservable(CONVENTIONS[name], target) or next(filter(None, reasons), "")


def check_expected(text: str) -> tuple[str, str]:
    """The name and value in NAME=VALUE for a pinned convention. Raises ValueError with the likely intended name."""
    name, equals, value = text.partition("=")
    if name not in CONVENTIONS:
        raise ValueError(f"expect {text!r}: there is no convention {name!r}; {did_you_mean(name, CONVENTIONS)}")
    values = CONVENTIONS[name].values
    if not equals or value not in values:
        near = get_close_matches(value, values, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"expect {text!r}: {name} should be one of {', '.join(values)}{meant}")
    return name, value
