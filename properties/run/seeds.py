"""The seed of a run, and whether it is one of continuous integration."""

from __future__ import annotations

import os
import secrets

SEEDS = 10**6
"""Random seeds are smaller than this."""


def in_ci() -> bool:
    """Whether this runs in continuous integration, which expects the same cases every time."""
    return bool(os.environ.get("CI"))


def seed_of(given: int | None) -> int:
    """The given seed; without one 0 in continuous integration, and a random one anywhere else."""
    if given is not None:
        return given
    return 0 if in_ci() else secrets.randbelow(SEEDS)
