"""Known failures: a TOML file of what is expected to fail, each entry with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec.toml
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..contract import Unusable, did_you_mean
from ..conventions import EXPECTED
from ..data.files import read_text
from ..data.text import cleaned, shown
from ..lawbook.huge import EVERY
from ..results import Result

Filled = Annotated[str, Meta(pattern=r"\S")]
"""A text that is not empty."""


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: this law is known to fail on this target (as given, or by name), for this reason."""

    target: Filled
    law: Filled
    reason: Filled
    finding: str = ""


class KnownFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The entries of a file of `[[known]]` tables."""

    known: list[Known] = []


def load_known(path: Path) -> list[Known]:
    """The entries of a file of `[[known]]` tables. Raises Unusable naming what is wrong with it."""
    where, text = f"known failures {shown(str(path))}", read_text(str(path), "known failures")
    try:
        entries = msgspec.toml.decode(text, type=KnownFile).known
    except RecursionError:
        raise Unusable(f"{where} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise Unusable(f"{where} cannot be read: {cleaned(str(error))}") from None
    for number, entry in enumerate(entries, 1):
        if entry.law not in EVERY and entry.law not in EXPECTED:
            raise Unusable(
                f"{where}, entry {number}: there is no law {shown(entry.law)}; {did_you_mean(entry.law, EVERY)}"
            )
    return entries


def unmet(known: list[Known], results: list[Result], names: dict[str, str]) -> list[Known]:
    """The entries that no result is about: a target or a law that is not there any more, or misspelt."""
    met = {(target, result.law) for result in results for target in (result.target, names[result.target])}
    return [entry for entry in known if (entry.target, entry.law) not in met]


def is_listed(law: str, target: str, name: str, known: list[Known]) -> bool:
    """Whether a law is known to fail on a target."""
    return any(entry.law == law and entry.target in (target, name) for entry in known)


def excused(result: Result, name: str, known: list[Known]) -> Result:
    """A result in the light of the known failures: `known` if it failed as listed, outdated if it holds after all."""
    listed = next((k for k in known if k.law == result.law and k.target in (result.target, name)), None)
    if listed is None:
        return result
    if result.failed:
        return replace(result, verdict="known", reason=listed.reason)
    if result.verdict == "holds" and not result.partial:
        reason = f"listed as a known failure ({listed.reason}), but holds in {result.examples} cases: remove the entry"
        return replace(result, reason=reason, outdated=True)
    return result
