"""Many reports: the verdict by law and version, and when a cause came and went."""

import json
from itertools import product

import pytest
from failing import HOSTILE, failure, holds, named
from poolproof.properties.data.files import json_text
from poolproof.properties.doors.cli import main
from poolproof.properties.report.history import Step, as_lines, as_markdown, history_of, steps
from poolproof.properties.results import SCHEMA, LawReport, Report, Result, TargetReport
from shell import refused

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def mistakes(monkeypatch):
    """Two mistakes with names."""
    named(monkeypatch, "stride-swapped", "last-row-dropped")


def report(*results, version="", spec="pool.py"):
    """The report of a run with these results on one target."""
    laws = [LawReport.of(result) for result in results]
    return Report(
        schema=SCHEMA, targets=[TargetReport(target=spec, name=spec, version=version, laws=laws, conventions={})]
    )


def history(*reports):
    """The history of one target, in files a, b, c."""
    (found,) = history_of(reports, "abcdefgh"[: len(reports)])
    return found


BAD, GOOD = failure("routing", "stride-swapped"), holds("routing")
UNTRIED = Result("pool.py", "routing", "not run", "the time limit was reached")
PARTS = {"bad": BAD, "good": GOOD, "untried": UNTRIED}
PASTS = {
    ("bad", "bad"): [("there", "a")],
    ("good", "bad"): [("came", "b")],
    ("untried", "bad"): [("came", "b")],
    ("bad", "good"): [("there", "a"), ("went", "b")],
    ("bad", "untried"): [("there", "a")],
    ("bad", "untried", "good"): [("there", "a"), ("went", "c")],
    ("bad", "untried", "bad"): [("there", "a")],
    ("good", "bad", "good", "bad"): [("came", "b"), ("went", "c"), ("came back", "d")],
}


@pytest.mark.parametrize(("parts", "past"), PASTS.items(), ids=map(" ".join, PASTS))
def test_a_cause_comes_and_goes(parts, past):
    (cause,) = history(*(report(PARTS[part]) for part in parts)).causes
    assert cause.cause == "stride-swapped"
    assert cause.steps == [Step(*step) for step in past]


def test_a_step_is_only_where_something_is_known_to_have_changed():
    for seen in product([True, False, None], repeat=4):
        known = [there for there in seen if there is not None]
        changes = sum(now != before for before, now in zip([False, *known], known, strict=False))
        assert len(list(steps(seen, "abcd"))) == changes


def test_one_cause_goes_while_the_other_stays():
    both = report(BAD, failure("conservation", "last-row-dropped"))
    one = report(GOOD, failure("conservation", "last-row-dropped"))
    assert [(each.cause, len(each.steps)) for each in history(both, one).causes] == [
        ("stride-swapped", 2),
        ("last-row-dropped", 1),
    ]


def test_a_version_stands_before_its_file_and_laws_that_hold_are_counted():
    found = history(report(BAD, holds("max-value"), version="1.0"), report(GOOD, holds("max-value"), version="1.1"))
    assert list(as_lines([found])) == [
        "pool.py: 1.0 (a), 1.1 (b)",
        "  routing  broken  holds",
        "  1 other law holds wherever tried",
        "  stride-swapped (routing): there from the first report on, 1.0 (a); went in 1.1 (b)",
    ]


def test_targets_have_histories_of_their_own():
    other = report(BAD, spec="other.py")
    found = history_of([report(GOOD), other, report(GOOD)], "abc")
    assert [(each.target, each.reports) for each in found] == [("pool.py", ["a", "c"]), ("other.py", ["b"])]


def test_markdown_has_no_markup_of_anybody_else():
    written = as_markdown([history(report(failure("routing", target=HOSTILE), spec=HOSTILE, version=HOSTILE))])
    assert "<script>@all" in written
    # Nothing between the backticks is markup.
    outside = "".join(written.replace("```", "\0").split("\0")[::2])
    assert "<script>" not in outside


def test_the_command(here, capsys):
    for name, each in {"a.json": report(BAD), "b.json": report(GOOD)}.items():
        (here / name).write_text(json_text(each))
    assert main(["history", "a.json", "b.json", "--json", "h.json", "--markdown", "h.md"]) == 0
    assert "there from the first report on, a.json; went in b.json" in capsys.readouterr().out
    (target,) = json.loads((here / "h.json").read_text())
    assert target["verdicts"] == {"routing": ["broken", "holds"]}
    assert "| `routing` | `broken` | `holds` |" in (here / "h.md").read_text()


def test_what_is_no_report_is_refused(here, capsys):
    (here / "a.json").write_text("{}")
    assert "report 'a.json' is not one of check --json" in refused(["history", "a.json"], capsys)
