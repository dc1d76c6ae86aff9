"""What people do today to check a pooling kernel: four checks, rebuilt from their inputs and assertions.

Each raises the error of a failing kernel; callables and inputs that an implementation does not offer or take are left
out.
"""

import numpy as np

from .kernel import Asked
from .nodes import node_cases
from .samples import operator_samples

PLAIN = {"size": (2, 2), "stride": (2, 2), "settings": {}}


def document(implementation):
    """The script of this project's textbook chapter: two methods on one batch of normals, max only, np.allclose.

    Source: chapter 17.5 of the document, code Level5 of its ch17. It compares its own two methods. Whatever passes
    beside one of them passes beside windows that tile the image, cut out by reshaping.
    """
    agree(implementation, Tiles)


def agree(one, other):
    """The script's comparison of two implementations, in its order and on the same arrays."""
    normal = np.random.default_rng(0).standard_normal
    x, dy = normal((64, 3, 28, 28)), normal((64, 3, 14, 14))
    both = Asked(one), Asked(other)
    for function, arrays in (("max_forward", (x,)), ("max_backward", (dy, x))):
        if all(each.takes(function, "float64", (2, 2), {}) for each in both):
            results = [each.ask(function, *arrays, **PLAIN) for each in both]
            assert np.allclose(*results, atol=1e-7), function


class Tiles:
    """Maxima of 2 by 2 tiles, for images of distinct numbers."""

    dtypes = ("float64",)

    def max_forward(self, x, size, stride):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

    def max_backward(self, dy, x, size, stride):
        y = self.max_forward(x, size, stride)
        return np.where(x == enlarged(y), enlarged(dy), 0)


def enlarged(plane):
    """Each number four times, as a tile."""
    return plane.repeat(2, axis=2).repeat(2, axis=3)


def notebook(implementation):
    """The cells about max pooling of a course's notebook: 16 growing numbers a plane, and numerical gradients.

    Source: Stanford's CS231n, assignment 2, ConvolutionalNetworks.ipynb, cells max_pool_forward_naive and
    max_pool_backward_naive. It prints the largest relative error and says what is usual, 1e-8 forward, where it lists
    the right answer with eight digits, and 1e-12 backward; here up to ten times as much passes.
    """
    kernel = Asked(implementation)
    if not kernel.takes("max_forward", "float64", (2, 2), {}):
        return
    # Numbers grow along each row and from row to row: the maximum of a tile is at its lower right.
    x = np.linspace(-0.3, 0.4, 96).reshape(2, 3, 4, 4)
    right = x[:, :, 1::2, 1::2].round(8)
    assert relative_error(kernel.ask("max_forward", x, **PLAIN), right) < 1e-7
    if not kernel.takes("max_backward", "float64", (2, 2), {}):
        return
    normal = np.random.RandomState(231).standard_normal
    x, dy = normal((3, 2, 8, 8)), normal((3, 2, 4, 4))
    expected = numerical_gradient(lambda: kernel.ask("max_forward", x, **PLAIN), x, dy)
    assert relative_error(kernel.ask("max_backward", dy, x, **PLAIN), expected) < 1e-11


def relative_error(a, b):
    """The largest relative error, computed as in the notebook."""
    return np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b)))


def numerical_gradient(forward, x, dy, step=1e-5):
    """Central differences of sum(dy * y); each number of x is changed in place and back."""
    dx = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + step
        above = forward().copy()
        x[place] = kept - step
        below = forward().copy()
        x[place] = kept
        dx[place] = np.sum((above - below) * dy) / (2 * step)
    return dx


CHECKS = {
    "document": document,
    "notebook": notebook,
    "node cases": node_cases,
    "operator samples": operator_samples,
}
