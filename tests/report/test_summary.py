"""The summary of a run in Markdown: verdict, laws by cause, and each cause with a command that reproduces it."""

import pytest
from failing import HOSTILE, MESSAGE, failure, holds, named
from msgspec import structs
from poolproof.properties.report.summary import MOST_CAUSES, add_to_step, as_summary, reproducer
from poolproof.properties.run.request import Request

REQUEST = Request(("pool.py", "other.py"), seed=3)
SUMMARY = f"""## poolproof

**3 failed**

| failing law | `pool.py` | `other.py` |
| --- | --- | --- |
| `routing` | 1 | 2 |
| `max-value` | 1 |  |

### 1. `stride-swapped` in `pool.py`

The stride-swapped is wrong.

The stride-swapped should be right.

```text
{MESSAGE}
```

Laws: `routing`, `max-value`

Reproduce: `poolproof check pool.py --laws routing --seed 3`

### 2. `max_forward broken` in `other.py`

```text
{MESSAGE}
```

Laws: `routing`

Reproduce: `poolproof check other.py --laws routing --seed 3`
"""


def test_a_summary_has_the_verdict_the_laws_by_cause_and_each_cause(monkeypatch):
    named(monkeypatch, "stride-swapped")
    wrong = [failure(law, "stride-swapped") for law in ("routing", "max-value")]
    results = [*wrong, holds("identity"), failure("routing", target="other.py")]
    assert as_summary(REQUEST, results, "3 failed") == SUMMARY


def test_a_summary_of_a_sound_kernel_is_its_verdict():
    assert as_summary(REQUEST, [holds("routing")], "all passed") == "## poolproof\n\n**all passed**\n"


def test_a_summary_stays_within_what_github_takes():
    results = [failure("routing", target=f"{k}.py", message="\u20ac" * 50_000) for k in range(MOST_CAUSES + 5)]
    summary = as_summary(REQUEST, results, "broken")
    assert summary.endswith("The table has 5 more.\n")
    assert len(summary.encode()) < 1 << 20


def test_hostile_names_stay_code():
    summary = as_summary(REQUEST, [failure(HOSTILE, target=HOSTILE, needs=[HOSTILE], message=HOSTILE)], "1 failed")
    lines = summary.splitlines()
    assert "\x1b" not in summary
    assert not any(line.startswith("::") for line in summary.split("\n") if not line.startswith("::error::\\x1b"))
    (row,) = [line for line in lines if line.endswith("| 1 |")]
    assert row.replace("\\|", "").count("|") == 3


REPRODUCED = {
    "usual": (Request(), "naive", "poolproof check naive --laws routing"),
    "all": (
        Request(examples=5, seed=2, in_process=True, timeout=3.0, memory=1 << 20, huge=True),
        "my pool.py:f",
        "poolproof check 'my pool.py:f' --laws routing --examples 5 --seed 2 --huge --in-process --timeout 3.0 "
        "--memory 1048576",
    ),
    "program": (Request(), "command:./pool", "poolproof check --command ./pool --laws routing"),
}


@pytest.mark.parametrize(("request_", "target", "command"), REPRODUCED.values(), ids=REPRODUCED)
def test_a_reproducer_has_the_options_that_are_not_as_usual(request_, target, command):
    assert reproducer(request_, failure("routing", target=target)) == command


def test_a_pinned_convention_is_expected_again():
    assert reproducer(Request(), failure("ties=first")) == "poolproof check pool.py --expect ties=first"
    liked = structs.replace(failure("ties=first"), like="torch")
    assert reproducer(Request(), liked) == "poolproof check pool.py --like torch"


# The page of a job on GitHub.


def test_a_summary_is_added_to_the_page_of_a_job(here, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "page.md")
    assert add_to_step("one\n") == add_to_step("two\n") == []
    assert (here / "page.md").read_text() == "one\ntwo\n"


def test_elsewhere_there_is_no_page(here, monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert add_to_step("one\n") == []


def test_a_page_that_cannot_be_written_is_told(here, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "none/page.md")
    assert add_to_step("one\n") == ["GITHUB_STEP_SUMMARY 'none/page.md' cannot be written: No such file or directory"]
