"""The smoke test: a target that cannot answer the simplest call is not judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..contract import MEAN
from ..conventions import call_of, numbers
from ..data.errors import Unfit
from ..targets.call import Answer
from ..targets.isolated import Isolated
from ..targets.loading import is_shipped
from ..targets.misfits import second_look
from ..targets.target import Target


def smoke_test(target: Target) -> None:
    """Raise Unfit if no callable of a target answers the simplest call with an array.

    A target that fails here has a broken adapter or installation, not wrong mathematics. If its mean takes padding but
    no `count_include_pad`, a call also finds out whether it counts padded cells, and it is judged by that.
    """
    complaints, hung = [], False
    for function in target.offers:
        answer = one_window(target, function, 2)
        if answer is None:
            continue
        target.hurry(answer.death or "")
        if isinstance(answer.value, np.ndarray):
            target.declared = replace(target.declared, count_include_pad=counts_padding(target))
            target.warnings += filter(None, [needed(target)])
            return
        what = answer.error or answer.exited or f"returned {answer.kind}, not an array"
        complaints.append(f"{function}: {what}")
        hung |= answer.death == "hung"
    if not complaints:
        raise Unfit(f"{target.name} cannot be tested: {nothing_left(target)}")
    asked = "the windows it fixes" if target.declared.fixed else "one 2x2 window"
    failed = f"{target.name} fails its smoke test, {asked}: {'; '.join(complaints)}"
    # The calls that look for changes would hang as well.
    raise Unfit("\n".join(filter(None, [failed, "" if hung else needed(target)])))


def needed(target: Target) -> str:
    """The changes that a user's target needs to keep the contract; known only for one with a process of its own."""
    return second_look(target) if isinstance(target, Isolated) and not is_shipped(target.spec) else ""


def nothing_left(target: Target) -> str:
    """Why the declarations of a target leave no call to make."""
    stated = target.declared
    narrowing = f"dtypes={stated.dtypes}, ranks={stated.ranks}, lacks={stated.lacks}"
    return f"its declarations ({narrowing}) leave no dtype and rank for {' or '.join(target.offers)}"


def one_window(target: Target, function: str, length: int, **settings: Any) -> Answer | None:
    """The answer for an image of ones, `length` cells per axis, and windows of two; None if it takes no dtype.

    A target with fixed windows gets these, on the smallest image that holds a whole one.
    """
    way, fixed = target.declared.plainest(function), target.declared.fixed
    if way is None:
        return None
    dtype, rank = way
    if fixed:
        x = np.ones((1, 1, *fixed.image), dtype)
        return target.ask(call_of(function, x, fixed.size, fixed.stride, fixed.passed(function)))
    passed = {name: (value,) * rank for name, value in settings.items()}
    return target.ask(call_of(function, np.ones((1, 1, *(length,) * rank), dtype), (2,) * rank, (2,) * rank, passed))


def counts_padding(target: Target) -> bool:
    """Whether the mean counts padded cells; if no keyword controls it, measured on a window with one real cell."""
    for function in MEAN:
        taken = target.declared.settings.get(function, ()) if function in target.offers else ()
        if "padding" in taken and "count_include_pad" not in taken:
            # The padding is on both sides, as every target allows; the second padded cell lies beyond the window.
            answer = one_window(target, function, 1, padding=(1, 1))
            found = None if answer is None else numbers(answer)
            return found is None or not found.size or not (found == 1).all()
    return True
