"""A judgement made from the record of a run on one target, and its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET

from ..data.text import MOST_SHOWN
from ..results import FAILURES, CauseReport, Declarations, Judgement, LawReport, Result
from ..results.calls import tuples
from ..run.causes import Cause
from ..run.record import Record
from ..targets.target import Target
from . import render


def judgement(record: Record, seconds: float) -> Judgement:
    """The judgement of a record's one target, which took this many seconds."""
    assert record.request.seed is not None
    (spec,) = record.request.targets
    if spec in record.refused:
        stage: Literal["first calls", "loading"] = "first calls" if spec in record.unfit else "loading"
        reason, seed = record.refused[spec], record.request.seed
        return Judgement(target=spec, verdict="unusable", sentence=reason, stage=stage, seconds=seconds, seed=seed)
    if record.errors:
        reason, seed = record.errors[0], record.request.seed
        return Judgement(target=spec, verdict="unusable", sentence=reason, seconds=seconds, seed=seed)
    return judged(record, record.targets[spec], record.complete(), seconds)


def judged(record: Record, target: Target, results: list[Result], seconds: float) -> Judgement:
    """The judgement of a target that could be judged."""
    causes = [cause_report(cause) for cause in record.all_causes()]
    verdict = verdict_of(results, causes)
    assert record.request.seed is not None
    return Judgement(
        target=target.spec,
        name=target.name,
        version=target.declared.version,
        verdict=verdict,
        sentence=sentence(verdict, causes, results),
        causes=causes,
        cases=sum(result.examples for result in results),
        seconds=seconds,
        seed=record.request.seed,
        partial=any(result.partial or result.verdict == "not run" for result in results),
        counts=dict(Counter(result.verdict for result in results)),
        untested=render.untested(target),
        unasked={result.law: result.reason for result in results if result.untried},
        declared=Declarations.of(target.declared, target.offers),
        like=record.likeness.get(target.spec, UNSET),
        warnings=[*record.warnings(), *record.known_complaints()],
        laws=[LawReport.of(result) for result in results],
    )


def cause_report(cause: Cause) -> CauseReport:
    """A cause with the clearest of its failures."""
    clearest = cause.clearest
    return CauseReport(
        name=cause.name,
        verdict=clearest.verdict,
        laws=cause.laws,
        sentence=sentence_of(cause),
        message=clearest.message,
        counterexample=clearest.counterexample,
    )


def verdict_of(results: Sequence[Result], causes: Sequence[CauseReport]) -> str:
    """The verdict on a target."""
    failed = [cause.verdict for cause in causes if cause.verdict in FAILURES]
    if failed:
        return failed[0]
    if any(result.outdated for result in results):
        return "outdated"
    return "holds" if render.exit_status(list(results), interrupted=False, unusable=False) == 0 else "not run"


def sentence(verdict: str, causes: Sequence[CauseReport], results: Sequence[Result]) -> str:
    """The findings in a sentence: of several causes the first, and how many there are."""
    if causes:
        more = render.quantity(len(causes) - 1, "more cause") if causes[1:] else ""
        return causes[0].sentence + (f" There {'is' if len(causes) == 2 else 'are'} {more}." if more else "")
    cases = render.quantity(sum(result.examples for result in results), "case")
    partial = any(result.partial or result.verdict == "not run" for result in results)
    if verdict == "holds":
        return f"No law fails in {cases}{'; the time ended before all were tried' if partial else ''}."
    reasons = [result.reason for result in results if result.verdict == "not run" and result.reason]
    return f"No law was tried: {reasons[0] if reasons else 'none applies to what it offers'}."


def sentence_of(cause: Cause) -> str:
    """What is wrong, for the author of the kernel: the wrong answer, its call in short, and the reason, if known."""
    found, headline = cause.clearest.counterexample, cause.clearest.message.split("\n", 1)[0]
    headline = headline.partition("   (")[0]
    if found is not None and found.calls and len(found.calls) > found.failing_call:
        call = found.calls[found.failing_call]
        given = [f"size={text(call.size)}", f"stride={text(call.stride)}"]
        given += [f"{name}={text(value)}" for name, value in call.settings.items()]
        given += [f"{name} of {array.dtype} and shape {text(array.shape)}" for name, array in call.args.items()]
        headline += f", for {', '.join(given)}"
    why = f": {cause.wrong[0].lower()}{cause.wrong[1:].rstrip('.')}" if cause.wrong else ""
    return f"{headline}{why}."


def text(value: object) -> str:
    """A window, a shape or a setting as Python writes it."""
    return repr(tuples(value))[:MOST_SHOWN]
