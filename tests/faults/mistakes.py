"""The twenty kinds of mistakes that pooling kernels are known for, and how rarely an ordinary random case shows one."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """What goes wrong, which input shows it, and the lowest percentage of plain random cases that are such inputs.

    A plain case has a random shape with float32 normals in C order, some symmetric padding and no special numbers.
    """

    wrong: str
    shown_by: str
    chance: float


MISTAKES = {
    "overlap": Mistake(
        "gradients that meet in one pixel are overwritten, dropped or averaged, not added",
        "a stride below the window, and windows that share their maximum",
        40,
    ),
    "ties": Mistake(
        "equal maxima get more than one gradient between them, or less",
        "few different values in a window; zeros after a ReLU",
        0,
    ),
    "initial value": Mistake(
        "the search for the maximum begins with a number that may be above all cells",
        "windows far below zero; the lowest numbers of each type",
        0,
    ),
    "NaN": Mistake(
        "a NaN reaches what it should not, or has no index, or marks padding",
        "NaN inside of windows and beside them; integers, which have none",
        0,
    ),
    "output size": Mistake(
        "too many windows, or too few",
        "axes that the stride does not divide; long axes and strides of which the reciprocal is not exact",
        50,
    ),
    "axes": Mistake("height and width are taken for each other", "H != W, FH != FW and SH != SW, all at once", 43),
    "stride": Mistake(
        "the stride is that of another axis, of the window, or is refused",
        "strides that are no window's, larger than the window, larger than the image",
        13,
    ),
    "state": Mistake(
        "an answer depends on earlier calls or on those of another thread, or an earlier array is changed",
        "the same shape with other values; results that are kept; threads",
        50,
    ),
    "last cells": Mistake(
        "what remains beside the last whole block of a loop is left out, or done otherwise",
        "output widths around 8, 16, 32 and 256; rows that the stride does not divide",
        0.1,
    ),
    "index": Mistake(
        "an index is out of range, counts in something else than its plane, or does not fit its type",
        "several planes; windows over 256 cells; planes over 32767 and 65535 cells; padding",
        0,
    ),
    "layout": Mistake(
        "memory is read in an order that it does not have",
        "transposed, Fortran, reversed, spaced, channels-last and unaligned arrays",
        0,
    ),
    "planes": Mistake(
        "samples or channels are mixed up, dropped or exchanged", "several of both, not equally many, all different", 47
    ),
    "divisor": Mistake(
        "a mean divides by something else than its cells, or not at all",
        "FH != FW; zeros in a window; padding that is counted or not; thousands of cells",
        4,
    ),
    "ceil overhang": Mistake(
        "the last window of ceil mode is there when it should not be, or its missing cells count",
        "ceil mode with a remainder, beside gaps and over padding, forward and backward",
        1.7,
    ),
    "dilation": Mistake(
        "dilation is dropped somewhere, or that of another axis; a window that meets no cell",
        "dilations that differ by axis, in gradients, over padding",
        10,
    ),
    "padding": Mistake(
        "padded cells win, or padding is that of another side or axis",
        "negative numbers; other padding before than after",
        0,
    ),
    "accumulation": Mistake(
        "numbers pass through a narrower type, or sums are kept running",
        "neighbouring and remote numbers; one huge number beside small ones; large integers",
        0,
    ),
    "dtype": Mistake(
        "the result has another dtype than x, or an index is no integer", "every dtype, an empty batch, NaN", 0
    ),
    "backward": Mistake(
        "gradients are scaled, turned, clipped or lost, or depend on what they should not",
        "OH != OW; dy of both signs; pixels that no window covers; x that is not finite",
        20,
    ),
    "robustness": Mistake(
        "what is unusual but allowed ends in an error, or in an answer of another form",
        "empty batches, single cells, windows as large as the image or of hundreds of cells, locked arrays",
        0,
    ),
}

RARE = tuple(name for name, mistake in MISTAKES.items() if mistake.chance < 2)
"""Mistakes that a plain random case may never meet."""
