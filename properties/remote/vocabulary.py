"""The vocabulary of the contract: callables, settings, and names of declarations. Wrappers need no more of the suite.

This file and the folder of wrappers run in the process of a target, whose interpreter may be as old as Python 3.8.
"""

from __future__ import annotations

from typing import Iterable

from .worker import suggestion

FORWARD = ("max_forward", "mean_forward")
BACKWARD = ("max_backward", "mean_backward")
CALLABLES = (*FORWARD, *BACKWARD, "max_indices")

SETTINGS = ("padding", "dilation", "ceil_mode")
MEAN_SETTINGS = (*SETTINGS, "count_include_pad")
"""The keywords that a maximum may take, and those of a mean."""

DECLARATION_NAMES = (
    *("name", "version", "dtypes", "ranks", "lacks", "square", "tiles", "padding", "padding_limit", "ceil_rule"),
    *("settings", "deterministic", "threads", "layout", "max_cells", "fixed"),
)

AS = ("module", "function", "autograd_function", "layer", "kernelbench")
"""The wrappers that --as can put around a target."""

OWN_CHECK = "own_check"
"""The wrapper that is put around a target of KernelBench once, to get the verdict of the benchmark's own check."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: a similar one, or all there are."""
    return suggestion(word, list(known))
