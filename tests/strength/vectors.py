"""Which test vectors reject which faults: the exporter's ranking, and how many vectors a rejection needs.

`python -m strength --vectors` tries the vectors of many cases on every fault, ranks the cases, and then counts for each
fault how many of the exported vectors are needed to reject it.
"""

import json
import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from itertools import takewhile

from faults import FAULTS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.report.vectors.chosen import RANKING, chosen, origins, ranking
from poolproof.properties.report.vectors.flat import flat_file
from poolproof.properties.report.vectors.vector import EXPORTED, vectors_of
from replayed import read, rejected_after
from written import dumped, table

from .asked import callables
from .measure import ROOT

CASES, RARE_CASES = 40, 80
"""Cases of each law and kind of kernels from which the first vectors are chosen; the second number is for laws with
windows that may lie wholly in padding, which is rare."""

ROUNDS = 3
"""How many cases should reject each fault before cases are no longer ranked."""

MOST = 10_000
STEPS = (10, 20, 50, 100, 200, 500, 1000, 10_000)
"""The most vectors that are tried on faults, and the rows of the table."""

DATA = ROOT / "docs" / "data" / "vectors.json"
PAGE = ROOT / "docs" / "vectors.md"
CURVE = re.compile(r"(?<=<!-- curve -->\n).*?(?=<!-- end -->)", re.DOTALL)
"""The generated part of the page."""


def measured(processes):
    """The cost and the rejected faults of every case: {origin: (vectors, bytes, faults)}."""
    found = {}
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(of_law, EXPORTED):
            found.update(part)
    return found


def of_law(law):
    """The same for the cases of a law."""
    most = RARE_CASES if LAWS[law].plan.in_padding else CASES
    of_it = takewhile(lambda origin: origin.number < most, origins())
    return {origin: of_case(origin) for origin in of_it if origin.law == law}


def of_case(origin):
    """The cost of a case's vectors, and the faults that they alone reject."""
    data = b"".join(flat_file(list(vectors_of(origin))))
    questions = list(read(data))
    functions = {question.function for question in questions}
    asked = (name for name in FAULTS if functions & callables(FAULTS[name]))
    return len(questions), len(data), [name for name in asked if rejected_after(FAULTS[name], questions)]


def ranked(found):
    """The origins in the order in which they are exported.

    The next one is always the one that rejects most of the missing faults per vector; when none rejects any, all faults
    are missing again.
    """
    order, left = [], dict(found)
    for _ in range(ROUNDS):
        missing = {name for _, _, faults in left.values() for name in faults}
        while missing:
            best = max(left, key=lambda origin: worth(left[origin], missing))
            if not missing & set(left[best][2]):
                break
            order.append(best)
            missing -= set(left.pop(best)[2])
    return order


def worth(case, missing):
    """The worth of a case: faults per vector, then shortness."""
    vectors, size, faults = case
    return len(missing & set(faults)) / max(vectors, 1), -size


def counted(processes):
    """How many vectors are needed to reject each fault; None if all together do not."""
    data = b"".join(flat_file(chosen(MOST)))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), ready, (data,)) as pool:
        return dict(zip(FAULTS, pool.map(needed, FAULTS), strict=True))


QUESTIONS = []
"""The vectors, in each of the processes that try them."""


def ready(data):
    """Read the vectors."""
    QUESTIONS.extend(read(data))


def needed(name):
    """How many of them are needed to reject a fault."""
    return rejected_after(FAULTS[name], QUESTIONS) or None


def record(processes):
    """Measure, and write the ranking, the data and the part of the page."""
    write_ranking(measured(processes))
    ranking.cache_clear()
    write_needs(counted(processes))


def write_ranking(found):
    """Write the ranking to the exporter's file."""
    order = ",\n".join(json.dumps(origin) for origin in ranked(found))
    RANKING.write_text(f"[\n{order}\n]\n", encoding="utf-8")


def write_needs(needs):
    """Record how many vectors each fault needs, and put the curve into the page."""
    DATA.write_text(dumped({"vectors": [{"fault": name, "needs": each} for name, each in needs.items()]}), "utf-8")
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(CURVE.sub(lambda _: curve(needs), text), encoding="utf-8")


def load():
    """How many vectors are needed to reject each fault, as recorded."""
    return {each["fault"]: each["needs"] for each in json.loads(DATA.read_text(encoding="utf-8"))["vectors"]}


def curve(needs):
    """The table: how many faults a number of vectors rejects."""
    count = len(needs)
    rows = [(f"{step:,}", sum(bool(each) and each <= step for each in needs.values())) for step in STEPS]
    missed = ", ".join(f"`{name}`" for name, each in needs.items() if each is None)
    return f"{table(('vectors', f'reject of {count} faults'), rows)}\nNot rejected by {MOST:,}: {missed}.\n"
