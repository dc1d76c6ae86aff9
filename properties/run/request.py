"""The request of a run: which targets, and how much to try."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from ..contract import Unusable
from ..targets.isolated import Isolation
from ..targets.loading import REFERENCE
from .known import Known, load_known
from .seeds import seed_of


@dataclass(frozen=True)
class Request:
    """What a user asked for: targets as given, and how much to try.

    `like`: the target whose conventions the others are held to; `end` is in seconds since the epoch; `persistent`:
    failing cases are kept in the working folder, and tried first; `huge`: laws about arrays of gigabytes are tried as
    well; `starting`: seconds that a target may take to load or for a first call, if fewer than usual; `cluster`: the
    scheduler of a campaign, or `here`; `resume`: a campaign continues where the previous one ended; `store`: the folder
    or the address of shared failing cases.
    """

    targets: tuple[str, ...] = REFERENCE
    examples: int = 100
    seed: int | None = None
    end: float | None = None
    laws: str = "*"
    expect: tuple[str, ...] = ()
    like: str | None = None
    known: tuple[str, ...] = ()
    in_process: bool = False
    python: str = sys.executable
    timeout: float = 10.0
    starting: float = math.inf
    memory: int | None = None
    persistent: bool = False
    huge: bool = False
    device: str | None = None
    cluster: str | None = None
    resume: bool = False
    store: str | None = None

    def isolation(self) -> Isolation | None:
        """How targets are run, or None for in this process. Raises Unusable for a device in this process."""
        if self.in_process and self.device:
            raise Unusable("--device is for targets in processes of their own, and should not come with --in-process")
        return (
            None if self.in_process else Isolation(self.python, self.timeout, self.memory, self.starting, self.device)
        )

    def settled(self) -> Request:
        """The same request with a seed, if it has none."""
        return replace(self, seed=seed_of(self.seed))

    def known_failures(self) -> list[Known]:
        """The entries of the known-failures files that are given."""
        return [entry for file in self.known for entry in load_known(Path(file))]
