"""The Python API for judges: one call judges one implementation and returns the findings as data."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..results import Judgement
    from ..run.request import Request
    from ..targets.target import Target

ONE_AT_A_TIME = RLock()
"""Hypothesis, the warning filters and the standard streams belong to the whole process."""


def judge(
    implementation: Any,
    /,
    *,
    isolated: bool | None = None,
    budget: float | None = None,
    examples: int = 100,
    seed: int | None = None,
    pattern: str = "*",
    expect: Iterable[str] = (),
    like: str | None = None,
    known: Iterable[str | os.PathLike[str]] = (),
    huge: bool = False,
    first_only: bool = False,
    timeout: float | None = None,
    memory: int | str | None = None,
    python: str | None = None,
) -> Judgement:
    """Judge one implementation. Nothing is printed or kept, and an implementation that cannot be judged raises nothing.

    A text names it as on the command line, and it runs in a process of its own unless `isolated` is False; an object in
    hand runs in this process. `budget`: seconds for everything; `first_only`: end at the first law that fails; `known`:
    files of known failures. For a process of its own, `timeout`: seconds for one call; `memory`: bytes, or "512M";
    `python`: the interpreter. The others are as in `laws`. Raises TypeError or ValueError for wrong arguments.
    Concurrent calls from several threads wait for each other.
    """
    from .arguments import flag, settled

    first_only = flag("first_only", first_only)
    with ONE_AT_A_TIME:
        request = settled(
            implementation, isolated=isolated, budget=budget, examples=examples, seed=seed, pattern=pattern,
            expect=expect, like=like, known=known, huge=huge, timeout=timeout, memory=memory, python=python,
        )  # fmt: skip
        return judged(implementation, request, first_only=first_only)


def judged(implementation: Any, request: Request, *, first_only: bool) -> Judgement:
    """The judgement of one implementation under a request, perhaps up to the first law that fails."""
    from ..report.judgement import judgement
    from ..run.alone import alone
    from ..run.units import Kind, plan
    from .arguments import as_arguments

    began = time.monotonic()
    with as_arguments(), import_path_kept():
        units = [unit for unit in plan(request) if unit.kind is not Kind.OBSERVED]
        record = alone(request, units, lambda: made(implementation, request), first_only=first_only)
    return judgement(record, time.monotonic() - began)


@contextmanager
def import_path_kept() -> Iterator[None]:
    """Restore the import path afterwards, to which a target loaded here may add folders."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = [folder for folder in sys.path if folder in before]


def made(implementation: Any, request: Request) -> Target:
    """The target of a request: loaded by its name, or made of the object in hand."""
    from ..targets.loading import load
    from ..targets.target import wrap

    if isinstance(implementation, (str, os.PathLike)):
        return load(request.targets[0], request.isolation())
    return wrap(implementation)
