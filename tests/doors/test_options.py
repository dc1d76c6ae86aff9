"""One table has the options of a run: the command, the plugin, Request and the pages agree with it."""

import argparse
import re
from dataclasses import fields
from types import SimpleNamespace

import pytest
from places import ROOT
from poolproof.properties.doors import plugin
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.doors.options import (
    ISOLATION,
    PAGE,
    PRINTED,
    PROCESSES,
    PROGRAM,
    PROOFS,
    RUN,
    STORE,
    WRAPPED,
    WRITTEN,
    requested,
)  # fmt: skip
from poolproof.properties.doors.parser import Parser
from poolproof.properties.run.request import Request

TABLES = (PROGRAM, WRAPPED, RUN, PAGE, WRITTEN, PROCESSES, PRINTED, PROOFS, STORE)
CHECK = {option.flag: option for options in TABLES for option in options.values()}


def rows(page):
    """The rows of the tables of options on a page: the first cell, and the second."""
    text = (ROOT / page).read_text(encoding="utf-8")
    tables = re.findall(r"^\| option[^\n]*\| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [re.fullmatch(r"\| (.*?) \| (.*) \|", row).groups() for row in "".join(tables).splitlines()]


def parser_of(command):
    """The parser of a command."""
    parser = Parser(prog=command)
    COMMANDS[command].fill(parser)
    return parser


def plugin_parser():
    """A parser with the options of the plugin."""
    parser = argparse.ArgumentParser()
    group = SimpleNamespace(addoption=parser.add_argument)
    plugin.pytest_addoption(SimpleNamespace(getgroup=lambda *_: group))
    return parser


# Pages.


REFERENCE = "docs/reference/check.md"


def test_the_reference_has_a_row_for_every_option_and_no_other():
    written = [first for first, _ in rows(REFERENCE)]
    assert sorted(written) == sorted(f"`{flag} {option.metavar}".rstrip() + "`" for flag, option in CHECK.items())


def test_the_reference_gives_the_defaults_of_the_table():
    said = {row[0].strip("`").split()[0]: re.search(r"\(default: `?(\w+)", row[1]) for row in rows(REFERENCE)}
    numbers = {flag: option.default for flag, option in CHECK.items() if isinstance(option.default, (int, float))}
    assert set(numbers) == {"--examples", "--timeout"}
    assert {flag: float(said[flag][1]) for flag in numbers} == numbers
    assert said["-n"][1] == CHECK["-n"].default


PAGES = {REFERENCE: "check", "docs/exhaustive.md": "check", "docs/shrink.md": "shrink", "docs/bench.md": "bench"}


@pytest.mark.parametrize(("page", "command"), PAGES.items(), ids=PAGES)
def test_a_page_names_options_that_exist(page, command):
    known = {flag for action in parser_of(command)._actions for flag in action.option_strings}
    written = {flag for row in rows(page) for flag in re.findall(r"`(--?[a-z][\w-]*)", row[0])}
    assert len(written) > 3
    assert written <= known


# The command and the plugin.


def test_check_takes_the_options_of_the_table_and_no_others():
    taken = {flag for action in parser_of("check")._actions for flag in action.option_strings}
    assert taken - {"-h", "--help"} == set(CHECK)


def test_the_plugin_takes_the_options_of_a_run():
    taken = {flag for action in plugin_parser()._actions for flag in action.option_strings}
    assert taken - {"-h", "--help"} == {f"--poolproof-{name}" for name in ("impl", *WRAPPED, *RUN)}


@pytest.mark.parametrize("command", ["cases", "replay", "shrink"])
def test_other_commands_start_targets_with_the_same_options(command):
    taken = {flag for action in parser_of(command)._actions for flag in action.option_strings}
    assert {option.flag for option in ISOLATION.values()} <= taken


# A Request.


def test_every_field_of_a_request_has_an_option():
    # The command line names targets elsewhere; the end is made from --budget, persistence from --seed; how long a
    # target may take to start is limited only in Python; campaigns and stores belong to the command.
    options, others = {option.field for option in RUN.values()}, {"targets", "end", "persistent", "starting"}
    others |= {"cluster", "resume", "store"}
    assert {each.name for each in fields(Request)} == (options - {"budget", "json"}) | others


WORDS = {
    "examples": ("3", 3),
    "seed": ("5", 5),
    "laws": ("shape", "shape"),
    "expect": ("ties=first", ("ties=first",)),
    "like": ("torch", "torch"),
    "known": ("known.toml", ("known.toml",)),
    "huge": (None, True),
    "python": ("python3.7", "python3.7"),
    "timeout": ("2", 2.0),
    "memory": ("2K", 2048),
    "device": ("cuda:1", "cuda:1"),
    "in-process": (None, True),
}


@pytest.mark.parametrize("prefix", ["", "poolproof-"], ids=["command", "plugin"])
def test_options_become_a_request(prefix):
    parser = plugin_parser() if prefix else parser_of("check")
    words = [f"--{prefix}{name}" + (f"={value}" if value else "") for name, (value, _) in WORDS.items()]
    made = requested(parser.parse_args(words), ["b.py", "a.py", "b.py"], prefix.replace("-", "_"), end=7.0)
    expected = {name.replace("-", "_"): value for name, (_, value) in WORDS.items()}
    assert made == Request(("b.py", "a.py"), end=7.0, **expected)


@pytest.mark.parametrize("command", [*COMMANDS, "pytest"])
def test_without_options_a_request_is_as_one_made_of_nothing(command):
    parser = plugin_parser() if command == "pytest" else parser_of(command)
    options = argparse.Namespace(**{action.dest: action.default for action in parser._actions})
    made = requested(options, prefix="poolproof_" if command == "pytest" else "")
    # `cases` prints the same cases every time.
    assert made == Request(seed=0 if command == "cases" else None)
