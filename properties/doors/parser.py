"""Parsers of command lines: each error is one line that names the argument, its value and what would be right."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

from .converters import filled, quoted
from .options import Option


class Parser(argparse.ArgumentParser):
    """An argument parser without abbreviations, whose error messages are one line each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)

    def add_options(self, options: Iterable[Option]) -> None:
        """Add options as the table describes them."""
        for option in options:
            self.add_argument(option.flag, **option.keywords())

    def error(self, message: str) -> NoReturn:
        """Print one line, and exit with status 2."""
        # Imported here because it imports NumPy, which takes longer than all of --help.
        from ..data.text import cleaned

        self.exit(2, f"{self.prog}: {cleaned(message)}\n")

    def unknown(self, words: Sequence[str]) -> NoReturn:
        """Refuse unknown arguments, with a suggestion for the first."""
        options = [option for action in self._actions for option in action.option_strings]
        near = get_close_matches(words[0].partition("=")[0], options, 1)
        self.error(
            f"unknown argument {quoted(words[0])}; " + (f"did you mean {near[0]!r}?" if near else f"see {self.prog} -h")
        )


@dataclass(frozen=True)
class Command:
    """A command: its name, one line of help, and the functions that add its arguments to a parser and run it."""

    name: str
    summary: str
    add_arguments: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]

    def fill(self, parser: Parser) -> None:
        """Add the command's arguments to its parser, and the function that takes the parsed ones."""
        parser.register("type", None, filled)  # the type of every argument that names none
        self.add_arguments(parser)
        parser.set_defaults(parser=parser, run=self.run)
