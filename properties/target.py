"""A target in this process: found by its name, called with fresh arrays, and watched for what it does to memory."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from poolproof.kernels.geometry import Array

from .contract import CALLABLES, Declared, Unusable, declared, did_you_mean, near_misses, offered
from .layouts import laid_out

REFERENCE = ("naive", "compiled", "img2col")
"""The shipped kernels, found by these names before any module that may be called so."""

ADAPTERS = "poolproof.properties.adapters"


@dataclass(frozen=True)
class Call:
    """One question to a target: a callable, its arrays in the contract's order, and how they lie in memory.

    `in_place`: the arrays are handed over in the memory of the call before, if they have its shapes.
    """

    function: str
    arrays: dict[str, Array]
    size: Any
    stride: Any
    settings: dict[str, Any] = field(default_factory=dict)
    layout: str = "C"
    in_place: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back: a value or an error, and what was seen to happen to memory meanwhile.

    `value` is a copy of the result. `changed` names inputs that the call wrote to, `shares` inputs that the result
    overlaps; `stale` and `reuses` number earlier calls of the case whose results changed, or overlap this one.
    """

    value: Any = None
    error: str | None = None
    changed: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    stale: tuple[int, ...] = ()
    reuses: tuple[int, ...] = ()
    exited: str | None = None


class Target(Protocol):
    """What laws, conventions and doors need of a target, in whatever process it lives.

    `spec` is what the user wrote, `name` what messages call it.
    """

    spec: str
    name: str
    declared: Declared
    offers: tuple[str, ...]
    reference: bool
    warnings: list[str]

    def fresh(self) -> Target:
        """The same target for another law: a class is instantiated anew."""
        ...

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        ...

    def ask(self, call: Call) -> Answer:
        """Make one call."""
        ...

    def ask_together(self, calls: list[Call]) -> list[Answer]:
        """Make several calls at the same time, each from a thread of its own."""
        ...


class InProcess:
    """A target that lives in this process."""

    def __init__(self, make: Callable[[], Any], spec: str, *, reference: bool = False) -> None:
        self.make, self.spec, self.reference = make, spec, reference
        self.implementation = make()
        self.declared = declared(self.implementation, short(spec))
        self.name = name = self.declared.name
        self.offers = offered(self.implementation)
        self.warnings = [
            f"{name} has {near!r}, which is not of the contract; did you mean {meant!r}?"
            for near, meant in near_misses(self.implementation)
        ]
        self.results: list[tuple[Any, Any]] = []
        self.inputs: dict[str, Array] = {}
        if not self.offers:
            hint = " ".join(self.warnings)
            raise Unusable(f"{name} offers none of {', '.join(CALLABLES)}. {hint}".strip())

    def fresh(self) -> InProcess:
        """The same target for another law: a class is instantiated anew."""
        return InProcess(self.make, self.spec, reference=self.reference)

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        self.results.clear()
        self.inputs = {}

    def ask(self, call: Call) -> Answer:
        """Make one call, with arrays of its own; afterwards compare them, and all earlier results, with copies."""
        inputs = self.handed_over(call)
        result, error, exited = self.attempt(call, inputs)
        value = result.copy() if isinstance(result, np.ndarray) else result
        answer = Answer(
            value=value,
            error=error,
            exited=exited,
            changed=tuple(name for name, array in inputs.items() if written(array, call, name)),
            shares=tuple(name for name, array in inputs.items() if overlap(result, array)),
            stale=tuple(k for k, (kept, copy) in enumerate(self.results) if not same(kept, copy)),
            reuses=tuple(k for k, (kept, _) in enumerate(self.results) if overlap(result, kept)),
        )
        self.results = [(kept, kept.copy() if isinstance(kept, np.ndarray) else kept) for kept, _ in self.results]
        self.results.append((result, value))
        return answer

    def handed_over(self, call: Call) -> dict[str, Array]:
        """Fresh arrays in the layout of the call, or those of the call before with new values."""
        inputs = {name: laid_out(array, call.layout) for name, array in call.arrays.items()}
        if call.in_place and reusable(self.inputs, inputs):
            for name, array in self.inputs.items():
                np.copyto(array, inputs[name])
            return self.inputs
        self.inputs = inputs
        return inputs

    def attempt(self, call: Call, inputs: dict[str, Array]) -> tuple[Any, str | None, str | None]:
        """The bare call: its result, or the error it raised, or the way in which it tried to end the process."""
        try:
            function = getattr(self.implementation, call.function)
            return function(*inputs.values(), call.size, call.stride, **call.settings), None, None
        except Exception as error:
            return None, f"{type(error).__name__}: {error}", None
        except SystemExit as ending:
            return None, None, f"sys.exit({ending.code!r})"

    def ask_together(self, calls: list[Call]) -> list[Answer]:
        """Make several calls at the same time, each from a thread of its own, as often interrupted as can be."""
        outcomes: list[Any] = [None] * len(calls)
        start = threading.Barrier(len(calls))

        def one(k: int, inputs: dict[str, Array]) -> None:
            start.wait()
            outcomes[k] = self.attempt(calls[k], inputs)

        threads = [
            threading.Thread(target=one, args=(k, {name: laid_out(a, call.layout) for name, a in call.arrays.items()}))
            for k, call in enumerate(calls)
        ]
        with impatient():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return [Answer(value=value, error=error, exited=exited) for value, error, exited in outcomes]


@contextmanager
def impatient() -> Iterator[None]:
    """Let the interpreter change threads as often as it can, so that a race shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def reusable(old: dict[str, Array], new: dict[str, Array]) -> bool:
    """Whether the values of some arrays can be written into others."""
    shapes, before = ({name: (a.shape, a.dtype) for name, a in arrays.items()} for arrays in (new, old))
    return shapes == before and all(array.flags.writeable for array in old.values())


def written(array: Array, call: Call, name: str) -> bool:
    """Whether an input has other values than it was handed over with, or can no longer be written to."""
    frozen = not array.flags.writeable and call.layout not in ("read-only", "broadcast")
    return frozen or not same(array, call.arrays[name])


def same(a: Any, b: Any) -> bool:
    """Equal element by element, NaN equal to NaN; what is no array is not compared."""
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return True
    if a.dtype.kind == "f":
        return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())
    return np.array_equal(a, b)


def overlap(result: Any, other: Any) -> bool:
    """Whether two arrays share memory."""
    return isinstance(result, np.ndarray) and isinstance(other, np.ndarray) and np.shares_memory(result, other)


def load(spec: str) -> InProcess:
    """The target that a string names: `module:object`, `module`, `path/file.py:object`, `path/file.py`, or a shipped
    kernel or adapter, unless `module:` or `./` says otherwise. Raises Unusable with what is wrong or was perhaps meant.
    """
    if spec in REFERENCE:
        module = importlib.import_module(f"poolproof.kernels.{spec}")
        return InProcess(lambda: module, spec, reference=True)
    if spec in adapters():
        adapter = from_module(f"{ADAPTERS}.{spec}")
        return InProcess(lambda: adapter, spec)
    source, attribute = split(spec)
    module = from_file(Path(source)) if source.endswith(".py") else from_module(source)
    return wrap(find(module, attribute, source) if attribute else module, spec)


def adapters() -> list[str]:
    """The names of the shipped adapters."""
    folder = Path(__file__).parent / "adapters"
    return sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")


def wrap(implementation: Any, name: str = "") -> InProcess:
    """A target from an object in hand; a class is instantiated without arguments, once for each law."""
    name = name or getattr(implementation, "__name__", type(implementation).__name__)
    if not isinstance(implementation, type):
        return InProcess(lambda: implementation, name)
    try:
        return InProcess(implementation, name)
    except TypeError as error:
        raise Unusable(f"{name} is a class, but cannot be instantiated without arguments: {error}") from error


def short(spec: str) -> str:
    """What messages call a target that does not name itself: the file without folder and suffix, and the object."""
    source, attribute = split(spec)
    source = Path(source).stem if source.endswith(".py") else source
    return f"{source}:{attribute}" if attribute else source


def split(spec: str) -> tuple[str, str]:
    """Module or file, and the object in it; the last colon divides, unless it follows a drive letter."""
    source, colon, attribute = spec.rpartition(":")
    if not colon or attribute.startswith(("/", "\\")):
        return spec, ""
    if not attribute:
        return source, ""
    return source, attribute


def from_module(name: str) -> Any:
    """Import a module, with the working directory on the path, as `python -m` has it."""
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise Unusable(f"{name} cannot be imported: {error}") from error
        known = [*REFERENCE, *adapters(), *(file.stem for file in Path.cwd().glob("*.py"))]
        hint = did_you_mean(name, known)
        raise Unusable(f"target {name!r}: there is no module {error.name!r}; {hint}") from None
    except Exception as error:
        raise Unusable(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def from_file(path: Path) -> Any:
    """Import a file under its own name."""
    if not path.is_file():
        near = [str(file) for file in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise Unusable(f"target {str(path)!r}: there is no such file; {did_you_mean(str(path), near)}")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Unusable(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def find(module: Any, attribute: str, source: str) -> Any:
    """`attribute`, perhaps dotted, of a module."""
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [name for name in dir(found) if not name.startswith("_")]
            raise Unusable(f"{source} has no {part!r}; {did_you_mean(part, public)}")
        found = getattr(found, part)
    return found
