"""Forms: the ways in which functions may take their arguments, as wrapping lines of Python that keep the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from ...wrappers.parameters import SIZES, STRIDES
from .candidates import Candidate

PLAIN = "size, stride"
LAYOUTS = {
    "": "",
    "nhwc(": "takes channels last, (N, H, W, C)",
    "images(": "takes one image, (H, W, C)",
    'arranged("CHW", ': "takes one sample, (C, H, W)",
    "planes(": "takes one plane, (H, W)",
}
"""The openings of layout wrappers, and what a function does that needs them."""

INTS = {"": "", "ints(": "takes one int for the size and one for the stride"}

KINDS = {
    "function": ("", ""),
    "several": ("first(", "returns a tuple"),
    "cached": ("cached(", "returns y and a cache for its backward"),
    "torch function": ("torch_function(", "takes PyTorch tensors"),
    "layer": ("layer(", "is a layer, with forward(x) and backward(dy)"),
    "layer of several": ("first(layer(", "is a layer whose backward returns a tuple"),
    "cached of several": ("first(cached(", "returns y and a cache for its backward, which returns a tuple"),
}
"""The innermost wrappers of a function, and why they are needed."""

OF_CLASSES = ("layer", "layer of several")
OF_TUPLES = {"function": "several", "cached": "cached of several"}
"""The kind of a function if its backward returns a tuple."""

PARAMETERS = re.compile("param|conf|options")
"""The names for a dict of size and stride."""

DICTS = {
    '{"f": size, "stride": stride}': (),
    '{"pool_height": size[0], "pool_width": size[1], "stride": stride[0]}': ("square",),
}
"""Dicts that courses pass, and the declarations that they imply."""

ONE_STRIDE = "*size, stride[0]"
NARROWING = {"size": ("tiles",), ONE_STRIDE: ("square",), **DICTS}
"""Declarations without which some arguments cannot be right."""


@dataclass(frozen=True)
class Form:
    """How a function is called: the wrappers around it, the kind of callable, and its size and stride."""

    layout: str
    ints: str
    kind: str
    arguments: str

    @property
    def openings(self) -> str:
        """The openings of the wrappers, from the outside in."""
        return self.layout + self.ints + KINDS[self.kind][0]

    @property
    def narrowing(self) -> tuple[str, ...]:
        """The declarations that the form implies."""
        least = NARROWING.get(self.arguments, ())
        return tuple(name for name in ("square", "tiles") if name in least or (name == "square" and self.ints))

    @property
    def is_cached(self) -> bool:
        """Whether the backward takes the cache that the forward returned beside y."""
        return self.kind.startswith("cached")

    @property
    def takes_backwards(self) -> bool:
        """Whether a backward is a function of its own: layers have theirs, and autograd makes one."""
        return self.kind in (*OF_TUPLES, *OF_TUPLES.values())

    @property
    def complexity(self) -> int:
        """How much there is around the function; of the forms that fit, the simplest is suggested."""
        return self.openings.count("(") + (self.arguments != PLAIN)

    def forward(self, role: str, candidate: Candidate) -> str:
        """The keyword that passes a forward, or a layer's constructor."""
        call = f"{candidate.expression}({self.arguments})"
        if "layer" in self.kind:
            made = candidate.expression if self.arguments == PLAIN else f"lambda size, stride: {call}"
            return f"{role.partition('_')[0]}_layer={made}"
        if self.arguments == PLAIN:
            return f"{role}={candidate.expression}"
        return f"{role}=lambda x, size, stride: {candidate.expression}(x, {self.arguments})"

    def backward(self, role: str, candidate: Candidate, arrays: str) -> str:
        """The keyword that passes a backward, which takes its arrays in some order."""
        if self.is_cached:
            swapped = f"lambda dy, cache: {candidate.expression}({arrays})"
            return f"{role}={candidate.expression if arrays == 'dy, cache' else swapped}"
        if (arrays, self.arguments) == ("dy, x", PLAIN):
            return f"{role}={candidate.expression}"
        return f"{role}=lambda dy, x, size, stride: {candidate.expression}({arrays}, {self.arguments})"

    def backwards(self, role: str, candidate: Candidate) -> Iterator[tuple[str, str]]:
        """The keywords that may pass a backward or indices, simplest first, each with what is unusual about it."""
        if role == "max_indices":
            yield self.forward(role, candidate), ""
            return
        for order in self.orders:
            says = "" if order == self.orders[0] else f"takes {order.replace(', ', ' before ')}"
            yield self.backward(role, candidate, order), says

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders in which a backward may take its arrays, the usual one first."""
        return ("dy, cache", "cache, dy") if self.is_cached else ("dy, x", "x, dy")

    def says(self, candidate: Candidate) -> str:
        """How the function differs from the contract; empty if it does not."""
        traits = [LAYOUTS[self.layout], INTS[self.ints], KINDS[self.kind][1]]
        if self.arguments != PLAIN:
            inner = self.arguments if self.kind in OF_CLASSES else f"x, {self.arguments}"
            traits.append(f"is called as {candidate.name}({inner})")
        return " and ".join(filter(None, traits))


def forms(candidate: Candidate) -> list[Form]:
    """The forms in which a callable, a function or a layer, may take its arguments, the simplest first."""
    kind = "layer" if candidate.is_class else "function"
    every = product(LAYOUTS, INTS, arguments(candidate))
    # Only tuples can be indexed or unpacked.
    possible = [
        Form(layout, ints, kind, each) for layout, ints, each in every if not (ints and re.search(r"[*\[]", each))
    ]
    return sorted(possible, key=lambda form: form.complexity)


def arguments(candidate: Candidate) -> Iterator[str]:
    """How size and stride may be passed to a callable, judging by the names of its parameters."""
    names = candidate.parameters or []
    taken = names if candidate.is_class else names[1:]
    sizes, strides = ([name for name in names if name in known] for known in (SIZES, STRIDES))
    yield PLAIN
    if not (sizes and strides):
        yield from ("stride, size", "size")
    elif taken[:2] != [sizes[0], strides[0]]:
        yield f"{sizes[0]}=size, {strides[0]}=stride"
    if len(taken) >= 4:
        yield "*size, *stride"
    if len(taken) >= 3:
        yield ONE_STRIDE
    if any(PARAMETERS.search(name) for name in names):
        yield from DICTS
