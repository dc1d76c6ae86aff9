"""Known failures: a TOML file of what is expected to fail, each entry with its reason."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from ..contract import Unusable, did_you_mean
from ..data.files import read_text
from ..data.text import shown
from ..lawbook.huge import EVERY
from ..results import Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Known:
    """One entry: this law is known to fail on this target (as given, or by name), for this reason."""

    target: str
    law: str
    reason: str
    finding: str = ""


def load_known(path: Path) -> list[Known]:
    """The entries of a file of `[[known]]` tables. Raises Unusable naming what is wrong with it."""
    text = read_text(str(path), "known failures")
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise Unusable(f"known failures {shown(str(path))} cannot be read: it is nested too deeply") from None
    except ValueError as error:
        raise Unusable(f"known failures {shown(str(path))} cannot be read: {error}") from None
    entries = tables.get("known", [])
    if set(tables) - {"known"} or not isinstance(entries, list):
        raise Unusable(f"known failures {shown(str(path))} should have nothing but [[known]] tables")
    return [entry(path, number, table) for number, table in enumerate(entries, 1)]


def entry(path: Path, number: int, table: object) -> Known:
    """One table as an entry."""
    where = f"known failures {shown(str(path))}, entry {number}"
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Unusable(f"{where} should be a table of strings")
    for key in table:
        if key not in Known.__dataclass_fields__:
            raise Unusable(f"{where} has {shown(key)}; {did_you_mean(key, Known.__dataclass_fields__)}")
    for key in ("target", "law", "reason"):
        if not table.get(key, "").strip():
            raise Unusable(f"{where} should have a {key}")
    if table["law"] not in EVERY and "=" not in table["law"]:
        raise Unusable(f"{where}: there is no law {shown(table['law'])}; {did_you_mean(table['law'], EVERY)}")
    return Known(**table)


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
