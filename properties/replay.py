"""`poolproof replay`: the failing cases of a report tried again, and the calls that show its conventions made again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .arrays import Json
from .contract import Unusable
from .conventions import as_before
from .lawbook import LAWS
from .results import Result, is_complete
from .runner import NOT_ALONE
from .runner import replay as again
from .session import Bench

Entry = tuple[str, Json]


def read(file: str) -> tuple[list[Entry], list[tuple[str, str, Json]]]:
    """The failures (target, law) and the conventions (target, name, what was seen) of a report. Raises Unusable."""
    try:
        targets: list[Any] = json.loads(Path(file).read_text(encoding="utf-8"))["targets"]
        failures = [(each["target"], law) for each in targets for law in each["laws"] if law["counterexample"]]
        seen = [(each["target"], *item) for each in targets for item in each["conventions"].items()]
    except OSError as error:
        raise Unusable(f"report {file!r} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"report {file!r} is not one of check --json: {error!r}") from None
    return failures, seen


def replayed(failures: list[Entry], bench: Bench, other: str) -> Iterator[Result | str]:
    """For each failure what came of it, on the target it was seen on or another; words, where it cannot be tried."""
    for spec, law in failures:
        # A proof is named by its law, and after a slash the method by which it was proved.
        name = law["law"].partition("/")[0]
        if name not in LAWS or "case" not in law["counterexample"]:
            yield f"{law['law']} on {spec}: cannot be replayed, there is no such law here"
        elif not is_complete(law["counterexample"]["case"]):
            yield f"{law['law']} on {spec}: cannot be replayed, its case is too large for a report"
        else:
            yield again(LAWS[name], bench.target(other or spec), law["counterexample"])


def outcome(result: Result, known: str = "") -> str:
    """What came of a failure, in words; of a known one, which has a reason, in one line."""
    if result.verdict == "holds":
        words = result.reason or "holds now"
    else:
        words = f"still {result.verdict}" if result.failed else result.verdict
        words += f", {result.reason}" if result.reason else ""
    text = f"{result.law} on {result.target}: {words}"
    if known and result.failed:
        return f"{text}, known: {known}"
    return f"{text}\n{result.message}" if result.failed else text


def replay(file: str, bench: Bench, other: str, say: Callable[[str], None]) -> int:
    """Say what came of each failure, and which conventions are answered otherwise; 1 if anything still fails."""
    failures, seen = read(file)
    still = unclear = 0
    for (_, law), result in zip(failures, replayed(failures, bench, other), strict=True):
        still += isinstance(result, Result) and result.failed
        unclear += isinstance(result, Result) and result.reason == NOT_ALONE
        known = law["reason"] if law["verdict"] == "known" else ""
        say(outcome(result, known) if isinstance(result, Result) else result)
    changed = [f"{name} on {spec}" for spec, name, found in seen if not as_before(bench.target(other or spec), found)]
    for each in changed:
        say(f"{each}: answers otherwise now")
    if seen:
        say(f"{len(seen)} conventions replayed: {len(changed)} answer otherwise")
    others = f", {unclear} did not repeat in a fresh process" if unclear else ""
    say(f"{len(failures)} replayed: {still} still fail{others}" if failures else "the report has no failures to replay")
    return 1 if still else 0
