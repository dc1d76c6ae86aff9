"""Builds one axis of an image: its windows first, then as many cells as they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from poolproof.kernels.geometry import Axis

from ..contract import most_padding
from .choices import Choices, Range, clamped

Windows = Literal["any", "overlapping", "powers of two", "gaps", "one cell", "vast"]
"""What a law needs of its windows: see `Plan`."""


@dataclass
class Window:
    """The windows along an axis under construction; `before` is the number of cells of the axes already complete."""

    before: int = 1
    dilation: int = 1
    size: int = 1
    stride: int = 1
    begin: int = 0
    end: int = 0

    @property
    def extent(self) -> int:
        """The number of cells from the first to the last of a window."""
        return self.dilation * (self.size - 1) + 1


Wanted = Range | Callable[[Window], Range]
"""A range to draw from, or a function that computes it from what is already drawn."""


def any_rest(window: Window) -> Range:
    """Any remainder, which is less than a stride."""
    return 0, window.stride - 1


class Wish(NamedTuple):
    """The ranges that an axis is drawn from, as far as the rules permit, in the order in which they are drawn.

    `outputs` is the number of windows without ceil mode; `rest` is the remainder after the last of them.
    """

    dilation: Wanted = (1, 1)
    size: Wanted = (1, 4)
    stride: Wanted = (1, 4)
    begin: Wanted = (0, 0)
    end: Wanted = (0, 0)
    outputs: Wanted = (1, 4)
    rest: Wanted = any_rest


class Rules(NamedTuple):
    """What an axis must satisfy whatever the wish: the demands of a plan, and the declarations of a target.

    `windows`: see `Plan`. `widest`: the largest extent of a window. `power`: the largest size for "powers of two".
    `cells`: the most cells of a plane, unless the windows need more. `outputs`: the fewest windows. `multiple`: the
    stride is a multiple of the dilation. `empty`: a window may lie wholly in padding. The others are declarations.
    """

    windows: Windows = "any"
    ceil_mode: bool = False
    widest: int = 1 << 18
    power: int = 32
    cells: int = 1 << 18
    outputs: int = 1
    multiple: bool = False
    empty: bool = False
    tiles: bool = False
    symmetric: bool = False
    limit: str | None = None
    keep: bool = False


def window(choices: Choices, wish: Wish, rules: Rules, before: int = 1) -> Window:
    """The windows along an axis, with its padding."""
    made = Window(before)
    made.dilation = 1 if rules.tiles else choices.within(wanted(wish.dilation, made), 1)
    made.size = drawn_size(choices, wish, rules, made)
    if made.extent > rules.widest:
        made.dilation = 1
    made.stride = drawn_stride(choices, wish, rules, made)
    if rules.windows != "gaps":
        limit = most_padding(rules.limit, made.size)
        most = made.extent - 1 if limit is None else limit
        made.begin = drawn(choices, wanted(wish.begin, made), (0, most))
        made.end = drawn(choices, wanted(wish.end, made), (made.begin, made.begin) if rules.symmetric else (0, most))
    return made


def drawn_size(choices: Choices, wish: Wish, rules: Rules, made: Window) -> int:
    """F, as the plan's windows require it."""
    least = 2 if rules.windows == "overlapping" or (rules.windows == "gaps" and rules.tiles) else 1
    most = min(rules.widest, rules.cells // made.before)
    limits = least, max(least, most)
    if rules.windows == "one cell":
        return 1
    if rules.windows in ("powers of two", "vast"):
        return power_of_two(choices, clamped(wanted(wish.size, made), limits), rules)
    # A window needs two cells for dilation to matter.
    return choices.within(clamped(wanted(wish.size, made), limits), 2 if made.dilation > 1 else least)


def power_of_two(choices: Choices, within: Range, rules: Rules) -> int:
    """A power of two in a range, or the next one below it."""
    most = within[1] if rules.windows == "vast" else min(within[1], rules.power)
    highest = most.bit_length() - 1
    lowest = min((within[0] - 1).bit_length(), highest)
    return 1 << choices.within((lowest, highest), lowest if rules.windows == "vast" else 0)


def drawn_stride(choices: Choices, wish: Wish, rules: Rules, made: Window) -> int:
    """S: less than F for overlapping windows, and a multiple of the dilation if the taps of two windows must meet."""
    if rules.tiles or rules.windows == "one cell":
        return made.size
    within = wanted(wish.stride, made)
    if rules.windows == "overlapping":
        return made.dilation * drawn(choices, within, (1, made.size - 1))
    if rules.windows == "gaps":
        return made.extent + 1 if rules.ceil_mode else drawn(choices, within, (2, max(2, within[1])))
    return (made.dilation if rules.multiple else 1) * choices.within(within, 1)


def axis(choices: Choices, made: Window, wish: Wish, rules: Rules) -> Axis:
    """An axis with as many cells as these windows need."""
    outputs = drawn(choices, wanted(wish.outputs, made), counts(made, rules))
    rest = drawn_rest(choices, made, wish, rules, outputs)
    length = (outputs - 1) * made.stride + made.extent + rest - made.begin - made.end
    # If these few windows lie wholly in padding, add windows until one reaches a real cell.
    length += max(0, -((length - 1) // made.stride)) * made.stride
    return Axis(length, made.size, made.stride, made.begin, made.end, made.dilation, rules.ceil_mode)


def counts(made: Window, rules: Rules) -> Range:
    """The fewest and the most windows: enough for each to reach a real cell, and no more than the image has room for.

    If an axis has at least as many cells as the dilation, every window that extends over it has a tap on it.
    """
    twice = rules.windows == "overlapping" or (rules.windows == "gaps" and rules.ceil_mode)
    missing = made.begin + made.end + made.dilation - made.extent
    needed = 1 if rules.empty else 1 + max(0, -(-missing // made.stride))
    least = max(needed, rules.outputs, 2 if twice else 1)
    return least, max(least, (room_for(made, rules) - made.extent) // made.stride + 1)


def room_for(made: Window, rules: Rules) -> int:
    """The most cells along the axis, with its padding."""
    return rules.cells // made.before + made.begin + made.end


def drawn_rest(choices: Choices, made: Window, wish: Wish, rules: Rules, outputs: int) -> int:
    """Cells beyond the last window."""
    uncovered = rules.windows == "gaps" and not rules.ceil_mode and (outputs == 1 or made.extent >= made.stride)
    least = 1 if uncovered and made.stride > 1 else 0
    most = min(made.stride - 1, room_for(made, rules) - (outputs - 1) * made.stride - made.extent)
    rest = drawn(choices, wanted(wish.rest, made), (least, max(least, most)))
    if not (rules.keep and rules.ceil_mode and rest):
        return rest
    # Ceil mode adds a window at the next stride. With fewer cells than this, it would start in the end padding.
    enough = max(rest, made.end + made.stride + 1 - made.extent)
    return enough if enough < made.stride else 0


def drawn(choices: Choices, within: Range, limits: Range) -> int:
    """An integer from the part of a range within limits."""
    return choices.within(clamped(within, limits), limits[0])


def wanted(field: Wanted, made: Window) -> Range:
    """A wish as a range."""
    return field(made) if callable(field) else field
