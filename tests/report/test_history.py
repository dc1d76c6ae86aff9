"""Many reports: the verdict by law and version, and when a cause came and went."""

import json
import re
from itertools import product

import pytest
from failing import HOSTILE, failure, holds, named
from poolproof.properties.data.files import json_text
from poolproof.properties.doors.cli import main
from poolproof.properties.report.history import Step, as_lines, as_markdown, history_of, steps
from poolproof.properties.report.history_page import html
from poolproof.properties.results import SCHEMA, LawReport, Report, Result, TargetReport
from selection import slow
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


def test_where_no_other_law_was_tried_none_is_counted():
    found = history(report(BAD), report(GOOD))
    assert not any("wherever tried" in line for line in as_lines([found]))
    assert "wherever tried" not in as_markdown([found]) + html([found])


def words(page):
    """What the cells of a page's tables say, row by row."""
    rows = re.findall(r"<tr data-filter>(.*?)</tr>", page, re.DOTALL)
    return [re.findall(r'data-target="(.*?)"><span class="verdict" data-word=".*?">(.*?)</span>', row) for row in rows]


def test_the_page_says_of_each_report_whether_it_has_a_cause_and_what_it_says_of_a_law():
    page = html([history(report(BAD), report(UNTRIED), report(GOOD))])
    assert words(page) == [
        [("a", "there"), ("b", "unknown"), ("c", "not there")],
        [("a", "broken"), ("b", "?"), ("c", "holds")],
    ]


@slow
@pytest.mark.parametrize(
    ("reports", "headline"),
    [
        ([BAD], "1 cause open, 0 gone"),
        ([BAD, GOOD], "No causes open, 1 gone"),
        ([GOOD, GOOD], "No law is broken in any report"),
        # What the latest report has not tried is still open.
        ([BAD, UNTRIED], "1 cause open, 0 gone"),
    ],
)
def test_the_headline_of_the_page_is_about_the_latest_report(reports, headline):
    page = html([history(*map(report, reports))])
    assert f"<h1>{headline}</h1>" in page
    assert ('<header class="failed">' in page) is headline.startswith("1 cause open")


def test_the_page_has_no_markup_of_anybody_else_and_loads_nothing():
    page = html([history(report(failure("routing", target=HOSTILE), spec=HOSTILE, version=HOSTILE))])
    assert "default-src &#39;none&#39;" in page
    assert "<script>" not in page
    assert not re.search(r"(?:src|href)=.(?!#)", page)


def test_markdown_has_no_markup_of_anybody_else():
    written = as_markdown([history(report(failure("routing", target=HOSTILE), spec=HOSTILE, version=HOSTILE))])
    assert "<script>@all" in written
    # Nothing between the backticks is markup.
    outside = "".join(written.replace("```", "\0").split("\0")[::2])
    assert "<script>" not in outside


def test_the_command(here, capsys):
    for name, each in {"a.json": report(BAD), "b.json": report(GOOD)}.items():
        (here / name).write_text(json_text(each))
    files = ["--json", "h.json", "--markdown", "h.md", "--html", "h.html"]
    assert main(["history", "a.json", "b.json", *files]) == 0
    assert "there from the first report on, a.json; went in b.json" in capsys.readouterr().out
    (target,) = json.loads((here / "h.json").read_text())
    assert target["verdicts"] == {"routing": ["broken", "holds"]}
    assert target["causes"][0]["there"] == [True, False]
    assert "No causes open, 1 gone" in (here / "h.html").read_text()
    assert "| `routing` | `broken` | `holds` |" in (here / "h.md").read_text()


def test_what_is_no_report_is_refused(here, capsys):
    (here / "a.json").write_text("{}")
    assert "report 'a.json' is not one of check --json" in refused(["history", "a.json"], capsys)
