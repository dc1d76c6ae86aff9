"""The figures of the README are those of the measurement in docs/data."""

import re

from faults import SOUND
from places import ROOT
from selection import once
from strength.page import EXAMPLES
from strength.record import first, load

pytestmark = once

RECORD = load()
FAULTS = RECORD["faults"]
SECTION = re.search(r"^## What it catches\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[1]
"""The part of the README with figures."""

PEOPLE = {
    "ONNX": "node cases",
    "PyTorch": "operator samples",
    "course notebook": "notebook",
    "textbook chapter": "document",
}
"""The checks in the README, with their names in the record."""

BENCHMARKS = ("FlagGems", "KernelBench")


def rejected():
    """How many faults each check rejects, in descending order."""
    counts = {"`poolproof check`": len(FAULTS)}
    counts |= {name: sum(check in fault["checks"] for fault in FAULTS) for name, check in PEOPLE.items()}
    counts |= {each["check"]: len(each["rejects"]) for each in RECORD["benchmarks"] if each["check"] in BENCHMARKS}
    return sorted(counts.items(), key=lambda row: -row[1])


def test_the_table_has_what_each_check_rejects():
    rows = re.findall(r"^\| (.*?) \| .* \| (\d+) \|$", SECTION, re.MULTILINE)
    assert [(name, int(count)) for name, count in rows] == rejected()
    assert f"| rejected (of {len(FAULTS)}) |" in SECTION


def test_the_sentences_have_the_figures_of_the_record():
    quick = sum(first(fault)[1] <= 5 for fault in FAULTS)
    text = " ".join(SECTION.split())
    assert f"on {len(FAULTS)} faulty kernels" in text
    assert f"rejects all {len(FAULTS)}. For {quick} of them, five cases of a single law are enough." in text
    assert f"It rejects none of the {len(SOUND)} sound variants" in text
    assert f"| {len(RECORD['laws'])} laws, {EXAMPLES} cases each |" in text
