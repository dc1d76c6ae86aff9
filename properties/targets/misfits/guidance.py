"""Guidance: the lines that a misfit needs, in words and in Python, confirmed in a new process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from ... import wrappers
from ...contract import Unusable
from ...remote.worker import ProtocolError
from ..isolated import Isolated, Isolation, hello, worker_command
from ..target import outside
from .candidates import Root
from .probes import WINDOWS, Names, has_shape, is_right, is_widened, probe
from .search import PLAINEST, Fit, Fitting
from .sorts import Sort, advice, sort_of
from .workshop import Over, Workshop

FLOAT64 = 'dtypes=("float64",)'

NARROW = {
    ("square",): "only square windows with equal strides come out right",
    ("tiles",): "only windows whose stride is their size come out right",
    ("square", "tiles"): "only square windows whose stride is their size come out right",
}
WIDENS = "float32 input gives float64 results"


class Source(NamedTuple):
    """Where an implementation comes from: a module or file, an object in it, and its import path."""

    source: str
    attribute: str
    paths: list[str]
    isolation: Isolation

    def root(self) -> Root | None:
        """The implementation in lines of Python, or None if it cannot be imported by its name."""
        module = Path(self.source).stem if self.source.endswith(".py") else self.source
        # A file may have the same name as the wrapper that it needs.
        name = f"my_{module}" if module in wrappers.__all__ else module
        expression = f"{name}.{self.attribute}" if self.attribute else name
        if not all(name.isidentifier() and name.isascii() for name in expression.split(".")):
            return None
        imports = f"import {module}" if name == module else f"import {module} as {name}"
        return Root(imports, expression, expression.rpartition(".")[0] if self.attribute else "")


def guidance(source: Source) -> str:
    """What an implementation needs to keep the contract; empty if nothing is found or nothing is needed.

    It is found in one process and confirmed in another.
    """
    root = source.root()
    if root is None:
        return ""
    try:
        with closing(Workshop(root.imports, source.paths, source.isolation)) as workshop:
            sort = sort_of(workshop, root)
            found = None if sort else Fitting(workshop, root).found()
        if sort:
            return advice(source.attribute, sort, hindrance(source, sort))
        if found is None or not found.keywords:
            return ""
        with closing(Workshop(root.imports, source.paths, source.isolation)) as workshop:
            return confirmed(workshop, root, found)
    except (Over, ProtocolError):
        return ""


def hindrance(source: Source, sort: Sort) -> Unusable | None:
    """Why `--as` does not help as it is; None if it does."""
    first = hello(source.source, source.attribute, source.paths, {"as": sort.wrapper})
    target = Isolated(f"--as {sort.wrapper}", worker_command(source.isolation), first, source.isolation)
    try:
        target.introduce()
    except Unusable as error:
        return error
    target.end()
    return None


def second_look(target: Isolated) -> str:
    """What a target needs if usual answers are not arrays of the right shape and dtype; empty if nothing is found."""
    if "as" in target.hello:
        return ""
    source = Source(target.hello["source"], target.hello["attribute"], target.hello["paths"], target.isolation)
    if not source.source:
        return ""
    # These calls are only for guidance, and should take little time from a run if they hang.
    target.hurry("hung")
    suspect = is_suspect(target)
    target.hurry("")
    return guidance(source) if suspect else ""


def is_suspect(target: Isolated) -> bool:
    """Whether an answer to a usual call does not fit the contract, or is right except for its dtype."""
    for role in target.offers:
        calls = (probe(role, WINDOWS[()][0], dtype) for dtype in ("float32", "float64"))
        call = next((each for each in calls if not outside(target, each)), None)
        if call is None:
            continue
        answer = target.ask(call)
        if answer.death:
            return False
        if not has_shape(call, answer) or is_widened(call, answer):
            return True
    return False


def confirmed(workshop: Workshop, root: Root, found: Fit) -> str:
    """The guidance for a form, if everything found right in it is right in this process too."""
    target = workshop.load(found.lines(root))
    if target is None or not all(right(workshop, target, role, found.narrowing) for role in found.keywords):
        return ""
    calls = [probe(role, PLAINEST, "float32") for role in found.keywords]
    widens = any(is_widened(call, workshop.ask(target, call)) for call in calls)
    return declare(found, widens) if found.is_plain else wrap(root, found, widens)


def right(workshop: Workshop, target: Isolated, role: str, narrowing: Names) -> bool:
    """Whether a function of a target is right on all windows within its declarations."""
    calls = [probe(role, windows) for windows in WINDOWS[narrowing]]
    return all(is_right(call, workshop.ask(target, call)) for call in calls)


def declare(found: Fit, widens: bool) -> str:
    """The declarations that an implementation needs; empty if none."""
    told, lines = [], [f"    {name} = True" for name in found.narrowing]
    if lines:
        told.append(f"{NARROW[found.narrowing]}. If no others are meant to, declare it")
    if widens:
        told.append(f"{WIDENS}. Cast the result to x.dtype or, if float64 alone is meant, declare it")
        lines.append(f"    {FLOAT64.replace('=', ' = ')}")
    return "\n".join([f"{'; '.join(told)}:", *lines]) if lines else ""


def wrap(root: Root, found: Fit, widens: bool) -> str:
    """The lines that make a target from an implementation, and why they are needed."""
    first_with = {trait: name for name, trait in reversed(found.traits) if trait}
    told = [f"{name} {trait}" for trait, name in reversed(first_with.items())]
    told += [NARROW[found.narrowing]] if found.narrowing and not found.form.ints else []
    told += [WIDENS] if widens else []
    told += [f"{name} is left out, because it is wrong in every form that was tried" for name in found.left_out]
    lines = found.lines(root, *([FLOAT64] if widens else []))
    return (
        f"{'; '.join(told) or 'its functions have other names than those of the contract'}. Put these lines into a "
        f"file beside it, wrapped.py for example, and check wrapped.py:target:\n{indent(lines.strip(), '    ')}"
    )
