"""Converters for the values of options, in the command and in the pytest plugin: functions as argparse expects them.

Each returns the value or raises argparse.ArgumentTypeError; the message names the value and what would be right.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import TypeVar

from ..data import LARGEST

UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

TIMES = {"s": 1.0, "m": 60.0, "h": 3600.0}
"""The units in which a time may be given, in seconds."""

LONGEST = 10**8
"""Three years in seconds, which every clock and timer can represent."""

MOST_PROCESSES = 1024

MOST_AXES = 3

Entry = TypeVar("Entry")

MOST_LENGTH = 12
"""Longer axes would give more than fifty million cases."""


def quoted(value: str) -> str:
    """A value quoted for a message, safe to print."""
    # Every pytest session imports this module through the plugin, and must not import NumPy for it.
    from ..data.text import shown

    return shown(value)


def filled(value: str) -> str:
    """Any non-empty text; an empty one usually comes from an unset variable."""
    if not value.strip():
        raise ArgumentTypeError(f"{value!r} should not be empty")
    return value


def natural(value: str, most: int = LARGEST) -> int:
    """A whole number of at least 0."""
    if not (value.isascii() and value.isdecimal()):
        raise ArgumentTypeError(f"{quoted(value)} should be a whole number of at least 0")
    if len(value) > len(str(LARGEST)) or int(value) > most:
        raise ArgumentTypeError(f"{quoted(value)} should be at most {most:,}")
    return int(value)


def positive(value: str, most: int = LARGEST) -> int:
    """A whole number of at least 1."""
    number = natural(value, most)
    if number < 1:
        raise ArgumentTypeError(f"{quoted(value)} should be at least 1")
    return number


def some(value: str) -> tuple[int, ...]:
    """Whole numbers of at least 1, comma-separated, without repeats."""
    return tuple(dict.fromkeys(map(positive, value.split(","))))


def one_callable(value: str) -> str:
    """The name of a callable of the contract."""
    from ..contract import CALLABLES

    if value not in CALLABLES:
        raise ArgumentTypeError(f"{quoted(value)} should be one of {', '.join(CALLABLES)}")
    return value


def one_wrapper(value: str) -> str:
    """The name of a wrapper to put around targets."""
    from ..remote.vocabulary import AS

    if value not in AS:
        raise ArgumentTypeError(f"{quoted(value)} should be one of {', '.join(AS)}")
    return value


def one_device(value: str) -> str:
    """The name of a device, perhaps with a number."""
    if not re.fullmatch(r"(cpu|cuda|mps|xpu)(:\d{1,3})?", value):
        raise ArgumentTypeError(f"{quoted(value)} should be cpu, cuda, mps or xpu, perhaps with a number, as cuda:1")
    return value


def per_axis(value: str) -> tuple[int, ...]:
    """Whole numbers of at least 1, for all axes or for each of up to three, comma-separated."""
    return axes(value, tuple(map(positive, value.split(","))))


def pairs_per_axis(value: str) -> tuple[tuple[int, int], ...]:
    """Padding for all axes or for each of up to three, comma-separated: a number, or begin:end."""
    return axes(value, tuple(map(pair, value.split(","))))


def pair(value: str) -> tuple[int, int]:
    """Padding before and after an axis: one number for both, or begin:end."""
    begin, colon, end = value.partition(":")
    return natural(begin), natural(end if colon else begin)


def axes(value: str, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries, if there are no more than an image can have axes."""
    if len(entries) > MOST_AXES:
        raise ArgumentTypeError(f"{quoted(value)} should be at most {MOST_AXES} numbers, one for each spatial axis")
    return entries


def length(value: str) -> int:
    """The longest axis of an image in a proof."""
    return positive(value, MOST_LENGTH)


def seconds(value: str) -> float:
    """A time above 0, in seconds, or with s, m or h for seconds, minutes or hours."""
    number, unit = (value[:-1], value[-1]) if value[-1:] in TIMES else (value, "s")
    try:
        found = float(number) * TIMES[unit]
    except ValueError:
        found = -1.0
    if not 0 < found <= LONGEST:
        right = f"a time above 0, as 90 or 90s, 10m or 8h, and at most {LONGEST:,} seconds"
        raise ArgumentTypeError(f"{quoted(value)} should be {right}")
    return found


def memory(value: str) -> int:
    """Bytes, with an optional K, M or G."""
    number, unit = (value[:-1], value[-1].upper()) if value[-1:].upper() in UNITS else (value, "")
    factor = UNITS.get(unit, 1)
    try:
        return positive(number, LARGEST // factor) * factor
    except ArgumentTypeError:
        right = f"a whole number of bytes from 1 to {LARGEST:,}, perhaps with K, M or G, as 4G"
        raise ArgumentTypeError(f"{quoted(value)} should be {right}") from None


def processes(value: str) -> int:
    """A whole number; `auto` means one for each processor that this process may use."""
    if value == "auto":
        from poolproof.kernels.threads import cores

        return cores()
    try:
        return natural(value, MOST_PROCESSES)
    except ArgumentTypeError:
        message = f"{quoted(value)} should be auto or a whole number from 0 to {MOST_PROCESSES:,}"
        raise ArgumentTypeError(message) from None
