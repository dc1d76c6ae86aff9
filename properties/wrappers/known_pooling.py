"""Poolings with known windows along each axis, and their results for an image."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

KINDS = ("max", "mean")


class Line(NamedTuple):
    """The windows along one axis: size, stride, padded cells before and after, and the distance between cells."""

    size: int
    stride: int
    begin: int = 0
    end: int = 0
    dilation: int = 1

    @property
    def extent(self) -> int:
        """The number of cells from the first of a window to its last."""
        return self.dilation * (self.size - 1) + 1

    def outputs(self, length: int, ceil_mode: bool) -> int:
        """The number of windows along an axis of `length` cells."""
        room = length + self.begin + self.end - self.extent
        if room < 0:
            return 0
        whole = room // self.stride + 1
        return whole + (ceil_mode and room % self.stride > 0 and whole * self.stride < length + self.begin)

    def cells(self, output: int, length: int) -> List[int]:
        """The real cells of a window."""
        start = output * self.stride - self.begin
        return [cell for cell in range(start, start + self.extent, self.dilation) if 0 <= cell < length]

    def within(self, output: int, length: int) -> int:
        """The number of real and padded cells of a window; those past the padded end do not count."""
        start = output * self.stride - self.begin
        return len(range(start, min(start + self.extent, length + self.end), self.dilation))


class AxisWindow(NamedTuple):
    """The real cells of a window along one axis, and its divisor if this were the only axis."""

    cells: List[int]
    divisor: int


class KnownPooling(NamedTuple):
    """A pooling with one geometry: its kind, the windows along each axis, and the two flags."""

    kind: str
    axes: Tuple[Line, ...]
    ceil_mode: bool = False
    count_include_pad: bool = True

    def output(self, lengths: Sequence[int]) -> Tuple[int, ...]:
        """The number of windows along each axis of an image with these lengths."""
        return tuple(axis.outputs(length, self.ceil_mode) for axis, length in zip(self.axes, lengths))

    def answer(self, x: Any) -> Any:
        """The pooled images (N, C, ...), computed along one axis after another."""
        reduced, start = (np.max, -np.inf) if self.kind == "max" else (np.sum, 0)
        y, divisors = x, np.ones(())
        for k, line in enumerate(self.axes, start=2):
            windows = self.along(line, x.shape[k])
            cells = [y.take(window.cells, axis=k) for window in windows]
            y = np.stack([reduced(each, axis=k, initial=start) for each in cells], axis=k)
            divisors = np.multiply.outer(divisors, [window.divisor for window in windows])
        return y if self.kind == "max" else y / np.maximum(divisors, 1)

    def along(self, line: Line, length: int) -> List[AxisWindow]:
        """The windows along an axis of `length` cells."""
        every = [line.cells(output, length) for output in range(line.outputs(length, self.ceil_mode))]
        divisors = [line.within(output, length) if self.count_include_pad else len(c) for output, c in enumerate(every)]
        return list(map(AxisWindow, every, divisors))

    def fixed(self) -> Dict[str, Any]:
        """The declaration of these windows, with the settings that differ from the defaults or may matter."""
        padding = tuple((axis.begin, axis.end) for axis in self.axes)
        dilation = tuple(axis.dilation for axis in self.axes)
        found: Dict[str, Any] = {
            "size": tuple(axis.size for axis in self.axes),
            "stride": tuple(axis.stride for axis in self.axes),
        }
        padded = any(map(any, padding))
        found.update({"padding": padding} if padded else {})
        found.update({"dilation": dilation} if set(dilation) != {1} else {})
        found.update({"ceil_mode": True} if self.ceil_mode else {})
        divides = self.kind == "mean" and (padded or self.ceil_mode)
        return {**found, **({"count_include_pad": self.count_include_pad} if divides else {})}

    def words(self) -> str:
        """The pooling, as `fixed` declares it, in words."""
        return f"{self.kind} pooling with " + ", ".join(f"{name}={value}" for name, value in self.fixed().items())
