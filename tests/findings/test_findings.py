"""The scripts of findings/, run again: each still prints what its header says, or is reported as fixed.

A script whose library is not installed is skipped. Without any peer installed this file tests none of them; the tox
environments for peers install them.
"""

import importlib.metadata
import re
import signal
import subprocess
import sys

import pytest
from poolproof.properties.conventions import CONVENTIONS
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.known import load_known
from poolproof.properties.targets.peers import PEERS
from selection import once

from .rendered import PAGE, everything, lowered
from .sources import FINDINGS, FOLDER, LIBRARIES, ROOT, finding

pytestmark = once

named = pytest.mark.parametrize("each", FINDINGS, ids=lambda each: each.name)


def lacking(finding):
    """The distributions that a script needs and that are not installed."""
    return [each.name for each in finding.needs if not installed(each.name)]


def installed(name):
    """The installed version of a distribution, or an empty text."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def lines(text):
    """Text without trailing blanks."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


def printed(file, folder):
    """What a script prints, and how it ended if it was killed. Files beside the script are not imported (-I)."""
    done = subprocess.run(
        [sys.executable, "-I", file], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode > 0:
        return [*lines(done.stdout), f"ended with {done.returncode}: {done.stderr.strip()[-300:]}"]
    killed = [f"killed by {signal.Signals(-done.returncode).name}"] if done.returncode < 0 else []
    return lines("\n".join([done.stdout.rstrip(), *killed]).lstrip("\n"))


def verdict(got, finding):
    """Nothing if a finding stands; otherwise what has changed."""
    versions = ", ".join(f"{each.name} {installed(each.name)}" for each in finding.needs)
    if got == lines(finding.prints):
        return ""
    if got == lines(finding.expected):
        return f"fixed in {versions}: {finding.name} should be removed, or kept with the versions that have it"
    return f"{finding.name} has changed in {versions}: it prints {got}"


@named
def test_a_finding_stands(each, tmp_path):
    if missing := lacking(each):
        pytest.skip(f"not installed: {', '.join(missing)}")
    assert verdict(printed(each.file, tmp_path), each) == ""


# The headers.


def test_every_script_is_read():
    assert {each.file for each in FINDINGS} == set(FOLDER.rglob("*.py"))
    assert len(FINDINGS) > 20


@named
def test_a_header_has_what_the_page_says(each):
    assert each.kind in ("bug", "convention")
    assert all((each.title, each.text, each.mistake, each.upstream))
    assert lines(each.prints) != lines(each.expected)
    assert [str(need.specifier)[:2] for need in each.needs] == ["=="] * len(each.needs)


@named
def test_a_finding_is_shown_by_laws_or_conventions_that_exist_or_says_why_by_none(each):
    laws = {*(law for names in each.laws.values() for law in names), *each.also}
    assert laws <= set(LAWS)
    assert set(each.conventions) <= set(CONVENTIONS)
    assert bool(laws) != bool(each.unseen) or (each.conventions and not laws)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda each: each.name)
def test_a_law_that_fails_on_a_target_is_explained_once(library):
    failures = [(target, law) for each in library.findings for target, laws in each.laws.items() for law in laws]
    assert len(set(failures)) == len(failures)
    assert {target for target, _ in failures} <= set(library.holds)


def test_the_libraries_are_those_with_adapters():
    targets = {name: each.name for each in LIBRARIES for name in each.holds}
    assert targets == {peer.name: peer.file for peer in PEERS.values()}


# The generated files.


@pytest.mark.parametrize("file", everything(), ids=lambda file: file.name)
def test_a_file_is_as_its_findings_make_it(file):
    assert file.read_text(encoding="utf-8") == everything()[file], "tox -e findings writes it again"


def test_every_library_has_a_list_and_every_list_is_used():
    told = (ROOT / "tox.ini").read_text(encoding="utf-8")
    lists = {f"known/{file.name}" for file in (ROOT / "known").iterdir()}
    assert lists == {f"known/{each.name}.toml" for each in LIBRARIES} == set(re.findall(r"known/\w+\.toml", told))


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda each: each.name)
def test_a_list_names_every_failure_and_a_place_on_the_page(library):
    entries = load_known(ROOT / "known" / f"{library.name}.toml")
    assert len(entries) == sum(len(laws) for each in library.findings for laws in each.laws.values())
    places = re.findall(r'<a id="([\w-]+)">', PAGE.read_text(encoding="utf-8"))
    assert {entry.finding for entry in entries} <= {f"docs/findings.md#{place}" for place in places}


def test_every_link_of_the_page_leads_somewhere():
    page = PAGE.read_text(encoding="utf-8")
    places = re.findall(r'(?:<a id="|^## )([\w-]+)', page, re.MULTILINE)
    assert len(set(places)) == len(places)
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= set(places)
    files = {(PAGE.parent / link).resolve() for link in re.findall(r"\]\((\.\.[^)]+)\)", page)}
    assert files == {each.file for each in FINDINGS}


@pytest.mark.parametrize(
    ("title", "reason"),
    [("A mean is 0", "a mean is 0"), ("MaxPool is 0", "MaxPool is 0"), ("NaN is dropped", "NaN is dropped")],
)
def test_a_title_is_a_reason_within_a_sentence(title, reason):
    assert lowered(title) == reason


# The judge can fail.

SCRIPT = '''"""A heading.

A reason.
"""

# /// script
# dependencies = ["pytest==8.4"]
#
# [tool.poolproof]
# kind = "bug"
# class = "a class"
# upstream = "none found"
# unseen = "it is an example"
# prints = "1"
# expected = "2"
# ///

print(1)
'''


@pytest.fixture
def example(tmp_path):
    (tmp_path / "a_script.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path / "a_script.py"


def test_a_script_is_read_as_it_is_written(example):
    read = finding(example)
    assert (read.title, read.text, read.mistake) == ("A heading", "A reason.", "a class")
    assert (read.script, read.seen, read.laws) == ("print(1)\n", "pytest 8.4", {})


@pytest.mark.parametrize(("before", "after"), [("# upstream", "# up"), ("# class", "# more = 1\n# class")])
def test_a_header_that_lacks_something_or_has_too_much_is_refused(example, before, after):
    example.write_text(SCRIPT.replace(before, after), encoding="utf-8")
    with pytest.raises(TypeError):
        finding(example)


def test_what_is_printed_is_compared(example, tmp_path):
    assert printed(example, tmp_path) == ["1"]
    for script, expected in (
        ("print(1); print('a  ')", ["1", "a"]),
        ("import os; print(1, flush=True); os.abort()", ["1", "killed by SIGABRT"]),
    ):
        example.write_text(script, encoding="utf-8")
        assert printed(example, tmp_path) == expected
    example.write_text("raise ValueError(3)", encoding="utf-8")
    assert printed(example, tmp_path)[-1].endswith("ValueError: 3")


def test_a_finding_that_stands_is_told_from_one_that_is_fixed_or_has_changed(example):
    read = finding(example)
    assert verdict(["1"], read) == ""
    assert verdict(["2"], read).startswith(f"fixed in pytest {installed('pytest')}: ")
    assert " has changed in pytest " in verdict(["3"], read)
