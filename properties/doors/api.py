"""The Python API for tests: the laws that apply to an implementation, each a callable that raises if it fails."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

if TYPE_CHECKING:
    from ..run.request import Request
    from ..run.units import Unit
    from ..targets.target import Target


@dataclass(frozen=True)
class BoundLaw:
    """One law bound to an implementation: `str(law)` is its name, and `law()` raises AssertionError if it fails.

    It raises unittest.SkipTest, which pytest reports as skipped, if the law cannot run, for example for lack of memory,
    or if the target refuses every case.
    """

    unit: Unit
    target: Target = field(repr=False)
    request: Request = field(repr=False)

    @property
    def name(self) -> str:
        """The law, or the pinned convention ("ties=first")."""
        return self.unit.name

    def __str__(self) -> str:
        return self.name

    def __call__(self) -> None:
        __tracebackhide__ = True
        from ..run.session import Session

        session = Session(self.request, loaded={self.target.spec: self.target})
        result = session.examine(self.unit, None)
        if result.failed:
            raise AssertionError(f"{self.name}: {result.verdict}\n{result.message}")
        if result.untried:
            raise SkipTest(f"{self.name}: {result.verdict}: {result.reason}")


def laws(
    implementation: Any,
    *,
    examples: int = 100,
    seed: int | None = None,
    pattern: str = "*",
    expect: Iterable[str] = (),
    like: str | None = None,
    known: Iterable[str | os.PathLike[str]] = (),
    huge: bool = False,
) -> list[BoundLaw]:
    """Every law that applies to an implementation, which is a module, an instance, a namespace or a class.

    `examples`: cases per law; `seed`: the same cases every time (default: 0 under CI, else random); `pattern`: laws or
    families, comma-separated; `expect`: conventions to pin, "ties=first"; `like`: another target, whose conventions are
    pinned; `known`: files of known failures, with which a law passes; `huge`: also laws about arrays of gigabytes.

    Laws about callables or settings that the implementation neither offers nor declares are left out. Raises
    `poolproof.properties.contract.Unusable` if it offers nothing, TypeError or ValueError for wrong arguments.
    """
    from ..lawbook.huge import EVERY
    from ..run.known import complaints
    from ..run.like import like as other_target
    from ..run.like import with_pins
    from ..run.smoke import smoke_test
    from ..run.units import Kind, plan
    from ..targets.isolated import Isolation
    from ..targets.loading import load
    from ..targets.target import wrap
    from .arguments import chosen

    target = load(implementation, Isolation()) if isinstance(implementation, str) else wrap(implementation)
    smoke_test(target)
    request = chosen(
        target.spec, examples=examples, seed=seed, pattern=pattern, expect=expect, like=like, known=known, huge=huge
    )
    names = {target.spec: target.name}
    for each in (*target.warnings, *complaints(request.known_failures(), [], names, all_laws=False)):
        warnings.warn(each, stacklevel=2)
    # An object in hand cannot be loaded again in a process of its own, as a benchmark's check is.
    left_out = (Kind.OBSERVED,) if isinstance(implementation, str) else (Kind.OBSERVED, Kind.BENCHMARK)
    units = [unit for unit in plan(request) if unit.kind not in left_out]
    with other_target(request) as other:
        units = with_pins(units, {} if other is None else {target.spec: other.likeness(target)[1]})
    unable = {law.name for law in EVERY.values() if law.unsupported(target.declared, target.offers, target.evidence)}
    return [BoundLaw(unit, target, request) for unit in units if unit.name not in unable]


def check(
    implementation: Any,
    *,
    examples: int = 100,
    seed: int | None = None,
    pattern: str = "*",
    expect: Iterable[str] = (),
    like: str | None = None,
    known: Iterable[str | os.PathLike[str]] = (),
    huge: bool = False,
) -> None:
    """Try every law on an implementation. Raises one AssertionError with the message of each law that fails.

    The arguments are those of `laws`. A law that cannot run, for example for lack of memory, is a warning. Raises
    ValueError if no law applies to the implementation.
    """
    bound = laws(
        implementation, examples=examples, seed=seed, pattern=pattern, expect=expect, like=like, known=known, huge=huge
    )
    if not bound:
        raise ValueError(f"no law applies to {implementation!r}: it offers too little")
    messages = []
    for law in bound:
        try:
            law()
        except AssertionError as error:
            messages.append(str(error))
        except SkipTest as skipped:
            warnings.warn(str(skipped), stacklevel=2)
    if messages:
        failed = f"{len(messages)} of {len(bound)} laws failed"
        raise AssertionError("\n\n".join([*messages, failed]))
