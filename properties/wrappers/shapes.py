"""Functions of other forms: other layouts, one image or plane at a time, single ints, several results, a cache."""

from __future__ import annotations

from functools import wraps
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..remote.vocabulary import BACKWARD, FORWARD
from .given import Function, called, taken

LAYOUTS = ("HW", "CHW", "HWC", "NHW", "HWN", "NCHW", "NHWC", "CNHW", "CHWN", "HWNC", "HWCN")
"""The orders of axes; HW are the axes of the image, one or three of them if `ranks` says so."""


def arranged(layout: str, implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions on arrays of another layout, as "NHWC" or "HW": called for each N and C that the layout lacks.

    x, dy, y and dx are all (N, C, H, W) outside and in the layout inside. The function gets views, so that the laws of
    conduct see what it does to memory; its results for several planes or samples are stacked. An index of max_indices
    counts within its own plane, in any layout. A function that is called for each sample refuses an empty batch. Raises
    TypeError if there is no function, ValueError if the layout is unknown.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"arranged: layout={layout!r} should be one of {', '.join(LAYOUTS)}")
    return rearranged("arranged", layout, implementation, given)


def planes(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions on one plane: x (H, W) to y (OH, OW), called for every sample and channel; see `arranged`."""
    return rearranged("planes", "HW", implementation, given)


def images(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions on one image: x (H, W, C) to y (OH, OW, C), called for every sample; see `arranged`."""
    return rearranged("images", "HWC", implementation, given)


def nhwc(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions with channels last: x (N, H, W, C) to y (N, OH, OW, C); see `arranged`."""
    return rearranged("nhwc", "NHWC", implementation, given)


def ints(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions of a single window size and stride, pool(x, F, S); declared as square windows with equal strides.

    x and y are passed on as they are. Settings are single ints too: dilation, and padding, which is equal before and
    after every axis and declared so. Raises TypeError if there is no function.
    """
    found = taken("ints", implementation, given)
    functions = {name: with_ints(function) for name, function in found.functions.items()}
    return found.made(functions, square=True, padding="symmetric")


def cached(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """A forward that returns (y, cache), and a backward(dy, cache), which is called after a forward on x.

    x, y, dy and dx are (N, C, H, W), or what a surrounding wrapper makes of them. Settings are passed to the forward.
    Raises TypeError if there is no function, or a backward without its forward; a call raises it if no pair is
    returned.
    """
    found = taken("cached", implementation, given)
    functions = dict(found.functions)
    for forward, backward in zip(FORWARD, BACKWARD):
        if backward in functions and forward not in functions:
            raise TypeError(f"cached: {backward} should come with {forward}, whose cache it takes")
        if backward in functions:
            functions[backward] = through_cache(functions[forward], functions[backward])
        if forward in functions:
            functions[forward] = without_cache(functions[forward])
    return found.made(functions)


def first(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions that return several results, (y, ...) or (dx,): the first is used; a single result stays as it is.

    Raises TypeError if there is no function.
    """
    found = taken("first", implementation, given)
    return found.made({name: first_of(function) for name, function in found.functions.items()})


def rearranged(wrapper: str, layout: str, implementation: Any, given: dict[str, Any]) -> SimpleNamespace:
    """A target made from functions that take arrays in this layout."""
    found = taken(wrapper, implementation, given)
    return found.made({name: in_layout(layout, function) for name, function in found.functions.items()})


def in_layout(layout: str, function: Function) -> Function:
    """A function of arrays in this layout, as a function of arrays (N, C, H, W)."""
    lacking = [letter for letter in "NC" if letter not in layout]

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        *arrays, size, stride = arguments
        order = axes_in_order([*lacking, *layout.replace("HW", "-")], arrays[0].ndim)
        views = [array.transpose(order) for array in arrays]
        outer = views[0].shape[: len(lacking)]
        results = [function(*(v[spot] for v in views), size, stride, **settings) for spot in np.ndindex(outer)]
        return put_back(joined(results, outer, called(function)), order)

    return call


def axes_in_order(letters: list[str], ndim: int) -> list[int]:
    """The axes of an array (N, C, ...) in the order of these letters, where "-" stands for those of the image."""
    places = {"N": [0], "C": [1], "-": [*range(2, ndim)]}
    return [axis for letter in letters for axis in places[letter]]


def joined(results: list[Any], outer: tuple[int, ...], name: str) -> Any:
    """The results for each position in `outer` as one array; if one is not an array, that one instead."""
    if not results:
        raise ValueError(f"{name} is called for each sample or plane, and there is none")
    for each in results:
        if isinstance(each, tuple):
            raise TypeError(f"{name} should return an array, but returned a tuple; is it (y, cache), for cached()?")
        if not isinstance(each, np.ndarray) or not outer:
            return each
    kinds = {f"{each.dtype}{each.shape}" for each in results}
    if len(kinds) > 1:
        raise ValueError(f"{name} should return arrays of one shape and dtype, but returned {', '.join(sorted(kinds))}")
    return np.stack(results).reshape(*outer, *results[0].shape)


def put_back(result: Any, order: list[int]) -> Any:
    """A result whose axes come in this order, as (N, C, H, W); a result with another number of axes as it is."""
    if not isinstance(result, np.ndarray) or result.ndim != len(order):
        return result
    return result.transpose(np.argsort(order))


def with_ints(function: Function) -> Function:
    """A function of single ints, as a function of tuples."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        *arrays, size, stride = arguments
        return function(*arrays, single(size), single(stride), **{k: single(v) for k, v in settings.items()})

    return call


def single(value: Any) -> Any:
    """The one number that a nest of tuples contains; the nest itself if there are several."""
    numbers = set(np.ravel(value).tolist())
    return numbers.pop() if len(numbers) == 1 else value


def first_of(function: Function) -> Function:
    """The function without all results but the first."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        result = function(*arguments, **settings)
        return result[0] if isinstance(result, (tuple, list)) and result else result

    return call


def without_cache(forward: Function) -> Function:
    """The forward without its cache."""

    @wraps(forward, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        return pair(forward, forward(*arguments, **settings))[0]

    return call


def through_cache(forward: Function, backward: Function) -> Function:
    """The backward, called with the cache of a forward on its x; settings are passed to the forward."""

    @wraps(forward, updated=())
    def call(dy: Any, *arguments: Any, **settings: Any) -> Any:
        return backward(dy, pair(forward, forward(*arguments, **settings))[1])

    return call


def pair(forward: Function, answer: Any) -> Any:
    """The forward's return value. Raises TypeError unless it is a pair."""
    if isinstance(answer, (tuple, list)) and len(answer) == 2:
        return answer
    raise TypeError(f"{called(forward)} should return (y, cache), but returned one {type(answer).__name__}")
