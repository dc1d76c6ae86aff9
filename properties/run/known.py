"""Known failures: a TOML file of what is expected to fail, each entry with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec.toml
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..contract import Unusable, did_you_mean
from ..conventions import EXPECTED
from ..data.files import read_text
from ..data.text import cleaned, received, shown
from ..failures.mistakes import MISTAKES
from ..lawbook.huge import EVERY
from ..results import Result
from . import causes

Filled = Annotated[str, Meta(pattern=r"\S")]
"""A text that is not empty."""

TO_FILL_IN = "TODO: say why this fails"
"""The placeholder reason of an entry that a run wrote; every run complains until it is replaced."""

NAMED = (*EVERY, *EXPECTED)
"""What an entry may name as a law: a law, or a pinned convention."""


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: this law is known to fail on this target (as given, or by name), for this reason.

    `cause`: the only cause of a failure that the entry covers; empty for any cause.
    """

    target: Filled
    law: Filled
    reason: Filled
    finding: str = ""
    cause: str = ""

    def is_about(self, result: Result, name: str) -> bool:
        """Whether a result is for the law and the target of this entry."""
        return self.law == law_of(result) and received(self.target) in (result.target, name)

    def excuses(self, result: Result, name: str) -> bool:
        """Whether a failure is the known one."""
        return self.is_about(result, name) and (not self.cause or self.cause in names_of_cause(result))


REQUIRED = ("target", "law", "reason")
"""The keys that every entry has, with a text that is not empty."""


class KnownFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The entries of a file of `[[known]]` tables."""

    known: list[Known] = []


def load_known(path: Path) -> list[Known]:
    """The entries of a file of `[[known]]` tables. Raises Unusable naming what is wrong with the file."""
    where, text = f"known failures {shown(str(path))}", read_text(str(path), "known failures")
    try:
        content = msgspec.toml.decode(text)
        check_entries(where, content)
        return msgspec.convert(content, KnownFile).known
    except RecursionError:
        raise Unusable(f"{where} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise Unusable(f"{where} cannot be read: {cleaned(str(error))}") from None


def check_entries(where: str, content: Mapping[str, Any]) -> None:
    """Raise Unusable for what is no table `[[known]]`, and for an unknown key, law or cause in one."""
    check_among(where, "key", content, KnownFile.__struct_fields__)
    entries = content.get("known", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unusable(f"{where}: each entry should be a table with the header [[known]]")
    for number, entry in enumerate(entries, 1):
        place = f"{where}, entry {number}"
        check_among(place, "key", entry, Known.__struct_fields__)
        check_texts(place, entry)
        check_among(place, "law", [entry["law"]], NAMED)
        # Without a known mistake, a cause is named after what fails: in several words, or as the law.
        cause = entry.get("cause", "")
        check_among(place, "cause", [] if not cause or " " in cause or cause in NAMED else [cause], [*MISTAKES])


def check_texts(where: str, entry: Mapping[str, Any]) -> None:
    """Raise Unusable unless every value of an entry is a text, and the required ones are there and not empty."""
    if missing := [key for key in REQUIRED if key not in entry]:
        raise Unusable(f"{where}: it has no {missing[0]}")
    for key, value in entry.items():
        if not isinstance(value, str):
            raise Unusable(f"{where}: {key} = {shown(value)} should be a text")
        if not value.strip() and key in REQUIRED:
            raise Unusable(f"{where}: {key} should not be empty")


def check_among(where: str, what: str, words: Iterable[str], known: Sequence[str]) -> None:
    """Raise Unusable for the first unknown word."""
    for word in words:
        if word not in known:
            raise Unusable(f"{where}: there is no {what} {shown(word)}; {did_you_mean(word, known)}")


def law_of(result: Result) -> str:
    """The law of a result; for a proof, the law that it proves."""
    return result.about or result.law


def names_of_cause(result: Result) -> list[str]:
    """The possible names of a failure's cause: each mistake that explains it; what fails, and what that needs."""
    return [*causes.mistakes_of(result), causes.Cause([result], [], causes.needs_of(result)).name]


# Results against known failures.


def excused(result: Result, name: str, known: list[Known]) -> Result:
    """A result marked by the known failures: `known` if it failed as listed, outdated if it passes after all."""
    listed = [entry for entry in known if entry.is_about(result, name)]
    if result.failed:
        reasons = [entry.reason for entry in listed if entry.excuses(result, name)]
        return replace(result, verdict="known", reason=reasons[0]) if reasons else result
    # A proof says nothing about cases beyond its bounds.
    if listed and result.verdict == "holds" and not result.partial and not result.about:
        reason = (
            f"listed as a known failure ({listed[0].reason}), but holds in {result.examples} cases: remove the entry"
        )
        return replace(result, reason=reason, outdated=True)
    return result


def is_listed(law: str, target: str, name: str, known: list[Known]) -> bool:
    """Whether a law is listed for a target for any cause, so that its cause need not be found."""
    result = Result(target, law, "broken")
    return any(entry.is_about(result, name) for entry in known if not entry.cause)


def complaints(known: list[Known], results: list[Result], names: dict[str, str], *, all_laws: bool) -> list[str]:
    """Complaints about the entries after a run: misspelt targets, laws or causes not met, reasons missing.

    `names`: what each target of the run calls itself. Laws count as not met only if `all_laws` were tried.
    """
    targets = list(dict.fromkeys([*names, *names.values()]))
    strangers = list(dict.fromkeys(entry.target for entry in known if received(entry.target) not in targets))
    told = "met no target of this run"
    found = [f"known failures of {shown(each)} {told}; {did_you_mean(each, targets)}" for each in strangers]
    for entry in known:
        found += [] if entry.target in strangers else unmet(entry, results, names, all_laws)
    unfilled = sum(entry.reason == TO_FILL_IN for entry in known)
    found += [f"known failures without a reason: {unfilled}; {TO_FILL_IN!r} should be replaced"] if unfilled else []
    return found


def unmet(entry: Known, results: list[Result], names: dict[str, str], all_laws: bool) -> list[str]:
    """Why an entry was not met by a run that had its target; empty if it was."""
    told = f"known failure {entry.law} of {shown(entry.target)}"
    met = [result for result in results if entry.is_about(result, names[result.target])]
    if not met:
        return [f"{told} met no law of this run"] if all_laws else []
    others = [names_of_cause(result)[0] for result in met if result.failed and not result.outdated]
    return [f"{told} is listed with the cause {shown(entry.cause)}, but now fails for {shown(each)}" for each in others]
