"""The output of pytest and pytest-xdist for the laws: JUnit files, and what --lf selects again."""

from xml.etree import ElementTree

import pytest
from selection import slow
from shell import kernels_in, python

pytestmark = pytest.mark.once

WORDS = (
    "-m", "pytest", "-q", "--pyargs", "poolproof.properties", "--poolproof-impl=faulty.py", "--poolproof-in-process",
    "--poolproof-seed=1", "--poolproof-examples=20", "--poolproof-laws=conservation,gradient-shape,max-value",
)  # fmt: skip


@slow
@pytest.mark.parametrize("more", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_junit_file_has_families_as_classes_and_readable_properties(more, tmp_path):
    kernels_in(tmp_path)
    python(tmp_path, *WORDS, "-p", "no:cacheprovider", "--junitxml=junit.xml", "-o", "junit_family=xunit1", *more)
    tests = {test.attrib["name"]: test for test in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")}
    assert {name: test.attrib["classname"] for name, test in tests.items()} == {
        "gradient-shape[faulty.py]": "poolproof.shape",
        "max-value[faulty.py]": "poolproof.forward",
        "conservation[faulty.py]": "poolproof.backward",
    }
    assert {test.attrib["file"] for test in tests.values()} == {"faulty.py"}
    failed = tests["conservation[faulty.py]"]
    found = [(each.attrib["name"], each.attrib["value"]) for each in failed.iter("property")]
    assert [name for name, _ in found] == ["target", "law", "verdict", "seed", "examples"]
    assert found[:4] == [("target", "faulty.py"), ("law", "conservation"), ("verdict", "broken"), ("seed", "1")]
    assert [each.text.partition(":")[0] for each in failed.iter("failure")] == ["max_backward of faulty"]


@slow
def test_what_failed_last_is_run_again_alone(tmp_path):
    kernels_in(tmp_path)
    python(tmp_path, *WORDS)
    status, said = python(tmp_path, *WORDS, "--lf")
    assert status == 1
    assert "1 failed, 2 deselected" in said


def test_a_session_that_should_judge_and_runs_no_law_fails(tmp_path):
    kernels_in(tmp_path)
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    status, said = python(tmp_path, "-m", "pytest", "-q", "test_own.py", "--poolproof-impl=faulty.py")
    assert status == 4
    assert "--poolproof-impl: no law was run; the laws are tests in --pyargs poolproof.properties" in said
    # A target that cannot be loaded, or a failing test of the user's, is complaint enough.
    (tmp_path / "test_wrong.py").write_text("def test_wrong():\n    assert False\n")
    for words in (
        ["--pyargs", "poolproof.properties", "--poolproof-impl=gone.py"],
        ["-x", "test_wrong.py", *WORDS[3:]],
    ):
        status, said = python(tmp_path, "-m", "pytest", "-q", *words)
        assert (status != 0, "no law" in said) == (True, False), said
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --poolproof-impl=faulty.py\n")
    status, said = python(tmp_path, "-m", "pytest", "-q", "test_own.py")
    assert (status, "no law" in said) == (0, False)


@slow
def test_a_list_of_known_failures_for_another_target_is_a_warning(tmp_path):
    kernels_in(tmp_path)
    (tmp_path / "known.toml").write_text("[[known]]\ntarget = 'falty.py'\nlaw = 'routing'\nreason = 'old'\n")
    _, said = python(tmp_path, *WORDS, "-p", "no:cacheprovider", "--poolproof-known=known.toml")
    assert "known failures of 'falty.py' met no target of this run; did you mean 'faulty.py'?" in said
