"""Terminal output: plain text, or the same text in colours by rich if the terminal shows them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Styled = str | tuple[str, str]
"""A piece of a line: a text, or a text and its style."""

STYLES = {
    "holds": "green",
    "observed": "cyan",
    "unsupported": "dim",
    "known": "yellow",
    "not run": "yellow",
    "warning": "yellow",
    **dict.fromkeys(("broken", "raised", "crashed", "hung", "outdated"), "bold red"),
    "title": "bold",
}
"""Styles are named after verdicts, and after the parts of what is printed."""


class Terminal:
    """A stream to which lines are printed; `rich` is the console that colours them, or None for plain text.

    `to_the_end`: the program goes on if a reader has closed the pipe; the reader misses the rest.
    """

    def __init__(self, out: TextIO | None, *, to_the_end: bool = False) -> None:
        self.out, self.to_the_end = out, to_the_end
        self.encoding = getattr(out, "encoding", None)
        self.rich = console(out) if out is not None and shows_colours(out) else None

    def say(self, *parts: Styled) -> None:
        """Print a line at once."""
        if self.rich is None:
            self.say_plainly("".join(part if isinstance(part, str) else part[0] for part in parts))
            return
        from rich.text import Text

        # A Text is not parsed as markup: some texts come from targets.
        self.rich.print(Text.assemble(*parts), soft_wrap=True)

    def say_plainly(self, text: str) -> None:
        """Print a line without colours."""
        try:
            print(text, file=self.out, flush=True)
        except BrokenPipeError:
            if self.out is None or not self.to_the_end:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.out.fileno())


def headed(block: str, style: str = "broken") -> list[Styled]:
    """A block of lines whose first line is a headline."""
    head, end, rest = block.partition("\n")
    return [(head, style), end + rest]


def shows_colours(out: TextIO) -> bool:
    """Whether a stream is a terminal with colours, outside of CI, and NO_COLOR is not set."""
    refused = os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    return out.isatty() and not refused


def console(out: TextIO) -> Console:
    """A console of rich that interprets no markup, emoji or numbers in a text."""
    from rich.console import Console
    from rich.theme import Theme

    return Console(file=out, theme=Theme(STYLES), force_terminal=True, markup=False, emoji=False, highlight=False)
