"""The command `poolproof`: what all commands share, from the streams to the exit status."""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..data.errors import Unusable
from .commands import COMMANDS
from .converters import quoted
from .parser import Parser

VALUELESS = re.compile(r"(--[^=]+=|-\w)--")
"""An option whose value is `--`, which argparse turns into a list before Python 3.13."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    open_streams()
    if arguments is None:
        # Otherwise Hypothesis would store constants from the loaded code in the working folder.
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.devnull)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The terminal's encoding may lack characters of a name or an error.
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = command_line()
    try:
        with flushed():
            options = understood(parser, sys.argv[1:] if arguments is None else arguments)
            parser = options.parser
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            return int(options.run(options))
    except BrokenPipeError:
        return unread()
    except (Unusable, ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130


def command_line() -> Parser:
    """The parser of the whole command line. Without a command it prints the help."""
    top = Parser(
        prog="poolproof",
        description="Judge pooling kernels by the laws of pooling.",
        epilog="poolproof COMMAND -h prints the options of a command.",
    )
    version = f"poolproof {importlib.metadata.version('poolproof')}"
    top.add_argument("--version", action="version", version=version)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS.values():
        text = command.summary[0].upper() + command.summary[1:] + "."
        command.fill(commands.add_parser(command.name, help=command.summary, description=text))
    return top


def understood(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """The options of a command line, with the `parser` of its command and the `run` that takes them."""
    if not words:
        parser.print_help()
        parser.exit()
    for word in filter(VALUELESS.fullmatch, words):
        parser.error(f"argument {quoted(word)} should be followed by a value")
    known = words[0] in COMMANDS
    if not known and not words[0].startswith("-"):
        from ..contract import did_you_mean

        parser.error(f"unknown command {quoted(words[0])}; {did_you_mean(words[0], COMMANDS)}")
    # An unknown option before the command might have a value, which would be taken for the command.
    options, unknown = parser.parse_known_args(words if known else words[:1])
    if unknown or not known:
        getattr(options, "parser", parser).unknown(unknown or words)
    return options


@contextmanager
def flushed() -> Iterator[None]:
    """Flush standard output at the end, while an error in doing so can still be reported."""
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()


def open_streams() -> None:
    """Open any standard stream that is closed, so that none of our pipes gets its number."""
    for stream in (0, 1, 2):
        try:
            os.fstat(stream)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def unread() -> int:
    """The exit status, as after SIGPIPE, when the reader has closed the pipe; further output is discarded."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE
