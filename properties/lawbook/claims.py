"""The claim of each law in words; its formula is the docstring of its function."""

from __future__ import annotations

from .huge import HUGE

CLAIMS = {
    # shape
    "output-size": "The result has one cell per window, and the formula says how many windows fit.",
    "depth-preserved": "Pooling works on each channel of each sample, so the result has as many of both as x.",
    "gradient-shape": "The gradient of x has the shape of x.",
    "dtype-preserved": "Values and gradients keep the dtype of x, and indices are integers.",
    # forward
    "max-value": "Each output is the largest value of its window.",
    "max-index": "The index names a cell of the window that holds the window's maximum.",
    "index-in-plane": "An index always lies inside its plane, whatever the numbers are.",
    "nan-kept-or-skipped": "A NaN is the maximum of its window or takes no part, and never hides another number.",
    "mean-value": "Each output is the mean of its window, up to the rounding error of a sum in any order.",
    "mean-exact": "Where no sum can round, each output is exactly the mean of its window.",
    "large-divisor": "A mean over very many cells is divided by their exact number.",
    "translation": "An image shifted by one stride gives the same result, shifted by one cell.",
    "locality": "What lies outside a window does not influence its output, not even NaN or infinity.",
    "channel-independence": "A change in one channel changes no other channel of the result.",
    "sample-independence": "A change in one sample changes no other sample of the result.",
    "batch-independence": "A sample gives the same result alone as in a batch.",
    "increasing-maps": "Applying an increasing function before pooling or after it gives the same maxima.",
    "identity": "Windows of one cell, one cell apart, give x itself.",
    # backward
    "routing": "A single gradient goes to the maximum of its window, and nowhere else.",
    "tied-maxima": "Where a window has several equal maxima, these share its gradient, and none of it is lost.",
    "gradient-in-window": "A single gradient never leaves its window, even if that holds nothing but -inf.",
    "max-accumulation": "A cell that is the maximum of several windows gets the sum of their gradients.",
    "mean-accumulation": "A cell that lies in several windows gets the sum of its shares of their gradients.",
    "mean-spread": "A single gradient is spread evenly over its window, and reaches nothing else.",
    "linearity": "The gradient of x is linear in dy.",
    "conservation": "No gradient is lost or made up: dx sums to what dy passes back.",
    "uncovered-pixels": "A cell that lies in no window has no gradient.",
    "max-adjoint": "The backward pass of the maximum is the adjoint of its forward pass.",
    "mean-adjoint": "The backward pass of the mean is the adjoint of its forward pass.",
    "max-differences": "The gradient of the maximum agrees with differences of the forward pass.",
    "mean-differences": "The gradient of the mean agrees with differences of the forward pass.",
    # settings
    "neutral-settings": "Passing a setting at its default changes nothing.",
    "padding-with-lowest": "For a maximum, padding is like a border of the lowest value.",
    "padding-with-zero": "For a mean that counts padding, padding is like a border of zeros.",
    "overhang": "In ceil mode, cells past the padded end count in no divisor.",
    "dilation-by-gathering": "Dilated pooling equals plain pooling of every d-th cell.",
    "ceil-extends-floor": "Ceil mode may add windows, and leaves the others as they are.",
    "ranks-agree": "An image of one axis gives the same result as the same image with an axis of length one added.",
    "indices-gather": "The cells that the indices name hold the maxima that the forward pass returns.",
    "other-settings": "A result does not depend on the settings of the calls before it.",
    # conduct
    "inputs-unchanged": "A call does not write to its arguments.",
    "same-twice": "The same call gives the same answer twice.",
    "no-aliasing": "A result has memory of its own.",
    "no-aliasing-of-identity": "A result that equals its input still has memory of its own.",
    "results-kept": "A later call does not change an earlier result.",
    "nothing-remembered": "A result does not depend on the arrays of the calls before it.",
    "memory-layouts": "The forward pass does not depend on how x lies in memory.",
    "gradient-layouts": "The backward pass does not depend on how x and dy lie in memory.",
    "two-threads": "Two threads may pool at the same time.",
    # reference
    "agreement": "The three reference kernels give the same bits.",
    "refusal": "Arguments that make no sense raise an error that says so.",
}

OF_HUGE = "The same holds for arrays so large that 32-bit sizes or indices overflow."
"""The claim of every huge law."""


def claim(name: str) -> str:
    """The claim of a law in words; empty for an unknown name."""
    return OF_HUGE if name in HUGE else CLAIMS.get(name, "")
