"""Functions of other shapes: other layouts, one image or plane at a time, single ints, several results, a cache."""

from __future__ import annotations

from functools import wraps
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..remote.vocabulary import BACKWARD, FORWARD
from .given import Function, called, taken

LAYOUTS = ("HW", "CHW", "HWC", "NHW", "HWN", "NCHW", "NHWC", "CNHW", "CHWN", "HWNC", "HWCN")
"""Orders of axes; HW are the axes of the image, which are one or three where `ranks` says so."""


def arranged(layout: str, implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """Functions on arrays of another layout, as "NHWC" or "HW": called for each N and C that the layout lacks.

    x, dy, y and dx are all (N, C, H, W) outside and of the layout inside. The function gets views, so that the laws of
    conduct see what it does to memory; its results for several planes or samples are stacked. An index of max_indices
    counts within its own plane, in any layout. A function that is called for each sample refuses an empty batch.
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
    """Functions of a single window size and stride, pool(x, F, S): square windows and equal strides, and so declared.

    x and y are what they are without it. Settings are single ints too: padding, as much before as after every axis,
    and so declared, and dilation. TypeError if there is no function.
    """
    found = taken("ints", implementation, given)
    functions = {name: with_ints(function) for name, function in found.functions.items()}
    return found.made(functions, square=True, padding="symmetric")


def cached(implementation: Any = None, /, **given: Any) -> SimpleNamespace:
    """A forward that returns (y, cache), and a backward(dy, cache): dx is asked by a forward on x, then the backward.

    x, y, dy and dx are (N, C, H, W), or what a wrapper around this one makes of them. Settings go to the forward.
    TypeError if there is no function, or a backward without its forward; a call raises it if no pair came back.
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
    """Functions that return several results, (y, ...) or (dx,): the first of them; what is no tuple or list as it is.

    TypeError if there is no function.
    """
    found = taken("first", implementation, given)
    return found.made({name: first_of(function) for name, function in found.functions.items()})


def rearranged(wrapper: str, layout: str, implementation: Any, given: dict[str, Any]) -> SimpleNamespace:
    """A target of functions that take arrays of this layout."""
    found = taken(wrapper, implementation, given)
    return found.made({name: in_layout(layout, function) for name, function in found.functions.items()})


def in_layout(layout: str, function: Function) -> Function:
    """A function of arrays in this layout, as one of arrays (N, C, H, W)."""
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
    """Results for each spot in `outer` as one array; if any is no array, that one instead."""
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
    """A result whose axes come in this order, as (N, C, H, W); any that has not so many axes as it is."""
    if not isinstance(result, np.ndarray) or result.ndim != len(order):
        return result
    return result.transpose(np.argsort(order))


def with_ints(function: Function) -> Function:
    """A function of single ints, as one of tuples."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        *arrays, size, stride = arguments
        return function(*arrays, single(size), single(stride), **{k: single(v) for k, v in settings.items()})

    return call


def single(value: Any) -> Any:
    """The one number of which a nest of tuples is made; the nest itself if there are several."""
    numbers = set(np.ravel(value).tolist())
    return numbers.pop() if len(numbers) == 1 else value


def first_of(function: Function) -> Function:
    """The function, without all results but the first."""

    @wraps(function, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        result = function(*arguments, **settings)
        return result[0] if isinstance(result, (tuple, list)) and result else result

    return call


def without_cache(forward: Function) -> Function:
    """The forward, without its cache."""

    @wraps(forward, updated=())
    def call(*arguments: Any, **settings: Any) -> Any:
        return pair(forward, forward(*arguments, **settings))[0]

    return call


def through_cache(forward: Function, backward: Function) -> Function:
    """The backward, with the cache of a forward on its x; it takes the settings of the forward."""

    @wraps(forward, updated=())
    def call(dy: Any, *arguments: Any, **settings: Any) -> Any:
        return backward(dy, pair(forward, forward(*arguments, **settings))[1])

    return call


def pair(forward: Function, answer: Any) -> Any:
    """What a forward returned. Raises TypeError if it is no pair."""
    if isinstance(answer, (tuple, list)) and len(answer) == 2:
        return answer
    raise TypeError(f"{called(forward)} should return (y, cache), but returned one {type(answer).__name__}")
