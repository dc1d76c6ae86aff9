"""docs/strength.md: what a reader needs of the record in docs/data/strength.json."""

from statistics import median
from textwrap import dedent

from faults import FAULTS, SOUND
from faults.mistakes import MISTAKES
from written import table

from .asked import callables
from .benchmarks import BENCHMARKS
from .measure import ROOT
from .people import CHECKS
from .record import first
from .verdicts import EXAMPLES

PAGE = ROOT / "docs" / "strength.md"
SLOW = 20
"""Faults that need more cases than this are listed one by one."""


def page(record):
    """The whole page."""
    parts = [introduction, summary, hints, compared, benchmarks, mistakes, slow, laws]
    apart = {"hints": hints, "benchmarks": benchmarks}
    missing = [part for name, part in apart.items() if name not in record]
    return "\n".join(part(record) for part in parts if part not in missing)


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
          from the base they are made of. None was rejected in {runs["sound"]} runs, each of all laws about it with
          another seed.
        - **Every law earns its keep.** Without it some seed would accept some fault, or there is a fault that at most
          two other laws reject in fewer cases.

        Cases are counted until a law rejects a fault, before the counterexample is made smaller; they are medians over
        the seeds. The *first* law is the one that needs the fewest. *Cells* are those of the image in the final
        counterexample. Laws that ask nothing in which a fault or variant differs from its base are not run: they would
        get the base's answers, and the base is run.

        [data/strength.json](data/strength.json) has all laws that reject a fault, one fault a line.
        """)


def summary(record):
    """How quickly the quickest law rejects a fault, in a few figures."""
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
    """How many need at most `most` cases, and their share."""
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
    """A count, and its percentage of all."""
    total = sum(counts[each] for each in ("right", "wrong", "none"))
    return counts[word], f"{100 * counts[word] / total:.0f} %"


def named(found):
    """The hints of a fault, in brackets."""
    return f" ({', '.join(found)})" if found else ""


def compared(record):
    """The rejections of people's checks."""
    count = len(record["faults"])
    rows = [("a default run", count, f"{len(record['laws'])} laws, {EXAMPLES} cases each")]
    for check, function in CHECKS.items():
        rejected = [fault for fault in record["faults"] if check in fault["checks"]]
        rows.append((check, len(rejected), (function.__doc__ or "").splitlines()[0]))
    text = "Rebuilt in `tests/strength/people.py`, which names the sources and what was left out.\n"
    head = ("check", f"rejects of {count}", "what it is")
    return f"## Beside the checks that people use\n\n{text}\n{table(head, rows)}"


FORWARDS = {"max_forward", "mean_forward"}


def benchmarks(record):
    """The acceptances of public benchmarks."""
    forward = {fault["fault"] for fault in record["faults"] if callables(FAULTS[fault["fault"]]) & FORWARDS}
    faults, sound = len(record["faults"]), len(SOUND)
    rows = [("a default run", f"{len(record['laws'])} laws, {EXAMPLES} cases each", "both", 0, 0, sound)]
    for each in record["benchmarks"]:
        check = BENCHMARKS[each["check"]]
        seen = forward - set(each["rejects"])
        accepted = faults - len(each["rejects"]), len(seen), sound - len(each["condemns"])
        rows.append((each["check"], check.about, check.directions, *accepted))
    head = (
        "check",
        "what it is",
        "directions",
        f"accepts of {faults} faults",
        f"of {len(forward)}",
        f"of {sound} sound",
    )
    return f"## Beside public benchmarks of generated kernels\n\n{about_benchmarks(len(forward))}\n{table(head, rows)}"


def about_benchmarks(forward):
    """What the table about benchmarks shows, and what it cannot show."""
    return dedent(f"""\
        Programs write kernels by the thousand, and public benchmarks judge them. Their checks are rebuilt in
        `tests/strength/benchmarks.py`, which names the sources, and measured by `tox -e strength -- --benchmarks`.
        The table has how many faults each check *accepts*: of all, and of the {forward} that change a forward; and
        how many sound variants. A check that is forward only cannot reject a wrong gradient or index.

        Settings, numbers, trials and tolerances are those of the sources. Batches and images are smaller, with one
        more trial on a plane of more than 65536 cells. The right answer is a reference kernel's instead of PyTorch's.
        A fault that takes no padding is given padded images, one that takes no dilation gets the cells of each window
        side by side, and one for planes alone gets lines as planes of one row.

        In float16 many numbers are equal, and FlagGems' tests then reject sound kernels that choose another of equal
        maxima; they also reject means and gradients that are added up in float16.
        """)


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
    """The faults that need most cases."""
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
