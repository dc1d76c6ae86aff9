"""What a replay found, printed: which failures are still there, and which conventions changed."""

from __future__ import annotations

from collections.abc import Callable

from ..conventions import as_before, not_asked
from ..data.text import cleaned, visible
from ..results import Result
from ..run.replay import Replayable, readable, replayed
from ..run.session import Session

Say = Callable[..., None]
"""Prints a line; for a pair, the text in the style of a verdict."""


def outcome(result: Result, known: str = "") -> tuple[tuple[str, str], str]:
    """The outcome of a failure: a line styled by its verdict, and the message unless the failure is known."""
    if result.verdict == "holds":
        words = result.reason or "holds now"
    else:
        words = f"still {result.verdict}" if result.failed else result.verdict
        words += f", {result.reason}" if result.reason else ""
    text = cleaned(f"{result.law} on {result.target}: {words}{f', known: {known}' if known and result.failed else ''}")
    # The message may come from the report itself.
    told = result.message.split("\n") if result.failed and not known else []
    return (text, result.verdict), "".join(f"\n{printable(line)}" for line in told)


def printable(line: str) -> str:
    """A line of a message, in full and safe to print."""
    return "".join(map(visible, line))


def replay_conventions(found: Replayable, session: Session, other: str | None, say: Say) -> None:
    """Print which conventions changed, and which cannot be tried on a target."""
    changed = asked = 0
    for spec, name, seen in found.seen:
        target = session.target(other or spec)
        with readable(f"{name} on {spec}: its evidence"):
            if reason := not_asked(name, target, seen):
                say(cleaned(f"{name} on {target.spec}: cannot be replayed, {reason}"))
                continue
            asked += 1
            if not as_before(target, seen):
                changed += 1
                say(cleaned(f"{name} on {target.spec}: answers otherwise now"))
    if found.seen:
        say(f"{asked} conventions replayed: {changed} answer otherwise")


def replay(found: Replayable, session: Session, other: str | None, say: Say) -> int:
    """Print the outcome of each failure, and which conventions changed. Returns 1 if anything still fails."""
    still = unclear = 0
    for each, result in zip(found.failures, replayed(found, session, other), strict=True):
        still += isinstance(result, Result) and result.failed
        unclear += isinstance(result, Result) and result.verdict == "holds" and each.found.lost
        known = each.law.reason if each.law.verdict == "known" else ""
        say(*outcome(result, known)) if isinstance(result, Result) else say(cleaned(result))
    replay_conventions(found, session, other, say)
    others = f", {unclear} did not repeat in a fresh process" if unclear else ""
    failures = len(found.failures)
    say(f"{failures} replayed: {still} still fail{others}" if failures else "the report has no failures to replay")
    return 1 if still else 0
