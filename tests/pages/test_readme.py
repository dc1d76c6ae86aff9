"""The blocks of the README and of the pages for users are run: files written, output compared, Python executed."""

import importlib.util
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from selection import slow

BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?(?:<!-- needs: (?P<needs>[\w, ]+) -->\n)?"
    r"```(?P<kind>\w+)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
CHANGING = (
    (re.compile(r"\d+\.\d+(?= ?s\b)"), "#"),
    (re.compile(r"(?<=#s) \(\d+:\d\d:\d\d\)"), ""),
    (re.compile(r"[\d,]+(?= cases?\b)"), "#"),
    (re.compile(r"cases?\b"), "cases"),
    (re.compile(r"poolproof \d+\.\d+\.\d+"), "poolproof #"),
)
"""Times, versions, and numbers of cases, which depend on the machine and the version of Hypothesis."""


def blocks(page):
    """The blocks of a page: file, needs, kind, text, and the number of lines above the text."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [{**match.groupdict(), "above": text.count("\n", 0, match.start("text"))} for match in BLOCK.finditer(text)]


def steady(text):
    for pattern, replacement in CHANGING:
        text = pattern.sub(replacement, text)
    return text.strip().splitlines()


def matches(expected, got):
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[k:]) for k in range(len(got) + 1))
    return bool(got) and expected[0] == got[0] and matches(expected[1:], got[1:])


ALONE = """
poolproof() {
    if [ "$1" = check ]; then command poolproof check -n 0 "${@:2}"; else command poolproof "$@"; fi
}
"""
"""Without other processes failures are printed in the order of the laws, whatever else the machine does."""


def in_shell(commands, folder):
    """The output of each command, and its exit status."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80", "NO_COLOR": "1"}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    script = ALONE + "\n".join(f'{command}; status=$?; echo ">>>$status"; (exit $status)' for command in commands)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    parts = re.split(r">>>(\d+)\n", done.stdout)[:-1]
    return [(said, int(status)) for said, status in zip(parts[::2], parts[1::2], strict=True)]


def session(text):
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


PAGES = (
    "README.md",
    "docs/adopt.md",
    "docs/bench.md",
    "docs/campaigns.md",
    "docs/chapter.md",
    "docs/ci.md",
    "docs/exhaustive.md",
    "docs/explanation/bounds.md",
    "docs/explanation/limits.md",
    "docs/explanation/proofs.md",
    "docs/explanation/why.md",
    "docs/export.md",
    "docs/gpu.md",
    "docs/install.md",
    "docs/judging.md",
    "docs/kernels.md",
    "docs/languages.md",
    "docs/libraries.md",
    "docs/oracle.md",
    "docs/own-tests.md",
    "docs/pictures.md",
    "docs/reference/check.md",
    "docs/shrink.md",
    "docs/strategies.md",
    "docs/tutorial.md",
    "docs/vectors.md",
    "docs/wrappers.md",
)
README = blocks("README.md")


def files_at(page, line):
    """The files of a page at some line: the last text above it counts, or else the first below it."""
    found = [block for block in blocks(page) if block["file"]]
    above = [block for block in found if block["above"] < line]
    return {block["file"]: block["text"] for block in [*reversed(found), *above]}


def written(page, line, folder):
    """Write the files of a page at some line into a folder."""
    for name, text in files_at(page, line).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def skip_without(needs):
    """Skip a test if a library that its block needs is not installed."""
    for library in (needs or "").replace(",", " ").split():
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")


def followed():
    """Sequences of console blocks: those of a page together, except that each block that needs a library is alone."""
    consoles = [(page, [block for block in blocks(page) if block["kind"] == "console"]) for page in PAGES]
    for page, found in consoles:
        if plain := [block for block in found if not block["needs"]]:
            yield pytest.param(page, plain, id=page)
        for k, block in enumerate(found):
            if block["needs"]:
                yield pytest.param(page, [block], id=f"{page}:{k}")


@slow
@pytest.mark.parametrize(("page", "sessions"), [*followed()])
def test_commands_print_what_their_page_says(page, sessions, tmp_path):
    written(page, math.inf, tmp_path)
    for block in sessions:
        skip_without(block["needs"])
        written(page, block["above"], tmp_path)
        steps = session(block["text"])
        for (command, expected), (got, status) in zip(steps, in_shell([c for c, _ in steps], tmp_path), strict=True):
            assert matches(steady(expected), steady(got)), f"{command} printed\n{got}"
            # A command without output must succeed, unless it is a check that finds a mistake.
            assert expected or status <= command.startswith("poolproof check"), f"{command} ended with {status}"
        for name in re.findall(r" -o (\S+\.svg)$", block["text"], re.MULTILINE):
            figure = ROOT / "docs" / "figures" / name
            if figure.exists():
                assert (tmp_path / name).read_text(encoding="utf-8") == figure.read_text(encoding="utf-8")


def python():
    """The blocks of Python, each with its page, named by the page and its first line."""
    found = [
        (page, block) for page in PAGES for block in blocks(page) if block["kind"] == "python" and not block["file"]
    ]
    names = [f"{page}:{k}: {block['text'].splitlines()[0]}" for k, (page, block) in enumerate(found)]
    return [pytest.param(*each, id=name) for each, name in zip(found, names, strict=True)]


@slow
@pytest.mark.parametrize(("page", "block"), python())
def test_python_runs_where_what_it_needs_is_installed(page, block):
    skip_without(block["needs"])
    # Compiled at the page's own lines, where a traceback, and Hypothesis for a strategy's source, look for them.
    exec(compile("\n" * block["above"] + block["text"], ROOT / page, "exec"), {"__name__": "page"})


ELSEWHERE = {
    ("docs/bench.md", "text"),  # measurements are as one machine gave them
    ("docs/findings.md", "diff"),  # the scripts of the findings are run where their libraries are installed
    ("docs/findings.md", "python"),
    ("docs/kernels.md", "text"),
    ("docs/protocol.md", "text"),  # the transcript is checked byte by byte, by a test of its own
    ("docs/reference/commands.md", "text"),  # generated with the site
}
"""The kinds of blocks of a page that are not run here. The examples are built by tests of their own."""


def test_every_block_is_run():
    found = [*ROOT.glob("[RC]*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/*/*.md")]
    pages = [str(page.relative_to(ROOT)) for page in found]
    kinds = {(page, block["kind"]) for page in pages for block in blocks(page) if not block["file"]} - ELSEWHERE
    run = {(page, kind) for page in PAGES for kind in ("console", "python")}
    assert len(pages) >= 7
    assert {kind for _, kind in kinds} == {"sh", "console", "python"}
    assert {(page, kind) for page, kind in kinds - run if kind != "sh" and not page.startswith("examples")} == set()


@slow
def test_the_step_of_continuous_integration_passes(tmp_path):
    """The commands of the workflow, except the installation, exit with 0 on the files of the page."""
    folder = written("docs/adopt.md", math.inf, tmp_path)
    workflow = (folder / ".github" / "workflows" / "pooling.yml").read_text(encoding="utf-8")
    commands = [c for c in re.findall(r"- run: (.*)", workflow) if not c.startswith("pip install")]
    assert len(commands) == 1
    ((_, status),) = in_shell([f"{commands[0]} --examples 20"], folder)
    assert status == 0
    assert (folder / "pooling.json").is_file()


def test_ci_runs_the_first_two_commands_as_they_stand():
    commands = [block["text"].strip() for block in README if block["kind"] == "sh"]
    assert len(commands) == 2
    assert all("\n" not in command for command in commands)
    assert "blocks[:2]" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_site_installs_as_the_readme_does():
    (installation,) = [block["text"] for block in blocks("docs/index.md") if block["kind"] == "sh"]
    assert installation in [block["text"] for block in README if block["kind"] == "sh"]


def test_the_readme_is_short_and_its_commands_stand_on_the_first_screen():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 200
    assert [block["above"] < 40 for block in README if block["kind"] == "sh"] == [True, True]


def test_the_commands_of_the_contributing_page_exist():
    named = set(re.findall(r"^\| `([a-z]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert named == {"pytest", "poolproof", "ruff", "tox"}


def test_a_page_may_change_a_file_as_it_goes_on():
    lines = [block["above"] for block in blocks("docs/tutorial.md") if block["file"] == "my_pool.py"]
    assert len(lines) == 2
    texts = [files_at("docs/tutorial.md", line)["my_pool.py"] for line in (0, lines[1] - 1, math.inf)]
    assert ["-np.inf" in text for text in texts] == [False, False, True]


def test_the_tutorial_installs_as_the_readme_does():
    (installation,) = [block["text"].strip() for block in blocks("docs/tutorial.md") if block["kind"] == "sh"]
    assert any(installation in block["text"] for block in README if block["kind"] == "sh")


def test_the_comparison_itself_can_fail():
    assert matches(["a", "...", "c"], ["a", "b", "c"])
    assert not matches(["a", "...", "d"], ["a", "b", "c"])
    assert not matches(["a"], ["a", "b"])
