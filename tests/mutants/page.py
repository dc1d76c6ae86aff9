"""The page about mutants, and what is wrong with the reasons for those that nothing notices."""

import sys

from .judges import ROOT, TESTS
from .run import HUNG, SURVIVED, UNJUDGED

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = ROOT / "docs" / "mutants.md"
REASONS = TESTS / "mutants" / "survivors.toml"

HEAD = """# Mutants

Every small mistake that `tests/mutants/operators.py` knows was planted in these files, one at a time, and judged by the
tests and laws of `tests/mutants/judges.py`. A law is judged by kernels that it must accept, and by the faults of
`tests/faults` that say it rejects them. What nothing notices is listed with the reason why it is no mistake, or none
that matters. Written by `tox -e mutants`, which fails where a reason is missing, or is there in vain. Mutants that are
not judged are in functions that changed after the last complete run.
"""


def reasons():
    """The reasons for survivors, by file, function and the lines before and after."""
    entries = tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivor"]
    return {(each["file"], *mutant): each["reason"] for each in entries for mutant in each["mutants"]}


def survivors(verdicts):
    """What nothing noticed, as keys of reasons."""
    return with_verdict(verdicts, SURVIVED)


def with_verdict(verdicts, wanted):
    """The mutants that met this end, as keys of reasons."""
    return [(file, *key) for file, each in verdicts.items() for key, verdict in each.items() if verdict == wanted]


def complaints(verdicts):
    """Survivors without a reason, and reasons in the judged files for what is none."""
    alive, explained = survivors(verdicts), reasons()
    missing = [key for key in alive if not explained.get(key)]
    judged = {(file, *key) for file, each in verdicts.items() for key, verdict in each.items() if verdict != UNJUDGED}
    gone = {key for key in explained if key[0] in verdicts and key[1:] not in verdicts[key[0]]}
    vain = [key for key in explained if key in gone or (key in judged and key not in alive)]
    return [
        *(f"no reason for\n{shown(key)}" for key in missing),
        *(f"a reason for what is noticed or is not there\n{shown(key)}" for key in vain),
    ]


def page(verdicts):
    """The page, or that of some files alone."""
    rows = [row(file, list(each.values())) for file, each in verdicts.items()]
    table = [
        "| file | mutants | noticed | of these by the time | survivors | not judged |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    text = "\n".join([HEAD, *table, "\n## Survivors\n", "\n\n".join(sections(survivors(verdicts))), ""])
    if expected := [key for key in with_verdict(verdicts, UNJUDGED) if key in reasons()]:
        text += "\n## Not judged again, survivors before\n\n" + "\n\n".join(sections(expected)) + "\n"
    return text


def sections(alive):
    """The survivors, those of a file that have the same reason together."""
    explained, together = reasons(), {}
    for key in alive:
        together.setdefault((key[0], explained.get(key, "")), []).append(key)
    for (file, reason), keys in together.items():
        yield "\n\n".join([f"**{file}**: {reason}", *map(shown, keys)])


def row(file, verdicts):
    """How many of a file's mutants met which end."""
    alive, open_ = verdicts.count(SURVIVED), verdicts.count(UNJUDGED)
    noticed = len(verdicts) - alive - open_
    return f"| {file} | {len(verdicts)} | {noticed} | {verdicts.count(HUNG)} | {alive} | {open_} |"


def shown(key):
    """A mutant as a difference of lines, with the function it is in."""
    before, after = (prefixed(sign, lines) for sign, lines in zip("-+", key[2:], strict=True))
    return f"```diff\n{f'@@ {key[1]}'.rstrip()}\n{before}\n{after}\n```"


def prefixed(sign, lines):
    """Lines with a sign before each."""
    return "\n".join(f"{sign} {line}" for line in lines.splitlines())
