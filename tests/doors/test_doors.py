"""The doors as people use them: the command and the pytest plugin."""

import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from poolproof.properties.conventions import CONVENTIONS
from poolproof.properties.doors import plugin
from poolproof.properties.doors.cli import main
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.lawbook import LAWS
from selection import slow
from shell import FAULTY, FIXED, FORWARD, check, environment, kernels_in, poolproof, python

pytestmark = pytest.mark.once

SLOW = """
import time
from poolproof.kernels import naive

calls = 0


def max_forward(x, size, stride):
    global calls
    calls += 1
    time.sleep({sleep})
    return naive.max_forward(x, size, stride)
"""
OVERLAP = "Windows share a cell, and the last window overwrote the gradient of the first."


def report_of(folder, *words, **more):
    """The exit status, and the JSON report, which must be strict JSON."""
    status, _ = check(folder, *words, "--json", "report.json", **more)

    def no_constant(name):
        raise AssertionError(f"{name} is not JSON")

    return status, json.loads((folder / "report.json").read_text(), parse_constant=no_constant)


def verdicts(report):
    """The verdict of each law of the first target."""
    return {law["law"]: law["verdict"] for law in report["targets"][0]["laws"]}


@pytest.fixture
def here(tmp_path):
    """A folder with a faulty kernel, a sound one and one that offers little."""
    return kernels_in(tmp_path)


# Exit statuses.

STATUSES = {
    "sound": (["fixed.py", "--laws", "conservation"], 0),
    "faulty": (["faulty.py", "--laws", "conservation"], 1),
    "unloadable": (["missing.py", "--laws", "conservation"], 2),
    "sound-and-faulty": (["fixed.py", "faulty.py", "--laws", "conservation"], 1),
    "faulty-and-unloadable": (["missing.py", "faulty.py", "--laws", "conservation"], 2),
    "no-law-ran": (["forward.py", "--laws", "conservation"], 2),
}


@slow
@pytest.mark.parametrize(("words", "status"), STATUSES.values(), ids=STATUSES)
def test_the_status_tells_what_was_found(here, words, status):
    found, said = check(here, *words)
    assert found == status, said


@slow
def test_a_failure_is_told_with_its_case_and_the_last_line_counts(here):
    _, said = check(here, "faulty.py", "fixed.py", "--laws", "conservation,max-accumulation")
    assert not (here / ".poolproof").exists()
    assert "\nmax-accumulation: broken after " in said
    assert "\nmax_backward of faulty: dx[0,0,0,1] = " in said
    assert "\n    size=(1, 2) stride=(1, 1) float64\n    x  = [[[[" in said
    assert f"\n    {OVERLAP}\n" in said
    assert re.fullmatch(r"2 implementations, 2 laws, \d+ cases: 2 passed, 2 failed", said.splitlines()[-1])


@slow
def test_targets_are_judged_in_processes_of_their_own_too(here):
    words = ["--laws", "conservation", "--examples", "20", "--seed", "1", "-n", "1"]
    status, said = poolproof(here, "check", "fixed.py", "faulty.py", *words)
    assert status == 1
    assert said.splitlines()[-1].endswith("1 passed, 1 failed")


def test_one_target_given_twice_is_judged_once(here):
    status, said = check(here, "fixed.py", "fixed.py", "--laws", "conservation")
    assert status == 0
    assert said.splitlines()[-1] == "1 implementation, 1 law, 20 cases: all passed"


@slow
def test_what_cannot_be_loaded_is_told_and_the_others_are_judged(here):
    _, said = check(here, "fixd.py", "faulty.py", "--laws", "conservation")
    assert "there is no such file" in said
    assert "did you mean 'fixed.py'?" in said
    assert "conservation: broken" in said


def test_a_near_miss_is_warned_about_and_a_kernel_with_one_callable_is_not(here):
    (here / "near.py").write_text(FORWARD + "max_bakward = max_forward\n")
    _, said = check(here, "near.py", "forward.py", "--laws", "max-value")
    warnings = [line for line in said.splitlines() if line.startswith("warning")]
    meant = "near has 'max_bakward', which is not in the contract; did you mean 'max_backward'?"
    # Warnings before the laws, and again after them.
    assert warnings == [f"warning: {meant}"] * 2


# Ctrl-C.


@slow
@pytest.mark.parametrize(("mode", "n"), [("--in-process", "0"), ("--timeout=90", "0"), ("--timeout=90", "1")])
def test_an_interruption_gives_130_and_the_partial_report(here, n, mode):
    asleep = here / "asleep"
    (here / "slow.py").write_text(SLOW.format(sleep=f"open({str(asleep)!r}, 'w').close() or 60 if calls > 12 else 0"))
    words = ["--laws", "output-size,depth-preserved,max-value", "--examples", "5", "--seed", "1", "-n", n, mode, "-v"]
    command = [
        sys.executable,
        "-m",
        "poolproof.properties",
        "check",
        "slow.py",
        *words,
        "--json",
        "report.json",
    ]
    with subprocess.Popen(
        command, cwd=here, env=environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        said = []
        while not any("[2/3]" in line for line in said):
            said.append(process.stdout.readline())
            assert said[-1], said
        # The interruption must come in the middle of a call, not in what pytest does between two laws.
        while not asleep.exists():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=50)[0]
    report = json.loads((here / "report.json").read_text())
    assert process.returncode == 130
    assert rest.splitlines()[-1].endswith("1 not run (partial)")
    assert report["partial"] is True
    assert [law["verdict"] for law in report["targets"][0]["laws"]] == ["holds", "holds", "not run"]
    in_hand = report["targets"][0]["laws"][2]
    assert in_hand["examples"] > 0
    assert in_hand["reason"] == f"interrupted after {in_hand['examples']} cases"


# The report.


@pytest.fixture(scope="module")
def full_report(tmp_path_factory):
    """The report on everything about a faulty kernel, and a sound one that offers less."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "faulty.py").write_text("name, version = 'my pool', '1.2'\n" + FAULTY)
    (folder / "forward.py").write_text(FORWARD)
    return report_of(folder, "faulty.py", "forward.py", "--examples", "3")[1]


@slow
def test_a_report_has_its_parts(full_report):
    assert set(full_report) == {"schema", "partial", "bound", "environment", "targets", "refused"}
    assert full_report["schema"] == 3
    assert full_report["partial"] is False
    assert full_report["bound"] == ""
    assert {"python", "numpy", "hypothesis", "poolproof", "seed", "examples"} <= set(full_report["environment"])
    assert (full_report["environment"]["seed"], full_report["environment"]["examples"]) == (1, 3)


@slow
def test_a_report_tells_what_its_targets_are(full_report):
    faulty, forward = full_report["targets"]
    assert {"target", "name", "version", "declared", "laws", "conventions"} <= set(faulty)
    assert (faulty["target"], faulty["name"], faulty["version"]) == ("faulty.py", "my pool", "1.2")
    assert (forward["target"], forward["name"], forward["version"]) == ("forward.py", "forward", "")
    assert faulty["declared"]["dtypes"] == ["float16", "float32", "float64"]


def test_a_report_has_every_law_of_each_target_in_its_order(full_report):
    for target in full_report["targets"]:
        assert [law["law"] for law in target["laws"]] == [name for name, law in LAWS.items() if not law.reference]


def test_a_report_tells_of_each_law_what_came_of_it(full_report):
    for law in [law for target in full_report["targets"] for law in target["laws"]]:
        assert {"law", "verdict", "examples", "seconds", "reason", "counterexample"} <= set(law)
        assert (law["examples"] == 0) == (law["verdict"] == "unsupported")
        assert (law["counterexample"] is None) == (law["verdict"] in ("holds", "unsupported"))
        assert law["verdict"] != "unsupported" or law["reason"]


def test_a_counterexample_in_a_report_is_complete(full_report):
    found = [law["counterexample"] for law in full_report["targets"][0]["laws"] if law["counterexample"]]
    assert found
    for each in found:
        assert {"seed", "calls", "failing_call", "expected", "got", "where", "message"} <= set(each)
        assert each["seed"] == 1
        assert 0 <= each["failing_call"] < len(each["calls"])
        for call in each["calls"]:
            assert {"call", "args", "size", "stride", "settings"} <= set(call)
            assert all({"dtype", "shape", "layout", "data"} <= set(array) for array in call["args"].values())


def test_a_report_has_the_conventions_with_their_evidence(full_report):
    faulty, forward = full_report["targets"]
    of_maxima = {name for name, each in CONVENTIONS.items() if each.functions in ((), ("max_forward",))}
    assert set(forward["conventions"]) == of_maxima
    assert faulty["conventions"]["ties"]["value"] == "first"
    assert {"call", "args", "got"} <= set(faulty["conventions"]["ties"]["evidence"])


# Replay.


@slow
def test_a_replay_fails_until_the_kernel_is_fixed(here):
    assert report_of(here, "faulty.py", "--laws", "conservation")[0] == 1
    status, said = poolproof(here, "replay", "report.json", "--yes")
    assert status == 1
    assert "conservation on faulty.py: still broken" in said
    assert said.splitlines()[-1] == "1 replayed: 1 still fail"
    (here / "faulty.py").write_text(FIXED)
    status, said = poolproof(here, "replay", "report.json", "--yes")
    assert (status, said.splitlines()[-1]) == (0, "1 replayed: 0 still fail")
    assert "conservation on faulty.py: holds now" in said


@slow
def test_a_replay_of_a_failure_makes_the_calls_again_that_it_needs(here):
    (here / "worn.py").write_text(
        "from poolproof.kernels import naive\nmade = []\n\n\ndef max_forward(x, size, stride):\n"
        "    made.append(x)\n    return naive.max_forward(x, size, stride) + (len(made) > 40)\n"
    )
    status, said = poolproof(
        here, "check", "worn.py", "-n", "0", "--seed", "1", "--laws", "max-value", "--json", "report.json"
    )
    assert status == 1
    assert re.search(r"only after (some of )?4\d max_forward calls in the same process, complete in the JSON", said)
    status, said = poolproof(here, "replay", "--yes", "report.json")
    assert status == 1
    assert "max-value on worn.py: still broken" in said


@slow
def test_a_replay_may_be_on_another_target(here):
    report_of(here, "faulty.py", "--laws", "conservation")
    assert poolproof(here, "replay", "report.json", "fixed.py")[0] == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", '{"targets": [{}]}', '{"targets": 3}'])
def test_what_is_no_report_is_refused(tmp_path, capsys, text):
    (tmp_path / "report.json").write_text(text)
    assert failed(["replay", str(tmp_path / "report.json")], capsys).startswith("poolproof replay: report ")


def test_a_missing_report_is_refused(tmp_path, capsys):
    assert "cannot be read: No such file" in failed(["replay", str(tmp_path / "none.json")], capsys)


@slow
def test_a_replay_on_a_target_that_offers_less_is_unsupported(here):
    report_of(here, "faulty.py", "--laws", "conservation")
    status, said = poolproof(here, "replay", "report.json", "forward.py")
    assert (status, said.splitlines()[-1]) == (0, "1 replayed: 0 still fail")
    assert "conservation on forward.py: unsupported, it offers no max_backward or mean_backward" in said


@slow
def test_a_replay_of_a_report_without_failures_says_so(here):
    report_of(here, "fixed.py", "--laws", "conservation")
    assert poolproof(here, "replay", "report.json", "--yes") == (0, "the report has no failures to replay\n")


VARYING = """
import numpy as np
from poolproof.kernels import naive


def max_forward(x, size, stride):
    y = naive.max_forward(x, size, stride)
    lost = naive.max_forward(np.where(np.isnan(x), -np.inf, x), size, stride)
    return np.where(np.arange(y.shape[-1]) >= {first}, lost, y)
"""


@slow
def test_a_convention_that_varies_is_shown_by_two_calls_that_can_be_replayed(here):
    (here / "lanes.py").write_text(VARYING.format(first=8))
    _, said = check(here, "lanes.py", "--examples", "1", "-v", "--json", "report.json")
    lines = said.splitlines()
    assert "  nan                      varies: propagates and ignored" in lines
    at = lines.index("  nan of lanes varies")
    assert lines[at + 1] == "    propagates: max_forward gives y[0,0,0,0] = nan"
    assert lines[at + 4].startswith("    ignored: max_forward gives y[0,0,0,8] = ")
    status, said = poolproof(here, "replay", "report.json", "--yes")
    assert status == 0
    assert "conventions replayed: 0 answer otherwise" in said
    (here / "lanes.py").write_text(VARYING.format(first=1000))
    status, said = poolproof(here, "replay", "report.json", "--yes")
    assert "nan on lanes.py: answers otherwise now" in said.splitlines()
    assert "conventions replayed: 1 answer otherwise" in said


# Known failures.


def known(folder, **entry):
    """Write a file with one known failure."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    (folder / "known.toml").write_text("\n".join(["[[known]]", *lines]) + "\n")
    return ["--known", str(folder / "known.toml")]


@slow
def test_a_known_failure_is_no_failure(here):
    words = known(here, target="faulty.py", law="conservation", reason="rewritten in May", finding="#12")
    status, said = check(here, "faulty.py", "--laws", "conservation", "-v", *words)
    assert status == 0
    assert "rewritten in May" in said
    assert said.splitlines()[-1].endswith(": 1 known")


@slow
def test_only_the_failure_and_the_target_that_are_listed_are_known(here):
    (here / "other.py").write_text(FAULTY)
    words = known(here, target="other", law="conservation", reason="rewritten in May")
    status, report = report_of(here, "other.py", "faulty.py", "--laws", "conservation,max-accumulation", *words)
    other, faulty = ({law["law"]: law["verdict"] for law in each["laws"]} for each in report["targets"])
    assert status == 1
    assert other == {"conservation": "known", "max-accumulation": "broken"}
    assert faulty == {"conservation": "broken", "max-accumulation": "broken"}


@slow
def test_known_failures_may_be_in_several_files(here):
    words = known(here, target="faulty.py", law="conservation", reason="rewritten in May")
    (here / "known.toml").rename(here / "more.toml")
    words = [
        "--known",
        "more.toml",
        *known(here, target="faulty.py", law="max-accumulation", reason="rewritten in May"),
    ]
    _, report = report_of(here, "faulty.py", "--laws", "conservation,max-accumulation", *words)
    assert set(verdicts(report).values()) == {"known"}


def test_a_known_failure_that_holds_now_is_to_be_removed(here):
    words = known(here, target="fixed.py", law="conservation", reason="rewritten in May")
    status, said = check(here, "fixed.py", "--laws", "conservation", *words)
    assert status == 1
    assert "remove" in said


@slow
def test_an_entry_that_meets_no_law_of_the_run_is_told(here):
    words = known(here, target="fixd.py", law="routing", reason="rewritten in May")
    _, said = check(here, "fixed.py", "--examples", "1", *words)
    assert "warning: known failures of 'fixd.py' met no target of this run; did you mean 'fixed.py'?" in said


def test_a_wrong_entry_of_known_failures_is_refused(tmp_path, capsys):
    said = failed(["check", "naive", *known(tmp_path, target="t", law="routng", reason="r")], capsys)
    assert "known.toml', entry 1: there is no law 'routng'; did you mean 'routing'?" in said


@pytest.mark.parametrize("text", ["[[known", "known = 3", "[[knwon]]\nlaw = 'routing'", "\ud800"], ids=range(4))
def test_what_is_no_list_of_known_failures_is_refused(tmp_path, capsys, text):
    (tmp_path / "known.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "known failures" in failed(["check", "naive", "--known", str(tmp_path / "known.toml")], capsys)


def test_a_missing_list_of_known_failures_is_refused(tmp_path, capsys):
    assert "No such file" in failed(["check", "naive", "--known", str(tmp_path / "none.toml")], capsys)


# Options.


@pytest.mark.parametrize(("file", "words"), [("none/report.json", "should be a folder"), (".", "is a folder")])
def test_a_report_that_cannot_be_written_is_told_before_the_run(here, file, words):
    status, said = check(here, "fixed.py", "--json", file)
    assert status == 2
    assert words in said
    assert "[1/" not in said


def test_a_run_in_which_nothing_could_be_tried_says_so(here):
    status, said = check(here, "forward.py", "--laws", "conservation")
    assert (status, said.splitlines()[-1]) == (2, "1 implementation, 1 law, 0 cases: nothing was tried, 1 unsupported")


def test_a_folder_is_no_target(here):
    (here / "pools").mkdir()
    assert "pools is a folder; a target is a module or a file" in check(here, "pools")[1]


@slow
def test_a_report_names_the_targets_that_cannot_be_judged(here):
    (here / "unfinished.py").write_text("def")
    status, report = report_of(here, "unfinished.py", "fixed.py", "--laws", "routing")
    assert status == 2
    assert [target["target"] for target in report["targets"]] == ["fixed.py"]
    assert list(report["refused"]) == ["unfinished.py"]
    assert "SyntaxError" in report["refused"]["unfinished.py"]


@slow
def test_an_expected_convention_is_a_law(here):
    pins = ["--expect", "ties=first", "--expect", "ties=last"]
    status, report = report_of(here, "fixed.py", "--laws", "routing", *pins)
    assert status == 1
    assert verdicts(report) == {"routing": "holds", "ties=first": "holds", "ties=last": "broken"}
    message = report["targets"][0]["laws"][2]["counterexample"]["message"]
    assert message.splitlines() == [
        "ties=last of fixed: seen 'first', but should be 'last'",
        "    max_backward gives dx[0,0,0,0] = 1.0",
        "    size=(1, 2) stride=(1, 2) float64",
        "    x  = [[[[1., 1.]]]]",
        "    dy = [[[[1.]]]]",
    ]


@slow
@pytest.mark.parametrize("more", [{}, {"PYTEST_XDIST_WORKER_COUNT": "36"}], ids=["alone", "inside-another-pytest"])
def test_a_budget_ends_the_run_in_time_and_gives_every_law_a_turn(here, more):
    (here / "slow.py").write_text(SLOW.format(sleep="0.02"))
    laws = ["output-size", "max-value", "inputs-unchanged"]
    words = ["--budget", "10", "--examples", "10000", "--laws", ",".join(laws), "--json", "report.json"]
    began = time.monotonic()
    status, said = check(here, "slow.py", *words, **more)
    assert time.monotonic() - began < 60
    assert (status, said.splitlines()[-1][-20:]) == (0, "all passed (partial)")
    report = json.loads((here / "report.json").read_text())
    tried = {law["law"]: law["examples"] for law in report["targets"][0]["laws"]}
    assert report["partial"] is True
    assert set(tried) == set(laws)
    assert min(tried.values()) > 0


@slow
def test_one_seed_gives_the_same_cases_in_any_number_of_processes(here):
    said = [check(here, "naive", "--laws", "shape,routing", "-v", n=n)[1] for n in ("0", "1", "2")]
    digests = {re.search(r"digest (\w{8})", each)[1] for each in said}
    assert len(digests) == 1
    assert digests != {"00000000"}


@slow
def test_a_seed_is_chosen_and_told_and_failures_are_kept_for_the_next_run(here):
    given = ["check", "faulty.py", "--laws", "conservation", "--in-process", "-n", "0"]
    _, said = poolproof(here, *given)
    assert re.match(r"poolproof \S+, seed \d+, 100 cases per law", said)
    assert (here / ".poolproof").is_dir()
    assert "conservation: broken after 1 case" in poolproof(here, *given)[1]


# Typos.


def failed(words, capsys):
    """The message of a command that ends with status 2."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    return capsys.readouterr().err


TYPOS = {
    "command": (["chek"], "unknown command 'chek'; did you mean 'check'?"),
    "option": (["check", "--exampels", "3"], "unknown argument '--exampels'; did you mean '--examples'?"),
    "option-with-value": (["check", "--exampels=3"], "did you mean '--examples'?"),
    "law": (["check", "naive", "--laws", "routng"], "no law or family has such a name; did you mean 'routing'?"),
    "family": (["check", "naive", "--laws", "forwards"], "'forwards': no law or family has such a name; did you mean"),
    "memory": (["check", "naive", "--memory", "5Q"], "'5Q' should be a whole number of bytes from 1 to"),
    "second-law": (["check", "naive", "--laws", "routing,idenity"], "did you mean 'identity'?"),
    "convention": (["check", "naive", "--expect", "tie=first"], "there is no convention 'tie'; did you mean 'ties'?"),
    "value": (["check", "naive", "--expect", "ties=frist"], "did you mean 'first'?"),
}


@pytest.mark.parametrize(("words", "said"), TYPOS.values(), ids=TYPOS)
def test_a_typo_is_told_with_what_may_be_meant(capsys, words, said):
    assert said in failed(words, capsys)


@pytest.mark.parametrize(("target", "meant"), [("fixde", "fixed"), ("fixed.py:max_backwrd", "max_backward")])
def test_a_typo_in_a_target_is_told_with_what_may_be_meant(here, target, meant):
    status, said = check(here, target, "--laws", "routing")
    assert status == 2
    assert f"did you mean '{meant}" in said


WRONG_VALUES = [
    ("--examples", "0"),
    ("--examples", "ten"),
    ("--budget", "-1"),
    ("--budget", "nan"),
    ("--seed", "-1"),
    ("--seed", "x"),
    ("-n", "some"),
    ("--timeout", "0"),
]


@pytest.mark.parametrize(("option", "value"), WRONG_VALUES, ids=str)
def test_a_wrong_value_of_an_option_is_told(capsys, option, value):
    said = failed(["check", "naive", f"{option}={value}" if option.startswith("--") else f"{option}{value}"], capsys)
    assert f"{value!r} should be" in said


def test_no_command_at_all_asks_for_the_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert all(re.search(rf"^ +{name} +{each.summary}$", said.out, re.MULTILINE) for name, each in COMMANDS.items())


@slow
@pytest.mark.parametrize("words", [["--help"], *([name, "-h"] for name in COMMANDS)], ids=" ".join)
def test_help_is_printed_without_loading_anything_heavy(here, words):
    heavy = {"numpy", "numba", "hypothesis", "pytest", "rich"}
    ask = f"finally: print('loaded', sorted({heavy} & set(sys.modules)))"
    code = f"import sys\nfrom poolproof.properties.doors.cli import main\ntry: main({words})\n{ask}"
    status, said = python(here, "-c", code)
    assert status == 0
    assert said.startswith("usage: poolproof")
    assert said.splitlines()[-1] == "loaded []"


# Files and settings of the user do not leak in.


@slow
def test_the_pytest_configuration_of_the_user_does_not_leak_in(here):
    (here / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\npython_files = *.py\n")
    (here / "conftest.py").write_text("raise RuntimeError('the conftest of the user')\n")
    (here / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--no-such-option'\n")
    more = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}
    status, said = check(here, "fixed.py", "--laws", "conservation", n="1", **more)
    assert (status, said.splitlines()[-1]) == (0, "1 implementation, 1 law, 20 cases: all passed")


@slow
def test_the_tests_of_the_user_are_not_run(here):
    (here / "test_mine.py").write_text("def test_mine():\n    open('it_ran', 'w')\n")
    assert check(here, "fixed.py", "--laws", "conservation")[0] == 0
    assert not (here / "it_ran").exists()


# The pytest plugin.


def door(folder, *words, n="0", laws="conservation,max-value", **more):
    """Run pytest on the laws."""
    given = ["--pyargs", "poolproof.properties", "-p", "no:cacheprovider", "-n", n]
    ours = [f"--poolproof-laws={laws}", "--poolproof-examples=20", "--poolproof-seed=1", "--poolproof-in-process"]
    return python(folder, "-m", "pytest", *given, *ours, *words, **more)


@slow
@pytest.mark.parametrize("n", ["0", "2"])
def test_pytest_fails_with_the_message_of_the_law_and_skips_with_a_reason(here, n):
    status, said = door(here, "--poolproof-impl", "faulty.py", "-rs", "--poolproof-json=report.json", n=n)
    assert status == 1
    assert "conservation[faulty.py]" in said
    assert "max_backward of faulty: sum(dx[0,0]) = " in said
    assert "unsupported: it offers no max_forward" in said
    assert re.search(r"1 failed, 1 skipped", said)
    assert "Traceback" not in said
    assert verdicts(json.loads((here / "report.json").read_text())) == {
        "conservation": "broken",
        "max-value": "unsupported",
    }


@slow
def test_an_option_of_the_user_called_impl_is_the_users(here):
    """Ten public projects have such an option; two plugins with the same option end pytest in a traceback."""
    (here / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--impl', default='theirs')\n"
    )
    (here / "test_mine.py").write_text(
        "def test_mine(request):\n    assert request.config.getoption('--impl') == 'mine'\n"
        "    assert request.config.getoption('--poolproof-impl') == ['fixed.py']\n"
    )
    words = ["test_mine.py", "--impl=mine", "--poolproof-impl=fixed.py", "--poolproof-laws=conservation"]
    status, said = python(here, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "poolproof.properties", *words)
    assert status == 0, said
    assert "2 passed" in said


def test_every_option_of_the_plugin_is_named_after_the_project():
    options = []
    group = SimpleNamespace(addoption=lambda name, **_: options.append(name))
    plugin.pytest_addoption(SimpleNamespace(getgroup=lambda *_: group))
    assert len(options) > 10
    assert all(option.startswith("--poolproof-") for option in options)


@slow
def test_pytest_passes_a_sound_kernel(here):
    status, said = door(here, "--poolproof-impl", "fixed.py", "--poolproof-impl", "naive", laws="conservation")
    assert status == 0
    assert "2 passed" in said


@slow
def test_pytest_expects_a_known_failure(here):
    file = known(here, target="faulty.py", law="conservation", reason="rewritten in May")[1]
    status, said = door(here, "--poolproof-impl", "faulty.py", f"--poolproof-known={file}", "-rx", laws="conservation")
    assert status == 0
    assert "1 xfailed" in said
    assert "rewritten in May" in said


@slow
@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--poolproof-impl", "fixd.py"], "did you mean 'fixed.py'?"),
        (["--poolproof-impl", "fixed.py", "--poolproof-expect=tie=first"], "did you mean 'ties'?"),
    ],
    ids=["target", "convention"],
)
def test_pytest_tells_what_it_cannot_collect(here, words, complaint):
    status, said = door(here, *words)
    assert status not in (0, 1)
    assert complaint in said


@slow
def test_pytest_with_warnings_as_errors_has_nothing_to_complain_about(here):
    given = [
        "--pyargs",
        "poolproof.properties",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "--poolproof-impl",
        "fixed.py",
    ]
    status, said = python(here, "-m", "pytest", *given, "--poolproof-laws=conservation", "--poolproof-seed=1")
    assert status == 0, said


@slow
def test_pytest_elsewhere_loads_nothing_heavy(here):
    heavy = "numpy", "numba", "hypothesis.core"
    (here / "test_mine.py").write_text(
        f"import sys\n\ndef test_mine():\n    assert not {set(heavy)} & set(sys.modules)\n"
    )
    status, said = python(here, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py")
    assert status == 0, said
    assert "1 passed" in said


@slow
def test_laws_run_beside_the_tests_of_the_user(here):
    (here / "test_mine.py").write_text("def test_mine():\n    assert 1 + 1 == 2\n")
    status, said = door(here, "--poolproof-impl", "fixed.py", "test_mine.py", laws="conservation")
    assert status == 0
    assert "2 passed" in said


# The other commands.


def test_laws_prints_every_law_with_its_formula(capsys):
    assert main(["laws"]) == 0
    said = capsys.readouterr().out
    for law in LAWS.values():
        assert re.search(rf"^  {law.name} +{re.escape(law.formula)}$", said, re.MULTILINE)
        assert f"\n{law.family}\n" in f"\n{said}"


def test_the_version_is_that_of_the_distribution(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"poolproof {importlib.metadata.version('poolproof')}\n"


def test_the_command_is_installed():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="poolproof")
    assert script.load() is main


@slow
def test_a_process_of_xdist_that_dies_is_a_crash_in_the_report(tmp_path):
    (tmp_path / "leaving.py").write_text(
        "import os\n\ndef max_forward(x, size, stride):\n"
        "    return x[:, :, :1, :1].copy() if x.shape == (1, 1, 2, 2) else os.kill(os.getpid(), 9)\n"
    )
    given = ["-m", "pytest", "--pyargs", "poolproof.properties", "-p", "no:cacheprovider", "-n", "1"]
    ours = ["--poolproof-impl=leaving.py", "--poolproof-in-process", "--poolproof-laws=output-size"]
    python(tmp_path, *given, *ours, "--poolproof-json=report.json")
    (law,) = json.loads((tmp_path / "report.json").read_text())["targets"][0]["laws"]
    assert (law["law"], law["verdict"]) == ("output-size", "crashed")
    assert law["reason"].startswith("the process died; ")
