"""Windows and the image that they fit, as plain data that is checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.errors import InvalidArgument
from poolproof.kernels.dtypes import Ints
from poolproof.kernels.geometry import Geometry, Words

from ..contract import SETTINGS
from .complaints import integers, several, wrong

RANKS = (1, 2, 3)
FLAGS = ("ceil_mode", "count_include_pad")
IMAGE = Words(image="the image")


@dataclass(frozen=True)
class Pooling:
    """Windows, and the spatial shape of an image that they fit.

    - `size`, `stride`: tuples of int, one for each spatial axis.
    - `spatial`: the shape of one plane, (W,), (H, W) or (D, H, W).
    - `settings`: the keywords of a call: `padding`, a pair (before, after) for each axis; `dilation`, a tuple of int;
      `ceil_mode`, a bool.

    The `repr` is a Python expression for an equal Pooling. Raises hypothesis.errors.InvalidArgument if the windows do
    not fit, or a value has the wrong form.
    """

    size: Ints
    stride: Ints
    spatial: Ints
    settings: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not any(integers(self.spatial, rank) for rank in RANKS):
            raise wrong("spatial", self.spatial, "a tuple of one to three integers of at least 1")
        fit(self.size, self.stride, self.spatial, self.settings, SETTINGS)

    @property
    def output(self) -> Ints:
        """The spatial shape of the result, (OH, OW)."""
        return Geometry.of(self.size, self.stride, **self.settings).output(self.spatial)


def fit(size: Any, stride: Any, spatial: Ints, settings: Any, known: Sequence[str]) -> None:
    """Raise InvalidArgument unless these are windows that fit an image, with settings among those known."""
    rank = len(spatial)
    axes = "one for the spatial axis" if rank == 1 else f"one for each of the {rank} spatial axes"
    for name, value in {"size": size, "stride": stride}.items():
        if not integers(value, rank):
            raise wrong(name, value, f"a tuple of integers of at least 1, {axes}")
    formed(settings, rank, known)
    try:
        Geometry.of(size, stride, **settings).output(spatial, IMAGE)
    except ValueError as error:
        raise InvalidArgument(str(error)) from None


def formed(settings: Any, rank: int, known: Sequence[str]) -> None:
    """Raise InvalidArgument unless this is a dict of known settings, each in the right form."""
    if not isinstance(settings, Mapping):
        raise wrong("settings", settings, "a dict of the keywords of a call")
    several("settings", tuple(settings), known, least=0)
    for name, value in settings.items():
        if name in FLAGS and not isinstance(value, bool):
            raise wrong(name, value, "True or False")
    if "dilation" in settings and not integers(settings["dilation"], rank):
        raise wrong("dilation", settings["dilation"], f"a tuple of integers of at least 1, such as {(1,) * rank}")
    if "padding" in settings and not is_padding(settings["padding"], rank):
        raise wrong("padding", settings["padding"], f"a pair (before, after) for each axis, such as {((1, 1),) * rank}")


def is_padding(value: Any, rank: int) -> bool:
    """Whether a value is a tuple of pairs, as padding is passed."""
    return isinstance(value, tuple) and len(value) == rank and all(integers(pair, 2, 0) for pair in value)
