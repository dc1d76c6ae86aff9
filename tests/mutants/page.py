"""docs/mutants.md, and complaints about the reasons for mutants that nothing notices."""

import sys

from written import table

from .judges import ROOT, TESTS
from .record import HUNG, SURVIVED, UNJUDGED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = ROOT / "docs" / "mutants.md"
REASONS = TESTS / "mutants" / "survivors.toml"

HEAD = """# Mutants

Every small mistake that `tests/mutants/operators.py` knows was planted in these files, one at a time, and judged by the
tests and laws of `tests/mutants/judges.py`. A law is judged by kernels that it must accept, and by the faults of
`tests/faults` that name it as the law that rejects them.

Written by `tox -e mutants`, which judges what is not in [data/mutants.json](data/mutants.json) and fails if a survivor
lacks a reason, or a reason lacks its survivor. A verdict holds until the code of its function changes; then its mutants
are *not judged* until the next run.
"""
WHY = """## Why survivors are no mistakes

Survivors with the same reason are counted together; `tests/mutants/survivors.toml` has each of them. *Open* ones
survived before their function changed, and are not judged again yet.
"""


def reasons():
    """The reasons for survivors, by file, function and the lines before and after."""
    entries = tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivor"]
    return {(each["file"], *mutant): each["reason"] for each in entries for mutant in each["mutants"]}


def with_verdict(verdicts, wanted):
    """The mutants with this verdict, as keys of reasons."""
    return [(file, *key) for file, each in verdicts.items() for key, verdict in each.items() if verdict == wanted]


def complaints(verdicts):
    """Survivors without a reason, and reasons for something that is not a survivor, in the judged files."""
    alive, explained = with_verdict(verdicts, SURVIVED), reasons()
    missing = [key for key in alive if not explained.get(key)]
    judged = {(file, *key) for file, each in verdicts.items() for key, verdict in each.items() if verdict != UNJUDGED}
    gone = {key for key in explained if key[0] in verdicts and key[1:] not in verdicts[key[0]]}
    vain = [key for key in explained if key in gone or (key in judged and key not in alive)]
    return [
        *(f"no reason for\n{shown(key)}" for key in missing),
        *(f"a reason for what is noticed or is not there\n{shown(key)}" for key in vain),
    ]


def page(verdicts):
    """The page, from the verdicts by file."""
    counts = table(("file", "mutants", "noticed", "of these by the time", "survivors", "not judged"), totals(verdicts))
    why = table(("file", "survivors", "open", "reason"), explanations(verdicts))
    return "\n".join([HEAD, counts, WHY, why])


def totals(verdicts):
    """The number of mutants of each file with each verdict."""
    for file, each in verdicts.items():
        ends = list(each.values())
        alive, open_ = ends.count(SURVIVED), ends.count(UNJUDGED)
        yield file, len(ends), len(ends) - alive - open_, ends.count(HUNG), alive, open_


def explanations(verdicts):
    """The reasons, each with its number of survivors, and of survivors not judged again."""
    counts, explained = {}, reasons()
    for column, end in enumerate((SURVIVED, UNJUDGED)):
        for key in with_verdict(verdicts, end):
            if key in explained:
                counts.setdefault((key[0], explained[key]), [0, 0])[column] += 1
    return [(file, *numbers, reason) for (file, reason), numbers in sorted(counts.items())]


def shown(key):
    """A mutant as a diff, with its function."""
    before, after = (prefixed(sign, lines) for sign, lines in zip("-+", key[2:], strict=True))
    return f"```diff\n{f'@@ {key[1]}'.rstrip()}\n{before}\n{after}\n```"


def prefixed(sign, lines):
    """Lines with a sign before each."""
    return "\n".join(f"{sign} {line}" for line in lines.splitlines())
