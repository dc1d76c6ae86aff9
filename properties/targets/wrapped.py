"""Wrapped targets as one text, such as `module(kernel.py:ModelNew)` for `--as module`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ..contract import Unusable
from ..remote.vocabulary import AS, OWN_CHECK, did_you_mean

TEXT = re.compile(rf"({'|'.join((*AS, OWN_CHECK))})\((.+)\)", re.DOTALL)
OTHER = re.compile(r"(\w+)\(.+\)", re.DOTALL)
PROBLEM = re.compile(r"(.+), (.+\.py)", re.DOTALL)


class Wrapping(NamedTuple):
    """The wrapper of a target, if any; the target itself; and a file with the problem that it solves."""

    wrapper: str
    spec: str
    problem: str = ""

    def __str__(self) -> str:
        """The target as one text."""
        inside = f"{self.spec}, {self.problem}" if self.problem else self.spec
        return f"{self.wrapper}({inside})" if self.wrapper else self.spec


def unwrapped(spec: str) -> Wrapping:
    """The wrapping that a text describes."""
    met = TEXT.fullmatch(spec)
    if not met:
        return Wrapping("", spec)
    solved = PROBLEM.fullmatch(met[2]) if met[1] in ("kernelbench", OWN_CHECK) else None
    return Wrapping(met[1], *(solved.groups() if solved else (met[2],)))


def known_wrapping(spec: str) -> Wrapping:
    """The same for a text of the user. Raises Unusable for an unknown wrapper."""
    found, other = unwrapped(spec), OTHER.fullmatch(spec)
    if other and not found.wrapper:
        raise Unusable(f"{spec!r}: there is no wrapper {other[1]!r}; {did_you_mean(other[1], AS)}")
    return found


def wrapped_as(spec: str, wrapper: str | None, problem: str | None) -> str:
    """A target in a wrapper, as one text. Raises Unusable if the wrapper takes no problem but one is given."""
    if problem and wrapper != "kernelbench":
        raise Unusable("--problem is the file with the problem of --as kernelbench, and should come with it")
    return str(Wrapping(wrapper, spec, problem or "")) if wrapper else spec


def problem_file(wrapping: Wrapping) -> str:
    """The absolute path of the file with the problem, as the worker works in a folder of its own."""
    return str(Path(wrapping.problem).resolve()) if wrapping.problem else ""
