"""The sorts of objects that frameworks use for layers and gradients, and that `--as` wraps without a line of Python."""

from __future__ import annotations

from typing import NamedTuple

from ...contract import Unusable
from .candidates import Root
from .workshop import Workshop


class Sort(NamedTuple):
    """The name of a sort of objects for `--as`, its name for users, and its base class in an imported package."""

    wrapper: str
    title: str
    package: str
    base: str


SORTS = (
    Sort("module", "a PyTorch module", "torch", "nn.Module"),
    Sort("autograd_function", "an autograd function of PyTorch", "torch", "autograd.Function"),
    Sort("layer", "a layer of Keras", "keras", "layers.Layer"),
    Sort("layer", "a module of Flax", "flax", "linen.Module"),
)


def sort_of(workshop: Workshop, root: Root) -> Sort | None:
    """The sort of an implementation, or of a class that its file defines."""
    return next((sort for sort in SORTS if is_of(workshop, root, sort)), None)


def is_of(workshop: Workshop, root: Root, sort: Sort) -> bool:
    """Whether an implementation, or a class that its file defines, is of a sort."""
    if not workshop.holds(f"{sort.package!r} in sys.modules"):
        return False
    base, e = f"sys.modules[{sort.package!r}].{sort.base}", root.expression
    if root.owner:
        return workshop.holds(f"isinstance({e}, {base}) or isinstance({e}, type) and issubclass({e}, {base})")
    classes = f"(each for each in vars({e}).values() if isinstance(each, type))"
    return workshop.holds(f"any(issubclass(each, {base}) and each.__module__ == {e}.__name__ for each in {classes})")


def advice(name: str, sort: Sort, hindrance: Unusable | None) -> str:
    """What to do with an implementation of a sort, and what else `--as` needs for it."""
    told = f"It is {sort.title}" if name else f"It has {sort.title}"
    return f"{told}: check it with --as {sort.wrapper}" + (f". That says now: {hindrance}" if hindrance else "")
