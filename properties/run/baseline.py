"""A baseline: the known failures with which a run that fails today would pass, each with a reason to fill in."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec.structs import asdict

from ..data.text import sendable
from ..results import Result
from .causes import causes_of
from .known import NAMED, TO_FILL_IN, Known, law_of, names_of_cause


def baseline(results: list[Result], names: dict[str, str], known: list[Known]) -> list[Known]:
    """The entries with which such a run would pass: the given ones except outdated ones, and the new failures."""
    outdated = [result for result in results if result.outdated]
    kept = [entry for entry in known if not any(entry.is_about(each, names[each.target]) for each in outdated)]
    return [*kept, *dict.fromkeys(new_entries(results))]


def new_entries(results: list[Result]) -> Iterable[Known]:
    """An entry for each failure that is not known."""
    for cause in causes_of(result for result in results if not result.outdated):
        for result in cause.results:
            if law_of(result) in NAMED:
                name = cause.name if cause.mistakes else names_of_cause(result)[0]
                yield Known(sendable(result.target), law_of(result), TO_FILL_IN, cause=sendable(name))


def as_toml(known: list[Known]) -> str:
    """Entries as `load_known` reads them."""
    return "# Known failures: each entry needs a reason.\n" + "".join(map(table, known))


def table(entry: Known) -> str:
    """One entry in TOML, without its empty keys."""
    return "\n[[known]]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in asdict(entry).items() if value)


def quoted(text: str) -> str:
    """A basic string of TOML: like JSON's, except that one more character is escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
