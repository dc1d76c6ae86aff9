"""The contract of an implementation: the callables it may offer, and the declarations that narrow its tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Any

from poolproof.kernels.dtypes import FLOATS, IEEE_FLOATS, INTEGERS, Ints
from poolproof.kernels.geometry import Axis, Geometry

from .data.errors import Unusable
from .data.text import MOST_NAME, cleaned, shown
from .remote.vocabulary import BACKWARD, CALLABLES, DECLARATION_NAMES, FORWARD, MEAN_SETTINGS, SETTINGS, did_you_mean
from .remote.worker import said

__all__ = [
    "BACKWARD", "CALLABLES", "CHOICES", "DECLARATIONS", "DTYPES", "FORWARD", "MEAN", "MEAN_SETTINGS", "RESULT",
    "SETTINGS", "Declared", "Fixed", "Unusable", "declared", "did_you_mean", "near_misses",
]  # fmt: skip

Pairs = tuple[tuple[int, int], ...]
"""Padding: (begin, end) for each axis."""

MEAN = ("mean_forward", "mean_backward")
OF_INTEGERS = ("max_forward", "max_indices")
"""The callables that are also tested with integers; the others take floats only."""

DTYPES = ("bool", *INTEGERS, *IEEE_FLOATS, "bfloat16")
"""The dtypes that may be declared; bfloat16 is tested if ml_dtypes is installed."""

WIDEST_FIRST = tuple(dtype for dtype in ("float64", "float32", "float16", "bfloat16") if dtype in FLOATS)
"""The floats that can be tested, the widest first."""

RESULT = {"max_forward": "y", "mean_forward": "y", "max_backward": "dx", "mean_backward": "dx", "max_indices": "i"}
"""The name of each callable's result, in messages as in the contract."""


LEAST_CELLS = 1 << 12
"""The least value of `max_cells`: enough for a few windows of every kind, on several channels."""

MOST_WARNINGS = 10
"""The most near misses that are printed for a target."""


@dataclass(frozen=True)
class Fixed:
    """The only windows that a target pools: their size and stride, and the settings that every call passes."""

    size: Ints
    stride: Ints
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def stated(self) -> dict[str, Any]:
        """The windows as declared."""
        return {"size": self.size, "stride": self.stride, **dict(self.settings)}

    def passed(self, function: str) -> dict[str, Any]:
        """The settings that calls of a function pass; a maximum takes no `count_include_pad`."""
        return {name: value for name, value in self.settings if name in SETTINGS or function in MEAN}

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The windows along each axis of an image of a single cell; on any other image they start at the same cells."""
        return Geometry.of(self.size, self.stride, **dict(self.settings)).axes((1,) * len(self.size))

    @cached_property
    def extents(self) -> Ints:
        """The number of cells from the first to the last of a window, along each axis."""
        return tuple(axis.extent for axis in self.axes)

    @cached_property
    def first_whole(self) -> Ints:
        """The first window that lies wholly in the image, after any that begin in padding."""
        return tuple(-(-axis.begin // axis.stride) for axis in self.axes)

    @cached_property
    def image(self) -> Ints:
        """The shape of the smallest image that has such a window."""
        starts = (axis.start(first) for axis, first in zip(self.axes, self.first_whole, strict=True))
        return tuple(start + extent for start, extent in zip(starts, self.extents, strict=True))


@dataclass(frozen=True)
class Declared:
    """The declarations of an implementation. Every field is an optional attribute of it; these are the defaults.

    `dtypes` is a tuple for all callables, or a dict with a tuple for each, if some take more than others; `lacks` has
    patterns "callable dtype rank" for combinations that are not supported. `settings` has the keywords that each
    callable takes: as declared, or else as named in its signature. `layout` is the memory layout of every array that it
    gets. `fixed` are the only windows to test, if there is such a restriction. `count_include_pad` is not a declaration
    but an observation, of what a mean does that takes `padding` without this keyword.
    """

    name: str = ""
    version: str = ""
    dtypes: tuple[str, ...] | dict[str, tuple[str, ...]] = field(default=IEEE_FLOATS, hash=False)
    ranks: tuple[int, ...] = (2,)
    lacks: tuple[str, ...] = ()
    square: bool = False
    tiles: bool = False
    padding: str = "any"
    padding_limit: str | None = None
    ceil_rule: str = "drop"
    settings: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    deterministic: bool = True
    threads: bool = True
    layout: str = "C"
    max_cells: int | None = None
    fixed: Fixed | None = None
    count_include_pad: bool = True

    def dtypes_of(self, *functions: str) -> tuple[str, ...]:
        """The dtypes that all of these callables take at some rank."""
        return tuple(dtype for dtype in DTYPES if self.ranks_of(dtype, *functions))

    def ranks_of(self, dtype: str, *functions: str) -> tuple[int, ...]:
        """The ranks at which all of these callables take a dtype."""
        return tuple(rank for rank in self.ranks if all(self.takes(function, dtype, rank) for function in functions))

    def listed(self, function: str) -> tuple[str, ...]:
        """The dtypes that a callable is declared to take, at any rank."""
        return self.dtypes.get(function, IEEE_FLOATS) if isinstance(self.dtypes, dict) else self.dtypes

    def taken(self, function: str) -> tuple[str, ...]:
        """The settings that a callable takes."""
        return self.settings.get(function, ())

    def takes(self, function: str, dtype: str, rank: int) -> bool:
        """Whether a callable takes a dtype at a rank."""
        return dtype in self.listed(function) and rank in self.ranks and not self.lacking(function, dtype, rank)

    def lacking(self, function: str, dtype: str, rank: int) -> bool:
        """Whether a callable is declared to lack a dtype at a rank."""
        return any(fnmatchcase(f"{function} {dtype} {rank}", each) for each in self.lacks)

    def first_taken(self, function: str, dtypes: Iterable[str]) -> tuple[str, int] | None:
        """The first of these dtypes that a callable takes, with its rank, 2 before 1 and 3; None if it takes none."""
        ways = ((dtype, rank) for rank in (2, 1, 3) for dtype in dtypes)
        return next((way for way in ways if self.takes(function, *way)), None)

    def plainest(self, function: str) -> tuple[str, int] | None:
        """The dtype and rank of the plainest call of a callable, with integers only if it takes no float."""
        plainest = self.first_taken(function, WIDEST_FIRST)
        return plainest or (self.first_taken(function, ("bool", *INTEGERS)) if function in OF_INTEGERS else None)

    def settings_of(self, *functions: str) -> tuple[str, ...]:
        """The settings that all of these callables take; for `count_include_pad`, only the means need to."""
        shared = [name for name in SETTINGS if all(name in self.taken(f) for f in functions)]
        means = [f for f in functions if f in MEAN]
        counted = means and all("count_include_pad" in self.taken(f) for f in means)
        return (*shared, *(("count_include_pad",) if counted else ()))

    def shared_with(self, other: Declared) -> Declared:
        """The declarations for inputs that both implementations take; fields that do not narrow these are defaults."""
        fixed = self.fixed or other.fixed
        able = [f for f in CALLABLES if not fixed or (self.pools(fixed, f) and other.pools(fixed, f))]
        limits = [declared.max_cells for declared in (self, other) if declared.max_cells is not None]
        return Declared(
            dtypes={f: tuple(d for d in self.listed(f) if d in other.listed(f) and f in able) for f in CALLABLES},
            ranks=tuple(rank for rank in self.ranks if rank in other.ranks),
            lacks=tuple(dict.fromkeys((*self.lacks, *other.lacks))),
            square=self.square or other.square,
            tiles=self.tiles or other.tiles,
            padding=narrower("padding", self.padding, other.padding),
            padding_limit=narrower("padding_limit", self.padding_limit, other.padding_limit),
            settings={f: tuple(s for s in self.taken(f) if s in other.taken(f)) for f in CALLABLES},
            max_cells=min(limits, default=None),
            fixed=fixed,
        )

    def pools(self, fixed: Fixed, function: str) -> bool:
        """Whether a callable takes these windows with their settings."""
        passed = fixed.passed(function)
        return set(passed) <= {*self.taken(function)} and not self.outside(function, fixed.size, fixed.stride, passed)

    def outside(self, function: str, size: Ints, stride: Ints, settings: Mapping[str, Any]) -> str:
        """The declaration that rules out calls with such windows; empty if none does."""
        if self.fixed:
            same = (size, stride, settings) == (self.fixed.size, self.fixed.stride, self.fixed.passed(function))
            return "" if same else "fixed windows"
        padding: Pairs = settings.get("padding", ((0, 0),) * len(size))
        dilation: Ints = settings.get("dilation", (1,) * len(size))
        if self.square and any(len(set(each)) > 1 for each in (size, stride, padding, dilation)):
            return "square=True"
        if self.tiles and (stride != size or set(dilation) != {1}):
            return "tiles=True"
        if self.padding == "none" and any(map(any, padding)):
            return "padding='none'"
        if self.padding == "symmetric" and any(begin != end for begin, end in padding):
            return "padding='symmetric'"
        limits = [most_padding(self.padding_limit, f) for f in size]
        beyond = any(limit is not None and max(pair) > limit for pair, limit in zip(padding, limits, strict=True))
        return f"padding_limit={self.padding_limit!r}" if beyond else ""


def most_padding(limit: str | None, size: int) -> int | None:
    """The most padding on one side of an axis for this padding_limit and window size; None without a limit."""
    return {"half": size // 2, "window": max(size - 1, 0)}.get(str(limit))


DECLARATIONS = tuple(each for each in fields(Declared) if each.name in DECLARATION_NAMES)

CHOICES: dict[str, tuple[Any, ...]] = {
    "padding": ("none", "symmetric", "any"),
    "padding_limit": ("half", "window", None),
    "ceil_rule": ("drop", "keep"),
    "square": (True, False),
    "tiles": (True, False),
    "deterministic": (True, False),
    "threads": (True, False),
    "layout": ("C", "channels_last"),
}


def narrower(name: str, one: Any, other: Any) -> Any:
    """The narrower of two values of a declaration."""
    return min(one, other, key=CHOICES[name].index)


def declared(attributes: Mapping[str, Any], fallback: str, keywords: Mapping[str, list[str]]) -> Declared:
    """The declarations among the attributes of an implementation; `fallback` is its name if it declares none.

    `keywords` are the parameters of those of its callables that have signatures.
    Raises Unusable naming the implementation and its invalid declaration.
    """
    try:
        return Declared(**checked(attributes, fallback, keywords))
    except Unusable as error:
        raise Unusable(f"{fallback}: {error}" if fallback else str(error)) from None


def checked(attributes: Mapping[str, Any], fallback: str, keywords: Mapping[str, list[str]]) -> dict[str, Any]:
    """The fields of the declarations. Raises Unusable naming an invalid one."""
    given = {each.name: attributes[each.name] for each in DECLARATIONS if each.name in attributes}
    for name in ("name", "version"):
        stated = said(given.get(name, "")) or (fallback if name == "name" else "")
        given[name] = cleaned(stated, MOST_NAME)
    for name, choices in CHOICES.items():
        if name in given and not any(type(given[name]) is type(each) and given[name] == each for each in choices):
            raise Unusable(f"declaration {name}={shown(given[name])} should be one of {', '.join(map(repr, choices))}")
    if "max_cells" in given and not is_room(given["max_cells"]):
        least = f"None or a number of cells, at least {LEAST_CELLS:,}"
        raise Unusable(f"declaration max_cells={shown(given['max_cells'])} should be {least}")
    given["dtypes"] = declared_dtypes(given.get("dtypes", IEEE_FLOATS))
    if "ranks" in given:
        given["ranks"] = subset("ranks", given["ranks"], (1, 2, 3))
        if not given["ranks"]:
            raise Unusable("declaration ranks=() should name at least one of 1, 2, 3")
    if "lacks" in given:
        given["lacks"] = declared_lacks(given["lacks"])
    # Dilated windows do not tile.
    excluded = {"padding": given.get("padding") == "none", "dilation": given.get("tiles", False)}
    without = tuple(name for name, out in excluded.items() if out)
    given["settings"] = declared_settings(given.get("settings", {}), keywords, without)
    if given.get("fixed") is not None:
        given["fixed"] = declared_windows(given["fixed"])
        given |= {"ranks": (len(given["fixed"].size),), "settings": settings_fixed(given["fixed"], given["settings"])}
    return given


def is_room(value: Any) -> bool:
    """Whether a value is valid for `max_cells`: every case that is drawn must fit."""
    return value is None or (type(value) is int and value >= LEAST_CELLS)


def declared_settings(
    stated: Any, keywords: Mapping[str, list[str]], without: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """The settings of each callable, except `without`: as stated, or as in its signature, where ** takes all."""
    if not isinstance(stated, dict):
        raise Unusable(f"declaration settings={shown(stated)} should be a dict of lists, one for each callable")
    taken: dict[str, tuple[str, ...]] = {}
    for function in (*keywords, *stated):
        if function not in CALLABLES:
            raise Unusable(f"declaration settings has {shown(function)}; {did_you_mean(str(function), CALLABLES)}")
        known = MEAN_SETTINGS if function in MEAN else SETTINGS
        if function in stated:
            taken[function] = subset("settings", stated[function], known)
        else:
            taken[function] = tuple(name for name in known if name in keywords[function] or "**" in keywords[function])
    return {f: tuple(name for name in each if name not in without) for f, each in taken.items()}


FIXED = ("size", "stride", *MEAN_SETTINGS)
"""The names that `fixed` may have; the first two are required."""


def declared_windows(stated: Any) -> Fixed:
    """The fixed windows in a dict, checked as the kernels check their arguments."""
    if not isinstance(stated, Mapping) or not {"size", "stride"} <= set(stated):
        raise Unusable(f"declaration fixed={shown(stated)} should be a dict with size and stride")
    for name in stated:
        if name not in FIXED:
            raise Unusable(f"declaration fixed has {shown(name)}; {did_you_mean(str(name), FIXED)}")
    size = stated["size"]
    if not isinstance(size, Sequence) or len(size) not in (1, 2, 3):
        raise Unusable(f"declaration fixed: size={shown(size)} should be a tuple of one to three ints")
    try:
        windows = Geometry.of(
            size, stated["stride"], **{name: stated[name] for name in stated if name in MEAN_SETTINGS}
        )
    except (TypeError, ValueError) as error:
        raise Unusable(f"declaration fixed: {cleaned(str(error))}") from None
    settings = {name: getattr(windows, name) for name in MEAN_SETTINGS if name in stated}
    fixed = Fixed(windows.size, windows.stride, tuple(settings.items()))
    for pair, extent in zip(windows.padding, fixed.extents, strict=True):
        if max(pair) >= extent:
            raise Unusable(f"declaration fixed: padding={pair} should be less than the extent of a window, {extent}")
    return fixed


def settings_fixed(fixed: Fixed, taken: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The settings of each callable with fixed windows. Raises Unusable if it is known not to take one of them."""
    passed = {function: tuple(fixed.passed(function)) for function in CALLABLES}
    for function, known in taken.items():
        if lacking := [name for name in passed[function] if name not in known]:
            raise Unusable(f"declaration fixed has {' and '.join(lacking)}, which {function} does not take")
    return passed


def declared_dtypes(dtypes: Any) -> tuple[str, ...] | dict[str, tuple[str, ...]]:
    """A tuple of dtypes for all callables, or a dict with one for each. Raises Unusable for an unknown name."""
    if not isinstance(dtypes, dict):
        return subset("dtypes", dtypes, DTYPES)
    for function in dtypes:
        if function not in CALLABLES:
            raise Unusable(f"declaration dtypes has {shown(function)}; {did_you_mean(str(function), CALLABLES)}")
    return {function: subset("dtypes", each, DTYPES) for function, each in dtypes.items()}


def declared_lacks(patterns: Any) -> tuple[str, ...]:
    """The declared patterns. Raises Unusable unless each matches a combination of callable, dtype and rank."""
    if isinstance(patterns, str) or not isinstance(patterns, Iterable):
        raise Unusable(f"declaration lacks={shown(patterns)} should be a tuple of texts like 'mean_* float16 3'")
    stated = tuple(dict.fromkeys(map(str, patterns)))
    every = [f"{function} {dtype} {rank}" for function in CALLABLES for dtype in DTYPES for rank in (1, 2, 3)]
    for pattern in stated:
        if len(pattern) > MOST_NAME or not any(fnmatchcase(each, pattern) for each in every):
            raise Unusable(
                f"declaration lacks: {shown(pattern)} should be like 'mean_* float16 3': callable, dtype and rank"
            )
    return stated


def subset(name: str, values: Any, allowed: tuple[Any, ...]) -> tuple[Any, ...]:
    """A declared tuple in the order of `allowed`, so that equivalent declarations give equal cases."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise Unusable(f"declaration {name}={shown(values)} should be a tuple of {', '.join(map(str, allowed))}")
    chosen = [value if name == "ranks" else str(value) for value in values]
    for value in chosen:
        if value not in allowed:
            raise Unusable(f"declaration {name}: {shown(value)} should be one of {', '.join(map(str, allowed))}")
    return tuple(value for value in allowed if value in chosen)


def near_misses(target: str, names: Iterable[str], offers: tuple[str, ...]) -> list[str]:
    """A warning for each public name that is almost that of a callable or a declaration which the target lacks."""
    there = list(map(str, names))
    # What is close to a shorter one, as `tile` or `rank`, may well mean something else.
    declarations = [name for name in DECLARATION_NAMES if len(name) > 5 and name not in there]
    edits = {name: 2 for name in CALLABLES if name not in offers} | dict.fromkeys(declarations, 1)
    others = [name for name in there if name not in CALLABLES and name not in DECLARATION_NAMES]
    pairs = [(name, meant) for name in others for meant, most in edits.items() if distance(name, meant) <= most]
    return [
        f"{target} has {name!r}, which is not in the contract; did you mean {meant!r}?"
        for name, meant in pairs[:MOST_WARNINGS]
    ]


@lru_cache(maxsize=4096)
def distance(a: str, b: str) -> int:
    """The Levenshtein distance of a and b; 3 if their lengths differ by more than 2."""
    if abs(len(a) - len(b)) > 2:
        return 3
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (letter != other))
    return row[-1]
