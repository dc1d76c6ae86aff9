"""A reader of test vectors in Python: it calls an implementation, keeps its answers, and judges them.

The C reader of examples/vectors judges the same answers when they are written to a file (`answers_file`).
"""

import warnings
from collections import deque
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod

import numpy as np
from poolproof.properties.contract import MEAN
from poolproof.properties.report.vectors.flat import NUMBERS
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.refusals import is_internal
from poolproof.properties.targets.target import outside, wrap

ANSWERED, SKIPPED, REFUSED, FAILED = "answer", "skip", "refused", "failed"


@dataclass(frozen=True)
class Question:
    """A vector as read from the flat file."""

    number: int
    function: str
    dtype: np.dtype
    answer_dtype: np.dtype
    numbers: dict
    x: np.ndarray
    dy: np.ndarray | None
    ranges: np.ndarray
    sums: np.ndarray | None

    @property
    def rank(self):
        """The number of spatial axes."""
        return self.numbers["rank"][0]

    @property
    def shape(self):
        """The shape of an answer."""
        return self.x.shape if self.dy is not None else short(self.numbers["windows"], self.rank)

    @cached_property
    def window(self):
        """Size and stride."""
        return tuple(tuple(self.numbers[name][-self.rank :]) for name in ("size", "stride"))

    @cached_property
    def settings(self):
        """The keywords with other values than their defaults."""
        padding = tuple(zip(self.numbers["padding"][::2], self.numbers["padding"][1::2], strict=True))[-self.rank :]
        given = {
            "padding": padding if any(map(any, padding)) else None,
            "dilation": tuple(self.numbers["dilation"][-self.rank :]) if max(self.numbers["dilation"]) > 1 else None,
            "ceil_mode": True if self.numbers["ceil_mode"][0] else None,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if given and self.function in MEAN:
            given["count_include_pad"] = bool(self.numbers["count_include_pad"][0])
        return given


def short(shape, rank):
    """A shape without the leading axes of length one that fill it up."""
    return (*shape[:2], *shape[-rank:])


def read(data):
    """The vectors of a flat file."""
    head, place = line_at(data, 0)
    assert head[:3] == ["poolproof", "vectors", "1"]
    for _ in range(int(head[3])):
        words, place = line_at(data, place)
        question, place = question_at(words, data, place)
        yield question
    assert place == len(data)


def line_at(data, place):
    """The words of the line that begins at an offset, and the offset after it."""
    end = data.index(b"\n", place)
    return data[place:end].decode().split(" "), end + 1


def question_at(words, data, place):
    """A vector whose line has been read, and the offset of the next one."""
    number, function, dtype, answer_dtype, *integers = words
    integers = list(map(int, integers))
    numbers = {}
    for name, count in NUMBERS.items():
        numbers[name], integers = integers[:count], integers[count:]
    rank, kinds = numbers["rank"][0], [np.dtype(each).newbyteorder("<") for each in (dtype, answer_dtype)]
    image, windows = (short(numbers[name], rank) for name in ("x", "windows"))
    backward, sums = function.endswith("backward"), numbers["sums"][0]
    blocks = {
        "x": (kinds[0], image),
        "dy": (kinds[0], windows) if backward else None,
        "ranges": (kinds[1], (numbers["ranges"][0], 2, *(image if backward else windows))),
        "sums": (np.dtype("<f8"), (prod(image[:2]), 2)) if sums else None,
    }
    arrays = {}
    for name, block in blocks.items():
        arrays[name] = block and np.frombuffer(data, block[0], prod(block[1]), place).reshape(block[1])
        place += arrays[name].nbytes if block else 0
    return Question(int(number), function, *kinds, numbers, **arrays), place


# Calling.


class Memory:
    """Memory into which the arrays of one vector after another are read, as in a program that reuses its buffers."""

    def __init__(self):
        self.bytes = {}

    def holding(self, name, array):
        """The array, in the memory of the previous array of this name if that is large enough."""
        if name not in self.bytes or len(self.bytes[name]) < array.nbytes:
            self.bytes[name] = np.zeros(max(2 * array.nbytes, 1 << 12), np.uint8)
        held = self.bytes[name][: array.nbytes].view(array.dtype.newbyteorder("=")).reshape(array.shape)
        held[...] = array
        return held


class Asker:
    """An implementation that gets one vector after another, in the same memory and without anything in between."""

    def __init__(self, implementation):
        self.target = wrapped(implementation)
        self.made = self.target.make()
        self.memory = Memory()

    def ask(self, question):
        """The outcome of a vector: a status, and a result if there is one.

        The result is kept as the implementation returned it, so that it shows what later calls do to it.
        """
        if not self.takes(question):
            return SKIPPED, None
        arrays = {"dy": question.dy, "x": question.x}
        try:
            held = {name: self.memory.holding(name, each) for name, each in arrays.items() if each is not None}
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call = getattr(self.made, question.function)
                result = call(*held.values(), *question.window, **question.settings)
        except Exception as error:
            internal = is_internal([each.__name__ for each in type(error).__mro__])
            return FAILED if internal else REFUSED, None
        kept = all(each.flags.writeable and each.tobytes() == arrays[name].tobytes() for name, each in held.items())
        return (ANSWERED, result) if kept else (FAILED, None)

    def takes(self, question):
        """Whether the implementation offers the callable and takes the rank, the dtype and the settings."""
        return not outside(self.target, call_of(question))


def finished(status, result, question):
    """A result at the end, as an array to write down; indices of any integer dtype become int64."""
    if status != ANSWERED:
        return status, None
    if not isinstance(result, np.ndarray) or result.ndim != 2 + question.rank or result.dtype.kind not in "biuf":
        return FAILED, None
    whole = question.function == "max_indices" and result.dtype.kind in "iu"
    return status, result.astype(np.int64) if whole else result


# Judging.


def right(question, status, answer, before=None):
    """Whether an answer is right; `before` is the answer to the previous vector. A skipped vector counts as neither."""
    if status == REFUSED:
        return bool(question.numbers["may refuse"][0])
    if status != ANSWERED or answer.dtype != question.answer_dtype.newbyteorder("=") or answer.shape != question.shape:
        return False
    if question.numbers["same as before"][0] and before is not None and before.tobytes() != answer.tobytes():
        return False
    found = keys(answer)
    inside = [(keys(least) <= found) & (found <= keys(most)) for least, most in question.ranges]
    return bool(np.any(inside, axis=0).all()) and (question.sums is None or sums_right(answer, question.sums))


def sums_right(answer, sums):
    """Whether each plane adds up to its sum."""
    totals = answer.astype(np.float64).reshape(len(sums), -1).sum(axis=1)
    return bool(((sums[:, 0] <= totals) & (totals <= sums[:, 1])).all())


def keys(array):
    """Integers in the order of the numbers: zeros of both signs are equal, and NaN lies beyond infinity."""
    if array.dtype.kind != "f":
        return array
    bits = np.ascontiguousarray(array).view(f"i{array.dtype.itemsize}").astype(np.int64)
    least = np.int64(-1) << (8 * array.dtype.itemsize - 1)
    return np.where(bits < 0, least - bits, bits)


RECENT = 8
"""How many results are checked again after each later call."""


def rejected_after(implementation, questions):
    """How many vectors it takes until an answer is wrong or an earlier result has changed; 0 if that never happens."""
    asker, before, recent = Asker(implementation), None, deque(maxlen=RECENT)
    for question in questions:
        status, result = asker.ask(question)
        status, answer = finished(status, result, question)
        changed = any(kept.tobytes() != was for kept, was in recent)
        if changed or (status != SKIPPED and not right(question, status, answer, before)):
            return question.number
        before = answer
        if answer is not None:
            recent.append((result, result.tobytes()))
    return 0


@cache
def wrapped(implementation):
    """An implementation with its callables and declarations."""
    return wrap(implementation)


def call_of(question):
    """The vector as a call."""
    arrays = {"dy": question.dy, "x": question.x} if question.dy is not None else {"x": question.x}
    return Call(question.function, arrays, *question.window, question.settings)


# Answers as a file, for the C reader.


def answers_file(implementation, questions):
    """The file of an implementation's answers: all vectors are tried before the first answer is written."""
    asker = Asker(implementation)
    answers = [(question, *asker.ask(question)) for question in questions]
    return b"poolproof answers 1\n" + b"".join(answer_line(*each) for each in answers)


def answer_line(question, status, result):
    """The line of an answer and its bytes."""
    status, answer = finished(status, result, question)
    if answer is None:
        return f"{question.number} {status} none 0 0 0 0 0 0\n".encode()
    shape = (*answer.shape[:2], *(1,) * (3 - question.rank), *answer.shape[2:])
    line = " ".join(map(str, (question.number, status, answer.dtype.name, answer.itemsize, *shape)))
    return f"{line}\n".encode() + np.ascontiguousarray(answer).tobytes()
