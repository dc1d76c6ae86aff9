"""docs/strength.md: what a reader needs of the record in docs/data/strength.json."""

from statistics import median
from textwrap import dedent

from faults import FAULTS, SOUND
from faults.mistakes import MISTAKES
from written import table

from .measure import ROOT
from .people import CHECKS
from .record import first
from .verdicts import EXAMPLES

PAGE = ROOT / "docs" / "strength.md"
SLOW = 20
"""Faults that need more cases than this are listed one by one."""


def page(record):
    """The whole page."""
    parts = [introduction, summary, *([hints] if "hints" in record else []), compared, mistakes, slow, laws]
    return "\n".join(part(record) for part in parts)


def introduction(record):
    """What was measured, and how."""
    [runs], faults, laws = record["runs"], len(record["faults"]), len(record["laws"])
    return dedent(f"""\
        # How strong the laws are

        Written by `tox -e strength`, which fails if one of these three sentences is not true.

        - **A default run rejects every fault, with each of {runs["seeds"]} seeds.** Each of the {faults} faults of
          `tests/faults` is a sound implementation with a few lines changed. A default run asks {laws} laws, all but
          those for the reference kernels alone, with {EXAMPLES} cases each.
        - **No law rejects a sound variant.** The {len(SOUND)} variants choose, add up, refuse or answer differently
          from the base they are made of. None was rejected in {runs["sound"]} runs, each with its own seed and part of
          the laws.
        - **Every law earns its keep.** Without it some seed would accept some fault, or there is a fault that at most
          two other laws reject in fewer cases.

        Cases are counted until a law rejects a fault, before the counterexample is made smaller; they are medians over
        the seeds. The *first* law is the one that needs the fewest. *Cells* are those of the image in the final
        counterexample. Laws that ask nothing in which a fault or variant differs from its base are not run: they would
        get the base's answers, and the base is run.

        [data/strength.json](data/strength.json) has all laws that reject a fault, one fault a line.
        """)


def summary(record):
    """How quick the quickest law is, in a few figures."""
    faults = record["faults"]
    cases = [first(fault)[1] for fault in faults]
    largest = max(faults, key=lambda fault: fault["cells"])
    rows = [
        ("faults that one law rejects within 5 cases", within(cases, 5)),
        ("within 20", within(cases, 20)),
        (f"within {EXAMPLES}", within(cases, EXAMPLES)),
        ("cases that the first law needs, median over the faults", f"{median(cases):g}"),
        ("laws that reject a fault, median", f"{median(len(fault['cases']) for fault in faults):g}"),
        ("cells of the image in the counterexample, median", f"{median(fault['cells'] for fault in faults):g}"),
        ("most cells", f"{largest['cells']}, of `{largest['fault']}`"),
    ]
    return "## In short\n\n" + table(("", f"of {len(faults)} faults"), rows)


def within(cases, most):
    """How many need so many cases at most, with their share."""
    count = sum(each <= most for each in cases)
    return f"{count} ({100 * count // len(cases)} %)"


def hints(record):
    """How often the hint of a failure is right."""
    rows = [(each["faults"], *share(each, "right"), *share(each, "wrong"), each["none"]) for each in record["hints"]]
    head = ("faults", "named rightly", "", "wrongly", "", "no hint")
    text = (
        "The *hint* of a failure names a mistake that gives the same wrong answers, on the failing cases and on fresh\n"
        "ones. It is right if it is among the mistakes in `tests/strength/classes.py`, chosen by reading the faults,\n"
        "and wrong if the hint of any failing law is not. Faults that are not named rightly:\n"
        + "; ".join(f"`{name}`" + named(found) for each in record["hints"] for name, found in each["odd"].items())
        + ".\n"
    )
    return f"## Hints\n\n{text}\n{table(head, rows)}"


def share(counts, word):
    """A count, and its part of all."""
    total = sum(counts[each] for each in ("right", "wrong", "none"))
    return counts[word], f"{100 * counts[word] / total:.0f} %"


def named(found):
    """The hints of a fault, in brackets."""
    return f" ({', '.join(found)})" if found else ""


def compared(record):
    """What people's checks reject."""
    count = len(record["faults"])
    rows = [("a default run", count, f"{len(record['laws'])} laws, {EXAMPLES} cases each")]
    for check, function in CHECKS.items():
        rejected = [fault for fault in record["faults"] if check in fault["checks"]]
        rows.append((check, len(rejected), (function.__doc__ or "").splitlines()[0]))
    text = "Rebuilt in `tests/strength/people.py`, which names the sources and what was left out.\n"
    head = ("check", f"rejects of {count}", "what it is")
    return f"## Beside the checks that people use\n\n{text}\n{table(head, rows)}"


def mistakes(record):
    """The corpus by kinds of mistakes."""
    rows = []
    for name, mistake in MISTAKES.items():
        members = [fault for fault in record["faults"] if FAULTS[fault["fault"]].mistake == name]
        rejected = [sum(check in fault["checks"] for fault in members) for check in CHECKS]
        rows.append((name, mistake.wrong, mistake.shown_by, f"{mistake.chance:g} %", len(members), *rejected))
    head = ("mistake", "what goes wrong", "what shows it", "chance", "faults", *CHECKS)
    text = "*Chance*: how often a random case shows it, of float32 normals in C order with a random shape.\n"
    return f"## The kinds of mistakes\n\n{text}\n{table(head, rows)}"


def slow(record):
    """The faults that take most cases."""
    found = sorted((fault for fault in record["faults"] if first(fault)[1] > SLOW), key=lambda fault: -first(fault)[1])
    rows = [(f"`{fault['fault']}`", *first(fault), len(fault["cases"])) for fault in found]
    return f"## The slowest\n\nFaults that no law rejects within {SLOW} cases.\n\n" + table(
        ("fault", "first law", "cases", "laws"), rows
    )


def laws(record):
    """A row for each law."""
    rows = []
    for law in record["laws"]:
        rejects = sum(law["law"] in fault["cases"] for fault in record["faults"])
        leads = sum(first(fault)[0] == law["law"] for fault in record["faults"])
        needing = ", ".join(f"`{name}`" for name in law["needed"])
        rows.append((f"`{law['law']}`", rejects, leads, law["among the three"], needing))
    head = ("law", "rejects", "first", "among the three", "faults that some seed would accept without it")
    text = "*Among the three*: faults that at most two other laws reject in fewer cases.\n"
    return f"## Law by law\n\n{text}\n{table(head, rows)}"
