"""The target's side of the protocol: one file, standard library and NumPy alone, for Python 3.7 and newer.

`python worker.py` loads a target and answers calls over its standard streams; nothing else of poolproof need be there.
The suite imports the same file, for the frames and to call targets in its own process, so that both kinds are
called, and watched, by the same lines.
"""

from __future__ import annotations

import ctypes
import difflib
import importlib
import importlib.util
import json
import os
import platform
import signal
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

VERSION = 1
MAGIC = b"PPF1"
HEAD = struct.Struct(">4sIQ")
"""Every frame begins with the magic, the bytes of its header, and the bytes of its payload."""

MOST_HEADER = 1 << 24
CACHE_LINE = 64
EVIDENCE = ("changed", "shares", "stale", "reuses", "layouts", "threads")
"""What this worker can tell of a call beyond its result, and do with the arrays of one."""

Header = dict[str, Any]


class ProtocolError(Exception):
    """What came is no frame, or not one that is allowed."""


class Unloadable(Exception):
    """The target cannot be imported, or is not there."""


def pack(header: Header, payload: bytes = b"") -> bytes:
    """A frame."""
    text = json.dumps(header).encode()
    return HEAD.pack(MAGIC, len(text), len(payload)) + text + payload


def unpack(read: Callable[[int], bytes], limit: int) -> tuple[Header, bytes]:
    """The next frame; `read(n)` gives exactly n bytes. Raises ProtocolError before reading more than allowed."""
    magic, header_length, payload_length = HEAD.unpack(read(HEAD.size))
    if magic != MAGIC:
        raise ProtocolError(f"expected a frame, got {magic!r}")
    if header_length > MOST_HEADER or payload_length > limit:
        raise ProtocolError(f"a frame of {header_length} + {payload_length} bytes is too large")
    try:
        header = json.loads(read(header_length).decode())
    except ValueError as error:
        raise ProtocolError(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise ProtocolError("the header is not a JSON object")
    return header, read(payload_length)


def described(array: Any) -> tuple[Header, bytes]:
    """An array with its layout: the memory it spans, and where in it the elements lie."""
    below = sum((n - 1) * s for n, s in zip(array.shape, array.strides) if s < 0) if array.size else 0
    above = sum((n - 1) * s for n, s in zip(array.shape, array.strides) if s > 0) if array.size else 0
    address = array.__array_interface__["data"][0] + below
    length = above - below + array.itemsize if array.size else 0
    header = {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "strides": list(array.strides),
        "offset": -below,
        "alignment": address % CACHE_LINE,
        "writeable": bool(array.flags.writeable),
        "bytes": length,
    }
    return header, ctypes.string_at(address, length) if length else b""


def rebuilt(header: Header, memory: bytes) -> Any:
    """The array that `described` saw, in memory of its own."""
    block = np.zeros(len(memory) + 2 * CACHE_LINE, np.uint8)
    start = (header["alignment"] - block.__array_interface__["data"][0]) % CACHE_LINE
    block[start : start + len(memory)] = np.frombuffer(memory, np.uint8)
    offset, strides = start + header["offset"], tuple(header["strides"])
    array = np.ndarray(tuple(header["shape"]), np.dtype(header["dtype"]), block.data, offset, strides)
    array.flags.writeable = header["writeable"]
    return array


class Host:
    """An implementation, called with arrays of its own and watched for what it does to memory."""

    def __init__(self, make: Callable[[], Any], *, isolated: bool = False) -> None:
        self.make, self.isolated = make, isolated
        self.implementation = make()
        self.results: list[tuple[Any, Any]] = []
        self.inputs: dict[str, Any] = {}

    def renew(self) -> None:
        """For another law: a class is instantiated anew."""
        self.implementation = self.make()
        self.begin()

    def begin(self) -> None:
        """A new case: earlier results need not be watched any longer."""
        self.results, self.inputs = [], {}

    def ask(self, function: str, inputs: dict[str, Any], rest: tuple[Any, ...], settings: Header) -> Header:
        """Make one call; afterwards compare its inputs, and all earlier results, with copies."""
        before = {name: (array.copy(), array.flags.writeable) for name, array in inputs.items()}
        answer = self.attempt(function, inputs, rest, settings)
        result = answer.get("value")
        answer["value"] = result.copy() if isinstance(result, np.ndarray) else result
        answer["changed"] = [name for name, array in inputs.items() if written(array, *before[name])]
        answer["shares"] = [name for name, array in inputs.items() if overlap(result, array)]
        answer["stale"] = [k for k, (kept, copy) in enumerate(self.results) if not same(kept, copy)]
        answer["reuses"] = [k for k, (kept, _) in enumerate(self.results) if overlap(result, kept)]
        self.results = [(kept, kept.copy() if isinstance(kept, np.ndarray) else kept) for kept, _ in self.results]
        self.results.append((result, answer["value"]))
        return answer

    def handed_over(self, inputs: dict[str, Any], in_place: bool) -> dict[str, Any]:
        """These arrays; or those of the call before with the values of these, if they have their shapes."""
        if in_place and reusable(self.inputs, inputs):
            for name, array in self.inputs.items():
                np.copyto(array, inputs[name])
            return self.inputs
        self.inputs = inputs
        return inputs

    def attempt(self, function: str, inputs: dict[str, Any], rest: tuple[Any, ...], settings: Header) -> Header:
        """The bare call: its result, or the error it raised, or how it tried to end the process."""
        try:
            return {"value": getattr(self.implementation, function)(*inputs.values(), *rest, **settings)}
        except Exception as error:
            return {"value": None, "error": f"{type(error).__name__}: {error}"}
        except SystemExit as ending:
            return {"value": None, "exited": f"sys.exit({ending.code!r})"}
        except KeyboardInterrupt:
            if not self.isolated:
                raise
            return {"value": None, "exited": "KeyboardInterrupt"}

    def together(
        self, calls: list[tuple[str, dict[str, Any], tuple[Any, ...], Header]], seconds: float
    ) -> list[Header]:
        """Make several calls at the same time, each again and again from a thread of its own, often interrupted.

        The answer to each is the first that differs from those before it in its thread, or else the first of all.
        """
        answers: list[Header] = [{} for _ in calls]
        start = threading.Barrier(len(calls))

        def one(k: int) -> None:
            start.wait()
            answers[k], end = self.attempt(*calls[k]), time.monotonic() + seconds
            while time.monotonic() < end:
                again = self.attempt(*calls[k])
                if again.keys() != answers[k].keys() or not same(again["value"], answers[k]["value"]):
                    answers[k] = again
                    return

        threads = [threading.Thread(target=one, args=(k,)) for k in range(len(calls))]
        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(usual)
        return answers


def reusable(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the values of some arrays can be written into others."""
    shapes, before = ({name: (a.shape, a.dtype) for name, a in arrays.items()} for arrays in (new, old))
    return shapes == before and all(array.flags.writeable for array in old.values())


def written(array: Any, before: Any, writeable: bool) -> bool:
    """Whether an input has other values than before, or can no longer be written to."""
    return bool(array.flags.writeable) != writeable or not same(array, before)


def same(a: Any, b: Any) -> bool:
    """Equal element by element, NaN equal to NaN; what is no array is not compared."""
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return True
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


def overlap(result: Any, other: Any) -> bool:
    """Whether two arrays share memory."""
    return isinstance(result, np.ndarray) and isinstance(other, np.ndarray) and bool(np.shares_memory(result, other))


def load(source: str, attribute: str, paths: list[str]) -> Callable[[], Any]:
    """How to make the target: the object itself, or a call of a class. Raises Unloadable with what is wrong.

    `source` is a module or a file; `paths` come before everything else where modules are looked for.
    """
    sys.path[:0] = [path for path in paths if path not in sys.path]
    module = from_file(source) if source.endswith(".py") else from_module(source, paths)
    found = find(module, attribute, source) if attribute else module
    return found if isinstance(found, type) else lambda: found


def from_module(name: str, paths: list[str]) -> Any:
    """Import a module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise Unloadable(f"{name} cannot be imported: {error}") from error
        files = [
            file[:-3] for path in paths if os.path.isdir(path) for file in os.listdir(path) if file.endswith(".py")
        ]
        raise Unloadable(f"there is no module {error.name!r}; {suggestion(name, files)}") from None
    except (Exception, SystemExit) as error:
        raise Unloadable(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def from_file(path: str) -> Any:
    """Import a file under its own name, with its folder where modules are looked for."""
    folder, file = os.path.split(os.path.abspath(path))
    if not os.path.isfile(path):
        near = [name for name in os.listdir(folder) if name.endswith(".py")] if os.path.isdir(folder) else []
        raise Unloadable(f"there is no such file: {path}; {suggestion(file, near)}")
    spec = importlib.util.spec_from_file_location(file[:-3], path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    try:
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    except (Exception, SystemExit) as error:
        raise Unloadable(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def find(module: Any, attribute: str, source: str) -> Any:
    """`attribute`, perhaps dotted, of a module."""
    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [name for name in dir(found) if not name.startswith("_")]
            raise Unloadable(f"{source} has no {part!r}; {suggestion(part, public)}")
        found = getattr(found, part)
    return found


def suggestion(word: str, known: list[str]) -> str:
    """The end of a message about an unknown word: a near one, or all there are."""
    near = difflib.get_close_matches(word, known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are: {', '.join(known)}" if known else "there is nothing else"


class Server:
    """Answers frames until there are no more."""

    def __init__(self, source: int, sink: int) -> None:
        self.source, self.sink = source, sink
        self.host: Host | None = None
        self.law = self.case = 0

    def read(self, length: int) -> bytes:
        """Exactly so many bytes; the end of the stream ends the worker."""
        parts = []
        while length:
            part = os.read(self.source, min(length, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def write(self, frame: bytes) -> None:
        """A whole frame."""
        view = memoryview(frame)
        while view:
            view = view[os.write(self.sink, view) :]

    def serve(self) -> None:
        """One frame after another."""
        while True:
            header, payload = unpack(self.read, 1 << 40)
            try:
                answer, memory = getattr(self, "on_" + str(header.get("type")))(header, payload)
            except Unloadable as error:
                answer, memory = {"type": "error", "message": str(error)}, b""
            self.write(pack(answer, memory))

    def on_hello(self, header: Header, _: bytes) -> tuple[Header, bytes]:
        """Load the target, and tell what it is."""
        if header["version"] != VERSION:
            raise Unloadable(f"protocol version {header['version']}, but this worker speaks {VERSION}")
        limit_memory(header.get("memory"))
        make = load(header["source"], header["attribute"], header["paths"])
        try:
            self.host = Host(make, isolated=True)
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise Unloadable(f"{header['attribute']} cannot be instantiated without arguments: {what}") from error
        found = self.host.implementation
        return {
            "type": "hello",
            "version": VERSION,
            "offers": [name for name in header["callables"] if callable(getattr(found, name, None))],
            "declared": {name: plain(getattr(found, name)) for name in header["declarations"] if hasattr(found, name)},
            "names": [name for name in dir(found) if not name.startswith("_")],
            "evidence": list(EVIDENCE),
            "environment": {"python": platform.python_version(), "numpy": np.__version__},
        }, b""

    def on_call(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        """One call."""
        host = self.at_case(header)
        ((function, inputs, rest, settings),) = self.questions([header], payload)
        inputs = host.handed_over(inputs, header.get("in_place", False))
        answer, memory = encoded(host.ask(function, inputs, rest, settings), header["limit"])
        return dict(answer, type="answer"), memory

    def on_together(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        """Several calls at the same time."""
        host = self.at_case(header)
        questions = self.questions(header["calls"], payload)
        answers = [encoded(each, header["limit"]) for each in host.together(questions, header["seconds"])]
        return {"type": "answers", "answers": [a for a, _ in answers]}, b"".join(memory for _, memory in answers)

    def at_case(self, header: Header) -> Host:
        """The target, made anew for another law, and with nothing to watch at another case."""
        if self.host is None:
            raise Unloadable("hello should come first")
        if header["law"] != self.law:
            self.law = header["law"]
            self.host.renew()
        if header["case"] != self.case:
            self.case = header["case"]
            self.host.begin()
        return self.host

    def questions(
        self, calls: list[Header], payload: bytes
    ) -> list[tuple[str, dict[str, Any], tuple[Any, ...], Header]]:
        """The calls of a frame, with their arrays."""
        chunks = memory_of(payload, [array["bytes"] for call in calls for array in call["arrays"]])
        asked = []
        for call in calls:
            inputs = {array["name"]: rebuilt(array, next(chunks)) for array in call["arrays"]}
            settings = {name: nested(value) for name, value in call.get("settings", {}).items()}
            asked.append((call["function"], inputs, (nested(call["size"]), nested(call["stride"])), settings))
        return asked


def memory_of(payload: bytes, lengths: list[int]) -> Iterator[bytes]:
    """The parts of a payload. Raises ProtocolError unless the lengths add up."""
    if sum(lengths) != len(payload):
        raise ProtocolError(f"arrays of {sum(lengths)} bytes in a payload of {len(payload)}")
    start = 0
    for length in lengths:
        yield payload[start : start + length]
        start += length


def encoded(answer: Header, limit: int) -> tuple[Header, bytes]:
    """An answer as header and payload. What is no array of numbers, or too large, is only described."""
    value = answer.pop("value")
    if not isinstance(value, np.ndarray):
        return dict(answer, kind=type(value).__name__), b""
    if value.dtype.hasobject or value.nbytes > limit:
        what = f"an array of dtype {value.dtype} and shape {value.shape}"
        return dict(answer, kind=what), b""
    native = np.ascontiguousarray(value).reshape(value.shape)
    return dict(answer, kind="array", dtype=value.dtype.str, shape=list(value.shape)), native.tobytes()


def nested(value: Any) -> Any:
    """JSON lists as tuples, all the way down, and one coded float as a float."""
    if isinstance(value, dict):
        return float(value["float"])
    return tuple(nested(entry) for entry in value) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """A declaration as JSON; what has no such form is given as text, for the suite to refuse."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def limit_memory(limit: int | None) -> None:
    """Let the system refuse more memory than this, in bytes, where it has such limits."""
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def die_with_parent() -> None:
    """Ask Linux to end this process with the one that started it, even if a call never returns."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    """Keep the streams for frames, and give the target others."""
    die_with_parent()
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        Server(source, sink).serve()
    except BaseException:
        traceback.print_exc()
        os._exit(70)


if __name__ == "__main__":
    main()
