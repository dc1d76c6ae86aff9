"""The one cache of the kernels, for results that depend on their arguments alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial, update_wrapper
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


@lru_cache(maxsize=4096, typed=True)
def result(function: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """`function(*arguments, **settings)`, computed once for arguments that are equal and of equal types."""
    return function(*arguments, **settings)


def cached(function: Function) -> Function:
    """`function` with its results cached. Pooling a small image takes less time than preparing for it."""
    return cast(Function, update_wrapper(partial(result, function), function))
