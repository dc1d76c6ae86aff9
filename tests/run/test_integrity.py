"""A run during which poolproof's own files change has no result, and a judgement loads nothing after its target."""

import os
import sys

import pytest
from poolproof.properties import judge
from poolproof.properties.doors.cli import main
from poolproof.properties.run import integrity
from selection import slow
from shell import python

WRONG = "def max_forward(x, size, stride):\n    return x.copy()\n"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A file that stands for one of poolproof's own, as they would be changed for all other tests."""
    folder = tmp_path / "poolproof"
    folder.mkdir()
    (folder / "runner.py").write_text("right = True\n")
    monkeypatch.setattr(integrity, "FOLDERS", (folder,))
    return folder / "runner.py"


def written(folder, text):
    """A target that runs some lines when it is loaded."""
    (folder / "kernel.py").write_text(f"import os\n{text}\n{WRONG}")
    return str(folder / "kernel.py")


CHANGES = {
    "written": "open({own!r}, 'a').write('wrong = True')",
    "replaced": "open({own!r} + '.new', 'w').write('right = None\\n')\nos.replace({own!r} + '.new', {own!r})",
    "removed": "os.remove({own!r})",
    "added": "open({own!r} + '.py', 'w').write('')",
    "dated back": "before = os.stat({own!r})\nopen({own!r}, 'r+').write('wrong')\n"
    "os.utime({own!r}, ns=(before.st_atime_ns, before.st_mtime_ns))",
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_kernel_that_changes_a_file_of_poolproof_is_unusable(tmp_path, own, how):
    found = judge(written(tmp_path, CHANGES[how].format(own=str(own))), examples=1, seed=1, pattern="max-value")
    assert (found.verdict, found.stage, found.holds) == ("unusable", "", False)
    assert found.sentence.startswith(f"poolproof's own file {own}")
    assert found.sentence.endswith(" changed during the run, so its results do not count")


def test_several_changed_files_are_counted(own):
    before = integrity.state()
    for name in ("a.py", "b.py"):
        (own.parent / name).write_text("")
    assert f"{own.parent / 'a.py'} and 1 more changed" in integrity.changed(before)


def test_a_file_that_is_only_read_has_not_changed(tmp_path, own):
    found = judge(written(tmp_path, f"open({str(own)!r}).read()"), examples=20, seed=1, pattern="max-value")
    assert found.verdict == "broken"


def test_a_command_says_that_its_results_do_not_count(tmp_path, own, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = written(tmp_path, CHANGES["written"].format(own=str(own)))
    assert main(["check", target, "naive", "--laws", "gradient-shape", "--seed", "1"]) == 2
    told = "".join(capsys.readouterr())
    assert told.count("changed during the run, so its results do not count") == 1
    assert told.splitlines()[-1].endswith("; 2 could not be judged")


@slow
def test_a_judgement_loads_no_module_after_its_target(tmp_path):
    # What is loaded later could have been changed on disk by the target.
    lines = [
        "import sys",
        "from poolproof.properties import judge",
        "from poolproof.properties.run import alone",
        "of, seen = alone.loaded, []",
        "def loaded(*arguments):",
        "    seen.append(set(sys.modules))",
        "    return of(*arguments)",
        "alone.loaded = loaded",
        f"judge({written(tmp_path, '')!r}, examples=30, seed=1)",
        "print(sorted(set(sys.modules) - seen[0]))",
    ]
    assert python(tmp_path, "-c", "\n".join(lines)) == (0, "[]\n")


def test_what_the_suite_looks_at_is_itself():
    assert sys.modules[integrity.__name__].__file__ in map(os.fspath, integrity.state())
