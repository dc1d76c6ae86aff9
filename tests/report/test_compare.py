"""Two reports compared: new, fixed and still failing causes, undecided ones, and the command."""

import json

import pytest
from failing import HEADLINE, HOSTILE, failure, holds, named
from msgspec.structs import replace
from poolproof.properties.data.files import json_text
from poolproof.properties.doors.cli import main
from poolproof.properties.report.compare import as_lines, as_markdown, compared
from poolproof.properties.results import SCHEMA, LawReport, Report, Result, TargetReport
from shell import refused

FILES = {"old": "old.json", "new": "new.json"}


@pytest.fixture(autouse=True)
def mistakes(monkeypatch):
    """Two mistakes with names."""
    named(monkeypatch, "stride-swapped", "last-row-dropped")


def report(*results):
    """The report of a run with these results."""
    targets = {result.target: [] for result in results}
    for result in results:
        targets[result.target].append(LawReport.of(result))
    return Report(
        schema=SCHEMA,
        targets=[
            TargetReport(target=spec, name=spec, version="", laws=laws, conventions={})
            for spec, laws in targets.items()
        ],
    )


def lines(old, new):
    """The comparison of two runs with these results, as text."""
    return as_lines(compared(report(*old), report(*new)), FILES)


def kinds(old, new):
    """The change of each cause."""
    return {change.cause: change.kind for change in compared(report(*old), report(*new)).changes}


# What has changed.


def test_a_cause_that_comes_is_new_and_one_that_goes_is_fixed():
    bad, good = [failure("routing", "stride-swapped")], [holds("routing")]
    assert kinds(good, bad) == {"stride-swapped": "new"}
    assert kinds(bad, good) == {"stride-swapped": "fixed"}
    assert kinds(bad, bad) == {"stride-swapped": "still failing"}
    assert kinds(good, good) == {}


def test_the_status_is_1_for_new_causes_alone():
    bad, other, good = ([each] for each in (failure("routing", "stride-swapped"), failure("routing"), holds("routing")))
    statuses = [
        compared(report(*a), report(*b)).status for a, b in ((good, bad), (bad, bad), (bad, good), (bad, other))
    ]
    assert statuses == [1, 0, 0, 1]


def test_a_cause_that_fails_another_law_is_not_new():
    old = [failure("routing", "stride-swapped"), holds("max-value")]
    new = [holds("routing"), failure("max-value", "last-row-dropped", "stride-swapped")]
    assert kinds(old, new) == {"stride-swapped": "still failing"}


def test_another_cause_in_the_same_law_is_new_and_hides_the_old_one():
    old, new = [failure("routing", "stride-swapped")], [failure("routing", "last-row-dropped")]
    assert lines(old, new) == [
        "new: last-row-dropped in pool.py (routing)",
        f"    {HEADLINE}",
        "undecided: stride-swapped in pool.py (routing)",
        f"    {HEADLINE}",
        "    routing fails for another cause",
        "1 new, 0 fixed, 0 still failing, 1 undecided",
    ]


def test_causes_without_a_mistake_are_the_same_if_the_same_fails_and_needs_the_same():
    old = [failure("routing", needs=["padding", "ties"])]
    assert kinds(old, [failure("routing", needs=["padding"])]) == {"max_forward broken: padding": "still failing"}
    assert kinds(old, [failure("routing", needs=["dilation"])])["max_forward broken: dilation"] == "new"


def test_the_same_cause_on_another_target_is_another():
    old = [failure("routing", "stride-swapped"), holds("routing", "other.py")]
    new = [holds("routing"), failure("routing", "stride-swapped", target="other.py")]
    assert lines(old, new) == [
        "new: stride-swapped in other.py (routing)",
        f"    {HEADLINE}",
        "fixed: stride-swapped in pool.py (routing)",
        f"    {HEADLINE}",
        "1 new, 1 fixed, 0 still failing",
    ]


# Undecided causes.

NOT_FIXED = {
    "absent": ([], "routing was not tried"),
    "not-run": ([Result("pool.py", "routing", "not run")], "routing was not tried"),
    "unsupported": ([Result("pool.py", "routing", "unsupported")], "routing was not tried"),
    "partial": ([holds("routing", partial=True)], "routing was not tried to the end"),
    "known": ([replace(failure("routing"), verdict="known")], "routing is known to fail"),
}


@pytest.mark.parametrize(("new", "note"), NOT_FIXED.values(), ids=NOT_FIXED)
def test_what_was_not_tried_again_is_not_called_fixed(new, note):
    found = compared(report(failure("routing", "stride-swapped")), report(*new))
    assert [(each.kind, each.notes) for each in found.changes] == [("undecided", [note])]
    assert found.status == 0


def test_an_outdated_entry_of_known_failures_is_a_law_that_holds():
    assert kinds([failure("routing", "stride-swapped")], [holds("routing", outdated=True)]) == {
        "stride-swapped": "fixed"
    }


def test_laws_and_targets_of_one_report_alone_are_said():
    old = [holds("routing"), holds("max-value")]
    new = [holds("routing"), Result("pool.py", "max-value", "unsupported"), holds("identity", "other.py")]
    assert lines(old, new) == [
        "not tried in old.json: identity of other.py",
        "not tried in new.json: max-value of pool.py",
        "0 new, 0 fixed, 0 still failing",
    ]


# The command.


@pytest.fixture
def reports(here):
    """Two reports in the working folder."""
    (here / "old.json").write_text(json_text(report(failure("routing", "stride-swapped"), holds("max-value"))))
    (here / "new.json").write_text(json_text(report(holds("routing"), failure("max-value", "last-row-dropped"))))
    return here


def test_the_command_prints_the_comparison_and_writes_it(reports, capsys):
    assert main(["compare", "old.json", "new.json", "--json", "found.json", "--markdown", "found.md"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 new, 1 fixed, 0 still failing"
    found = json.loads((reports / "found.json").read_text())
    assert [(each["kind"], each["cause"]) for each in found["changes"]] == [
        ("new", "last-row-dropped"),
        ("fixed", "stride-swapped"),
    ]
    assert "### new: `last-row-dropped` in `pool.py`\n" in (reports / "found.md").read_text()
    assert main(["compare", "new.json", "new.json"]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["old.json", "none.json"], "report 'none.json' cannot be read"),
        (["none.json", "old.json"], "report 'none.json' cannot be read"),
        (["old.json", "no.json"], "report 'no.json' is not one of check --json"),
        (["old.json", "other.json"], "the reports have no target in common: pool.py; other.py"),
        (["old.json"], "NEW"),
        (["old.json", "new.json", "--json", "none/found.json"], "--json 'none/found.json' cannot be written"),
    ],
    ids=str,
)
def test_what_cannot_be_read_or_written_is_one_line_and_status_2(words, told, reports, capsys):
    (reports / "no.json").write_text("{}")
    (reports / "other.json").write_text(json_text(report(holds("routing", "other.py"))))
    assert told in refused(["compare", *words], capsys)


def test_hostile_reports_are_printed_as_text():
    bad = [failure(HOSTILE, target=HOSTILE, needs=[HOSTILE], message=HOSTILE), holds("routing", HOSTILE)]
    found = compared(report(), report(*bad))
    said = as_lines(found, FILES)
    assert all(text.isprintable() for text in said)
    assert len(said) == 4
    markdown = as_markdown(found, FILES)
    assert "\x1b" not in markdown
    assert "\n::error" not in markdown
