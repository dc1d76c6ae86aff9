"""Argument checks for the Python API: each error names the argument, its value and what would be right."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import isfinite
from typing import Any, NoReturn

from ..contract import Unusable
from ..data import LARGEST
from ..data.text import shown
from ..run.request import Request
from .converters import LONGEST, memory
from .options import end_of

USUAL = Request()


def refuse(name: str, value: object, right: str, error: type[Exception] = ValueError) -> NoReturn:
    """Raise an error about an argument."""
    raise error(f"got {name}={shown(value)}, but it should be {right}")


@contextmanager
def as_arguments() -> Iterator[None]:
    """Turn an Unusable that an argument causes into a ValueError."""
    try:
        yield
    except Unusable as error:
        raise ValueError(str(error)) from None


def whole(name: str, value: object, least: int) -> int:
    """Check that an argument is a whole number of at least `least`."""
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(name, value, f"a whole number of at least {least}", TypeError)
    if not least <= value <= LARGEST:
        refuse(name, value, f"a whole number from {least} to {LARGEST:,}")
    return value


def seconds(name: str, value: object) -> float:
    """Check that an argument is a number of seconds above 0."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        refuse(name, value, "a number of seconds above 0", TypeError)
    if not (isfinite(value) and 0 < value <= LONGEST):
        refuse(name, value, f"a number of seconds above 0, and at most {LONGEST:,}")
    return float(value)


def flag(name: str, value: object) -> bool:
    """Check that an argument is True or False."""
    if not isinstance(value, bool):
        refuse(name, value, "True or False", TypeError)
    return value


def text(name: str, value: object) -> str:
    """Check that an argument is a non-empty text."""
    if not isinstance(value, str):
        refuse(name, value, "a text", TypeError)
    if not value.strip():
        refuse(name, value, "a text that is not empty")
    return value


def texts(name: str, value: Any, like: str) -> tuple[str, ...]:
    """Check that an argument is a series of texts or paths."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        refuse(name, value, f"several texts, as in {name}=({like!r},)", TypeError)
    return tuple(text(name, os.fspath(each) if isinstance(each, os.PathLike) else each) for each in value)


def size(name: str, value: object) -> int:
    """The number of bytes that an argument means, which is an int or a text like "512M"."""
    if isinstance(value, str):
        try:
            return memory(value)
        except ArgumentTypeError:
            refuse(name, value, "a whole number of bytes, perhaps with K, M or G, as '512M'")
    return whole(name, value, 1)


def spec_of(implementation: object, isolated: bool | None) -> str:
    """What a request calls an implementation: a text as given, an object by its name."""
    from ..targets.target import called

    if isinstance(implementation, os.PathLike):
        implementation = os.fspath(implementation)
    if isinstance(implementation, str):
        return text("implementation", implementation)
    if isolated:
        refuse("isolated", isolated, "False or None for an object in hand, which runs in this process")
    return called(implementation)


def of_a_process(**given: object) -> None:
    """Refuse limits on a target's process if the target runs in this one."""
    for name, value in given.items():
        if value is not None:
            refuse(name, value, "None for what runs in this process")


def settled(
    implementation: object,
    *,
    isolated: bool | None,
    budget: float | None,
    timeout: float | None,
    memory: int | str | None,
    python: str | None,
    **common: Any,
) -> Request:
    """The request made of these arguments and of those of `chosen`; its budget starts now.

    Raises TypeError or ValueError.
    """
    from ..targets.programs import interpreter

    spec = spec_of(implementation, None if isolated is None else flag("isolated", isolated))
    here = isolated is False or not isinstance(implementation, (str, os.PathLike))
    if here:
        of_a_process(timeout=timeout, memory=memory, python=python)
    limit = None if budget is None else seconds("budget", budget)
    with as_arguments():
        executable = USUAL.python if python is None else interpreter(text("python", python))
    request = replace(
        chosen(spec, **common),
        in_process=here,
        python=executable,
        timeout=min(USUAL.timeout, limit or USUAL.timeout) if timeout is None else seconds("timeout", timeout),
        memory=None if memory is None else size("memory", memory),
    )
    return replace(request, end=end_of(limit), starting=limit or USUAL.starting)


def chosen(
    spec: str,
    *,
    examples: int,
    seed: int | None,
    pattern: str,
    expect: Iterable[str],
    like: str | None,
    known: Iterable[str | os.PathLike[str]],
    huge: bool,
) -> Request:
    """The request made of the arguments that every function has. Raises TypeError or ValueError."""
    request = Request(
        targets=(spec,),
        examples=whole("examples", examples, 1),
        seed=None if seed is None else whole("seed", seed, 0),
        laws=text("pattern", pattern),
        expect=texts("expect", expect, "ties=first"),
        like=None if like is None else text("like", like),
        known=texts("known", known, "known.toml"),
        huge=flag("huge", huge),
    ).settled()
    with as_arguments():
        request.known_failures()
    return request
