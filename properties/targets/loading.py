"""Loading targets by the names that users write: shipped kernels in this process, others in processes of their own."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..contract import Unusable, did_you_mean
from ..data.text import cleaned
from ..remote.worker import Unloadable
from ..remote.worker import load as load_here
from .isolated import Isolated, Isolation, hello, worker_command
from .misfits import Source, guidance
from .peers import PEERS
from .programs import interpreter, program
from .target import InProcess, Misfit, Target, short, split
from .wrapped import known_wrapping, problem_file

REFERENCE = ("naive", "compiled", "img2col")
"""The shipped kernels of a default run. Their names take precedence over modules of the same name."""

ON_DEVICE = ("cuda",)
"""The shipped kernels that need a GPU, or its simulator. They run in processes of their own: an error on a device makes
it unusable for the whole process, and a process that uses one cannot be forked."""

COMMAND = "command:"
"""The prefix of a target that is a program of its own, speaking the protocol."""


def load(spec: str, isolation: Isolation | None = None) -> Target:
    """The target that a text names.

    It is `module:object`, `module`, `path/file.py:object`, `path/file.py`, `command:program arguments`, or a shipped
    kernel or adapter, unless `module:` or `./` stands before it. `@python` after it names the interpreter that runs it,
    and `module(...)` around it, or another name of `AS`, a wrapper.

    Without `isolation` it is loaded into this process. Raises Unusable with what is wrong or may be meant.
    """
    if spec in REFERENCE:
        module = importlib.import_module(f"poolproof.kernels.{spec}")
        return InProcess(lambda: module, spec)
    if spec in ON_DEVICE:
        return on_device(spec, isolation)
    if spec.startswith(COMMAND):
        isolation = isolation or Isolation()
        words = program(spec[len(COMMAND) :])
        target = Isolated(spec, words, hello("", "", []), isolation, Path(words[-1]).stem).introduce()
        return used_device(target, isolation.device)
    wrapping = known_wrapping(spec)
    plain, python = at_interpreter(wrapping.spec)
    if wrapping.wrapper and (is_shipped(plain) or plain.startswith(COMMAND)):
        raise Unusable(f"{plain!r} already keeps the contract, and cannot be wrapped as {wrapping.wrapper}")
    source, attribute, paths = located(plain)
    problem = problem_file(wrapping)
    if python:
        isolation = replace(isolation or Isolation(), python=python)
    if isolation is None:
        return loaded_here(spec, source, attribute, paths, wrapping.wrapper, problem)
    isolation = replace(isolation, python=interpreter(isolation.python))
    taken_for = {"as": wrapping.wrapper, "problem": problem} if wrapping.wrapper else {}
    placed = {"device": isolation.device} if isolation.device else {}
    first = hello(source, attribute, paths, {**taken_for, **placed})
    try:
        target = Isolated(spec, worker_command(isolation), first, isolation, short(plain)).introduce()
        return used_device(target, isolation.device)
    except Misfit as error:
        needed = "" if plain in PEERS or taken_for else guidance(Source(source, attribute, paths, isolation))
        raise Unusable("\n".join(filter(None, [hinted(plain, error), needed]))) from None
    except Unusable as error:
        raise Unusable(hinted(plain, error)) from None


def on_device(kernel: str, isolation: Isolation | None) -> Target:
    """A shipped kernel that needs a device. It runs under the suite's interpreter, where it is installed."""
    module = f"poolproof.kernels.{kernel}"
    if isolation is None:
        return loaded_here(kernel, module, "", [])
    command = worker_command(replace(isolation, python=sys.executable))
    return Isolated(kernel, command, hello(module, "", []), isolation, kernel).introduce()


def used_device(target: Isolated, device: str | None) -> Isolated:
    """The target, if a note says that it uses the requested device. Raises Unusable."""
    if device and f"on the device {device}" not in target.notes:
        target.end()
        told = "is for tensors of PyTorch: the adapter torch, torch_function, module, and --as"
        raise Unusable(f"{target.spec} does not use the device; --device={device} {told}")
    return target


@contextmanager
def last_on_path() -> Iterator[None]:
    """Move to the end of the import path what is added meanwhile: a target's modules must not shadow ours."""
    before = list(sys.path)
    try:
        yield
    finally:
        added = [path for path in sys.path if path not in before]
        sys.path[:] = [*(path for path in sys.path if path in before), *added]


def loaded_here(spec: str, source: str, attribute: str, paths: list[str], *wrapping: str) -> InProcess:
    """A target loaded into this process. Raises Unusable, also for an exit at import."""
    try:
        with last_on_path():
            return InProcess(load_here(source, attribute, paths, *wrapping), spec)
    except (Unloadable, TypeError) as error:
        raise Unusable(f"target {spec!r}: {hinted(spec, error)}") from None
    except (KeyboardInterrupt, Unusable):
        raise
    except BaseException as error:
        raise Unusable(f"target {spec!r} cannot be loaded: {cleaned(f'{type(error).__name__}: {error}')}") from None


def is_shipped(spec: str) -> bool:
    """Whether a target is a kernel or an adapter of poolproof, under the interpreter that the user chooses."""
    return is_kernel(spec) or spec in PEERS


def is_kernel(spec: str) -> bool:
    """Whether a target is a kernel of poolproof, to which the laws about reference kernels apply."""
    return spec in REFERENCE or spec in ON_DEVICE


def at_interpreter(spec: str) -> tuple[str, str]:
    """A target, and the interpreter that runs it, if its name ends in `@python`; a file's name may end so too."""
    plain, at, python = spec.rpartition("@")
    if not at or os.path.exists(split(spec)[0]):
        return spec, ""
    try:
        return plain, interpreter(python)
    except Unusable as error:
        raise Unusable(f"target {spec!r}: {error}") from None


def located(spec: str) -> tuple[str, str, list[str]]:
    """Module or file, object in it, and where it may import from: its own folder, and the working directory."""
    if spec in PEERS:
        return PEERS[spec].path, PEERS[spec].attribute, []
    source, attribute = split(spec)
    here = working_folder()
    if not source.endswith(".py"):
        return source, attribute, [here]
    file = Path(source).resolve()
    return str(file), attribute, [str(file.parent), here]


def working_folder() -> str:
    """The working folder. Raises Unusable if it has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise Unusable("the working folder has been removed") from None


def hinted(spec: str, error: Exception) -> str:
    """The message, with a shipped name that may be meant, or the requirement of a shipped adapter."""
    text = cleaned(str(error))
    if spec in PEERS:
        return f"{text}; the adapter needs its library: {PEERS[spec].install}"
    known = spec in ON_DEVICE or os.path.exists(split(spec)[0])
    hint = "" if known else did_you_mean(spec, [*REFERENCE, *ON_DEVICE, *PEERS])
    return f"{text}; {hint}" if hint.startswith("did") and "did you mean" not in text else text
