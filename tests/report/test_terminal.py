"""Terminal output: colours if the terminal has them, and nothing that a target could have injected."""

import io
import os
import re
import subprocess
import sys

import pytest
from poolproof.properties.report.matrix import Column, show
from poolproof.properties.report.render import failure, line
from poolproof.properties.report.terminal import STYLES, Terminal, headed
from poolproof.properties.results import FAILURES, Result
from selection import slow
from shell import environment, kernels_in, poolproof

STYLED = re.compile(r"\x1b\[[\d;]*m")


class Screen(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    """A terminal with colours, 80 characters wide."""
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return Screen()


def plain(screen):
    """The text on a screen without its styles."""
    return STYLED.sub("", screen.getvalue())


def test_a_verdict_is_coloured_and_nothing_else(screen):
    Terminal(screen).say(*line(Result("holds", "routing", "broken", examples=3), "holds", 5))
    assert screen.getvalue() == "holds  routing                  \x1b[1;31mBROKEN     \x1b[0m 3 cases, 0.0 s\n"


def test_every_verdict_has_a_style():
    assert {*FAILURES, "outdated", "holds", "observed", "known", "unsupported", "not run"} <= set(STYLES)


ASKED_FOR_NONE = {"CI": "1", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.mark.parametrize(("name", "value"), ASKED_FOR_NONE.items(), ids=ASKED_FOR_NONE)
def test_a_terminal_of_which_no_colours_are_wanted_gets_none(screen, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    Terminal(screen).say("a ", ("holds", "holds"))
    assert screen.getvalue() == "a holds\n"


def test_what_is_no_terminal_gets_no_colours(screen):
    pipe = io.StringIO()
    Terminal(pipe).say("a ", ("holds", "holds"))
    assert pipe.getvalue() == "a holds\n"


# Hostile text.

HOSTILE = (
    "[bold red]x[/bold red]",
    "[link=https://example.org]x[/link]",
    "[/]",
    "[[x]",
    "\\[b]x",
    ":smile:",
    "link https://example.org",
    "bold red",
    "1234 'x' 0x7f https://example.org None",
    "x" * 300,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_of_a_target_is_shown_as_it_is(screen, text):
    terminal = Terminal(screen)
    terminal.say(text)
    terminal.say("warning: ", text)
    assert screen.getvalue() == f"{text}\nwarning: {text}\n"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_failure_of_a_target_is_shown_as_it_is(screen, text):
    terminal, found = Terminal(screen), Result(text, "routing", "broken", text, examples=1)
    terminal.say(*line(found, text, 5))
    terminal.say(*headed(failure(found)))
    progress, headline, message = screen.getvalue().splitlines()
    assert progress == f"{text:5}  routing                  \x1b[1;31mBROKEN     \x1b[0m 1 case, 0.0 s, {text}"
    assert headline == "\x1b[1;31mrouting: broken after 1 case\x1b[0m"
    assert message == text


@pytest.mark.parametrize("text", HOSTILE[:-1], ids=range(len(HOSTILE) - 1))
def test_a_column_of_a_target_is_shown_as_it_is(screen, text):
    show([Column(text, "spec", {"routing": "holds", "ties": text}, note=text)], Terminal(screen))
    # Links use other escapes than colours.
    assert "\x1b" not in plain(screen)
    lines = [re.split(r" *│ *", each) for each in plain(screen).splitlines()]
    assert ["", "", text, ""] in lines
    assert ["", "ties", text, ""] in lines
    assert [f"{text}: {text}"] in lines
    assert f"│ ties        │ {text} " in screen.getvalue()


# The matrix.

COLUMNS = [
    Column(f"target {k}", str(k), {"routing": "holds", "max-value": "broken", "size-zero": "hung?", "cases": "10"})
    for k in range(5)
]


@pytest.mark.parametrize(("width", "fit"), [(36, 1), (37, 2), (47, 2), (48, 3), (69, 4), (70, 5), (200, 5)])
def test_a_drawn_table_has_as_many_columns_as_fit_and_loses_none(screen, monkeypatch, width, fit):
    monkeypatch.setenv("COLUMNS", str(width))
    show(COLUMNS, Terminal(screen))
    drawn = [each for each in plain(screen).splitlines() if each and each[0] in "│╭├╰"]
    assert max(map(len, drawn)) <= width
    assert drawn[1].count("target") == fit
    assert re.findall(r"target \d", plain(screen)) == [f"target {k}" for k in range(5)]
    assert plain(screen).count("BROKEN") == 5
    assert screen.getvalue().count("\x1b[32mholds") == 5
    assert screen.getvalue().count("\x1b[1;31mhung?") == 5


def test_a_table_in_a_pipe_is_plain_text():
    pipe = io.StringIO()
    show(COLUMNS[:1], Terminal(pipe))
    assert "max-value    BROKEN\n" in pipe.getvalue()
    assert "│" not in pipe.getvalue()


# The command.


def on_a_terminal(folder, *words, **more):
    """The command's output on a terminal, and its exit status."""
    import pty

    ours, theirs = pty.openpty()
    given = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "poolproof.properties", *words],
        cwd=folder, env={**given, "TERM": "xterm", **more}, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the end of the stream, on Linux
            pass
    os.close(ours)
    return process.returncode, shown.decode().replace("\r\n", "\n")


WORDS = ("--laws", "conservation,max-value", "--seed", "1", "-n", "0", "--in-process")


@slow
@pytest.mark.parametrize("command", ["check", "matrix"])
def test_the_command_shows_colours_on_a_terminal_and_the_same_verdicts(command, tmp_path):
    kernels_in(tmp_path)
    words = [command, "faulty.py", "fixed.py", *WORDS, *["-v"] * (command == "check")]
    status, shown = on_a_terminal(tmp_path, *words)
    assert (status, "\x1b[1;31mBROKEN" in shown, "\x1b[32mholds" in shown) == (1, True, True)
    assert ("│ \x1b[1mbackward" in shown) == (command == "matrix")
    status, bare = on_a_terminal(tmp_path, *words, NO_COLOR="1")
    assert (status, "\x1b" in bare) == (1, False)
    if command == "check":
        assert without_seconds(bare) <= without_seconds(CONTROLS.sub("", shown))


CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Escapes for colours and for moving the cursor."""


def without_seconds(text):
    """The lines of a text, without the time of each law."""
    return set(re.sub(r"\d+\.\d s", "", text).splitlines())


@slow
def test_a_terminal_shows_how_far_a_run_is(tmp_path):
    kernels_in(tmp_path)
    words = ["check", "faulty.py", "fixed.py", *WORDS]
    _, shown = on_a_terminal(tmp_path, *words)
    assert re.search(r"━ 4/4 \d+ cases, 1 failure ", CONTROLS.sub("", shown))
    assert shown.endswith("unsupported\x1b[0m\n")  # and it is removed at the end
    _, bare = on_a_terminal(tmp_path, *words, NO_COLOR="1")
    assert " 4/4 " not in bare


@slow
def test_a_replay_is_coloured_too(tmp_path):
    kernels_in(tmp_path)
    poolproof(tmp_path, "check", "faulty.py", "--laws", "conservation", "--json", "report.json", "--in-process")
    words = ["replay", "--in-process", "report.json"]
    status, shown = on_a_terminal(tmp_path, *words, "faulty.py")
    assert (status, "\x1b[1;31mconservation on faulty.py: still broken\x1b[0m\n" in shown) == (1, True)
    status, shown = on_a_terminal(tmp_path, *words, "fixed.py")
    assert (status, "\x1b[32mconservation on fixed.py: holds now\x1b[0m\n" in shown) == (0, True)


@slow
def test_a_proof_is_coloured_too(tmp_path):
    words = ["check", "naive", "--exhaustive", "--length", "1", "--laws", "max-value", "-n", "0", "--in-process"]
    status, shown = on_a_terminal(tmp_path, *words)
    assert status == 0
    assert "\x1b[32mholds" in shown
