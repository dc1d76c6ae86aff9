"""Targets with fixed windows, which are read from attributes or found by trying images."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any, Callable, Dict, NamedTuple, Sequence, Tuple

import numpy as np

from ..remote.vocabulary import MEAN_SETTINGS
from .black_box import Unknown, first_lengths
from .drawn import DTYPES, refusal, usual
from .frameworks import Framework, TrialCall, differentiated
from .inference import RANKS, infer
from .known_pooling import KnownPooling
from .parameters import NAMES


class Whole(NamedTuple):
    """Code that pools images in one way: the wrapper, its name in messages, and `call(x)` on arrays of a framework.

    `source` says where the information about its windows comes from.
    """

    wrapper: str
    name: str
    framework: Framework
    call: Callable[[Any], Any]
    source: str = "as its attributes say"

    def ask(self, x: Any) -> Any:
        """The answer to a NumPy array."""
        return self.framework.outward(self.call(self.framework.inward(x)))


def fixed(whole: Whole, said: Dict[str, Any], declared: Dict[str, Any]) -> SimpleNamespace:
    """A target that is judged on its own windows; `said` has what its attributes say of them. Raises TypeError."""
    dtypes, refused = dtypes_of(whole, declared)
    pooling, notes = pooling_of(whole, said, dtypes[0], ranks_of(declared))
    windows = pooling.fixed()
    roles = (f"{pooling.kind}_forward", f"{pooling.kind}_backward")
    settings = [name for name in MEAN_SETTINGS if name in windows]
    defaults = {
        "fixed": windows,
        "dtypes": dtypes,
        "ranks": (len(pooling.axes),),
        "settings": dict.fromkeys(roles, settings),
    }
    trials = [TrialCall(dtypes[0], (1, 1, *lengths_of(pooling)), windows["size"], windows["stride"])]
    given = {roles[0]: of_windows(whole.call, windows), **defaults, **declared, "fixed": windows}
    made = differentiated(whole.wrapper, whole.framework, None, given, trials)
    made.__name__ = f"{whole.wrapper}({whole.name})"
    made.__notes__ = [*notes, *getattr(made, "__notes__", []), *refused]
    return made


def of_windows(call: Callable[[Any], Any], windows: Dict[str, Any]) -> Callable[..., Any]:
    """A function pool(x, size, stride, **settings) that refuses all other windows."""

    def pool(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        asked = {"size": size, "stride": stride, **settings}
        if any(windows.get(name) != value for name, value in asked.items()):
            raise ValueError(f"its windows are fixed, {in_words(windows)}, and not {in_words(asked)}")
        return call(x)

    return pool


def in_words(windows: Dict[str, Any]) -> str:
    """Windows as keywords."""
    return ", ".join(f"{name}={value}" for name, value in windows.items())


def dtypes_of(whole: Whole, declared: Dict[str, Any]) -> Tuple[Tuple[str, ...], list[str]]:
    """The dtypes of images that it answers, and notes about those that it refuses. Raises TypeError."""
    tried, said = usual(declared, "dtypes", DTYPES), []
    shapes = [(1, 2, *(length,) * rank) for rank in ranks_of(declared) for length in first_lengths(rank)]
    for dtype, shape in product(tried, shapes):
        said.append(refusal(whole.ask, np.ones(shape, dtype)))
        if not said[-1]:
            return others_of(whole, tried, dtype, shape)
    raise TypeError(f"{whole.wrapper}: {whole.name} answers no image of ones, of 8 cells an axis or more: {said[0]}")


def ranks_of(declared: Dict[str, Any]) -> Sequence[int]:
    """The possible ranks of its images: as declared, or the number of axes of declared windows."""
    size = declared.get("fixed", {}).get("size")
    return usual(declared, "ranks", (len(size),) if isinstance(size, (tuple, list)) else RANKS)


def others_of(
    whole: Whole, tried: Sequence[str], first: str, shape: Sequence[int]
) -> Tuple[Tuple[str, ...], list[str]]:
    """The dtypes of images of this shape that it answers, the first already known, and notes about the others."""
    refused = {dtype: refusal(whole.ask, np.ones(shape, dtype)) for dtype in tried if dtype != first}
    notes = [f"{dtype} is not tested: {whole.name} refuses it, {why}" for dtype, why in refused.items() if why]
    return (first, *(dtype for dtype, why in refused.items() if not why)), notes


def pooling_of(whole: Whole, said: Dict[str, Any], dtype: str, ranks: Sequence[int]) -> Tuple[KnownPooling, list[str]]:
    """The pooling that it should do, and a note that says which. Its attributes take precedence."""
    known = {name: value for name, value in said.items() if name in ("kind", *NAMES)}
    try:
        pooling = infer(whole.ask, ranks=ranks, dtype=dtype, **known)
    except Unknown as error:
        hint = "say what it should do, as kind='max', fixed={'size': (2, 2), 'stride': (2, 2)}"
        raise TypeError(f"{whole.wrapper}: {whole.name}: {error}; {hint}") from None
    found = f"judged as {pooling.words()}, " + (whole.source if known else "found by asking")
    return pooling, [found, *differing(whole, pooling, dtype, known)]


def differing(whole: Whole, pooling: KnownPooling, dtype: str, known: Dict[str, Any]) -> list[str]:
    """A note if its answers look like another pooling than its attributes describe."""
    if not known:
        return []
    try:
        seen = infer(whole.ask, ranks=(len(pooling.axes),), dtype=dtype)
    except Unknown as error:
        return [f"its answers do not look like it: {error}"]
    return [] if seen == pooling else [f"its answers look like {seen.words()}"]


def lengths_of(pooling: KnownPooling) -> Tuple[int, ...]:
    """Lengths for an image with two whole windows along each axis."""
    return tuple(axis.extent + axis.stride for axis in pooling.axes)
