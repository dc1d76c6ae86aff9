"""docs/strength.md: what was measured of the laws, as a page."""

import math
from statistics import median
from textwrap import dedent

from faults import FAULTS, SOUND
from faults.mistakes import MISTAKES

from .asked import PUBLIC
from .people import CHECKS
from .verdicts import EXAMPLES, NEVER, unrejected

NEVER_ASKED, SELDOM, NOT = "-", "*", "."
"""In the matrix: a law that asks nothing the fault does otherwise; that rejects with a few seeds; with none."""


def written(measured, shrunk, judged):
    """The whole page. `shrunk`: cells by fault; `judged`: the checks of people that reject a fault."""
    parts = [
        introduction(measured),
        summary(measured, shrunk),
        compared(measured, judged),
        mistakes(measured, judged),
        faults(measured, shrunk, judged),
        laws(measured),
        matrix(measured),
    ]
    return "\n".join(parts)


def table(head, rows):
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def introduction(measured):
    """What was measured, and how."""
    seeds = max(len(measured.runs[name]) for name in measured.faults)
    sound = sum(len(runs) for name, runs in measured.runs.items() if name in SOUND)
    return dedent(f"""\
        # How strong the laws are

        Written by `tox -e strength`, which fails if one of these three sentences is not true.

        - **Every fault is rejected by a default run, with each of {seeds} seeds.** The {len(measured.faults)} faults of
          `tests/faults` are a few lines away from a sound implementation each; a default run asks all laws but those
          for the reference kernels alone, {len(PUBLIC)} of them, {EXAMPLES} cases each.
        - **No law rejects a sound variant.** There are {len(SOUND)} of them, which choose, add up, refuse and answer
          otherwise than the base they are made of; {sound} runs, each with a seed and a part of the laws of its own,
          rejected none.
        - **Every law earns its keep.** Some seed would accept some fault without it, or it is among the three laws that
          are quickest to reject one.

        Cases and seconds are those until a law rejects a fault, before anything is made smaller: medians over the
        seeds, on one core, the seconds only to tell what is slow. The *first* law is the one that needs the fewest
        cases. The *cells* are those of the image in the counterexample that a user is shown in the end. A law that
        asks nothing that a fault, or a variant, does otherwise than its base gives the answers of the base, which is
        among what is run; it is not tried again.
        """)


def summary(measured, shrunk):
    """How quick the quickest law is, in a few figures."""
    cases = [measured.cases(name, measured.rejecting(name)[0]) for name in measured.faults]
    rejecting = [len(measured.rejecting(name)) for name in measured.faults]
    largest = max(shrunk, key=shrunk.get)
    rows = [
        ("faults that one law rejects within 5 cases", within(cases, 5)),
        ("within 20", within(cases, 20)),
        (f"within {EXAMPLES}", within(cases, EXAMPLES)),
        ("cases that the first law needs, median over the faults", f"{median(cases):g}"),
        ("laws that reject a fault, median", f"{median(rejecting):g}"),
        ("cells of the image in the counterexample, median", f"{median(shrunk.values()):g}"),
        ("most cells", f"{shrunk[largest]}, of `{largest}`"),
    ]
    return "## In short\n\n" + table(("", f"of {len(cases)} faults"), rows)


def within(cases, most):
    """How many need so many cases at most, with their share."""
    count = sum(each <= most for each in cases)
    return f"{count} ({100 * count // len(cases)} %)"


def compared(measured, judged):
    """What people's checks reject."""
    count = len(measured.faults)
    rows = [("a default run", count - len(unrejected(measured)), f"the {len(PUBLIC)} laws, {EXAMPLES} cases each")]
    for check, function in CHECKS.items():
        rejected = [name for name in measured.faults if check in judged[name]]
        rows.append((check, len(rejected), " ".join((function.__doc__ or "").split())))
    return "## Beside the checks that people use\n\n" + table(("check", f"rejects of {count}", "what it is"), rows)


def mistakes(measured, judged):
    """The corpus by kinds of mistakes."""
    rows = []
    for name, mistake in MISTAKES.items():
        members = [fault for fault in measured.faults if FAULTS[fault].mistake == name]
        rejected = [sum(check in judged[fault] for fault in members) for check in CHECKS]
        rows.append((name, mistake.wrong, mistake.shown_by, f"{mistake.chance:g} %", len(members), *rejected))
    head = ("mistake", "what goes wrong", "what shows it", "chance", "faults", *CHECKS)
    text = "The chance is that of a plain random case to show it: of float32 normals in C order, of a random shape.\n"
    return f"## The kinds of mistakes\n\n{text}\n{table(head, rows)}"


def faults(measured, shrunk, judged):
    """A row for each fault."""
    rows = []
    for name in measured.faults:
        fault, rejecting = FAULTS[name], measured.rejecting(name)
        law = rejecting[0]
        cost = (law, f"{measured.cases(name, law):g}", f"{measured.seconds(name, law):.2f}", shrunk[name])
        others = tuple("x" if check in judged[name] else "" for check in CHECKS)
        rows.append((f"`{name}`", fault.mistake, getattr(fault, "models", ""), *cost, len(rejecting), *others))
    head = ("fault", "mistake", "models", "first law", "cases", "seconds", "cells", "laws", *CHECKS)
    return "## Fault by fault\n\n" + table(head, rows)


def laws(measured):
    """A row for each law."""
    rejecting = {name: measured.rejecting(name) for name in measured.faults}
    rows = []
    for count, law in enumerate(PUBLIC, 1):
        rejects = sum(law in each for each in rejecting.values())
        leads = sum(each[:1] == [law] for each in rejecting.values())
        needing = ", ".join(f"`{name}`" for name in measured.needing(law))
        rows.append((count, f"`{law}`", rejects, leads, len(measured.among_first(law)), needing))
    head = ("", "law", "rejects", "first", "among three", "faults that some seed would accept without it")
    return "## Law by law\n\n" + table(head, rows)


def matrix(measured):
    """All medians of cases, laws by their numbers."""
    wide = max(map(len, measured.faults))
    numbers = "".join(f"{count:4}" for count in range(1, len(PUBLIC) + 1))
    rows = [f"{name:{wide}}" + "".join(f"{cell(measured, name, law):>4}" for law in PUBLIC) for name in measured.faults]
    text = dedent(f"""\
        ## Fault by law

        Cases until the law with this number in the table above rejects the fault. `{NOT}`: not with any seed;
        `{SELDOM}`: with less than half of them; `{NEVER_ASKED}`: the law asks nothing that the fault does otherwise.
        """)
    return "\n".join((text, "```text", " " * wide + numbers, *rows, "```", ""))


def cell(measured, name, law):
    """One field of the matrix."""
    if not measured.asked(name, law):
        return NEVER_ASKED
    cases = measured.cases(name, law)
    if cases < NEVER:
        return math.floor(cases)
    return SELDOM if min(measured.column(name, law)) < NEVER else NOT
