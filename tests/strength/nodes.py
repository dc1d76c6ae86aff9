"""The node cases of ONNX for MaxPool and AveragePool: what its backends must answer."""

from functools import cache
from typing import NamedTuple

import numpy as np
from poolproof.kernels import img2col

from .kernel import Asked


def node_cases(implementation):
    """The node cases of ONNX, forward only: shapes and dtypes are equal, numbers within a relative 1e-3.

    Source: onnx/backend/test/case/node/maxpool.py and averagepool.py of ONNX 1.23, and the comparison in
    onnx/backend/test/runner. Automatic padding is passed as the cells that it means; the indices that one case has in
    column-major order are those of the same cells in row-major order.
    """
    kernel = Asked(implementation)
    for case in CASES.values():
        for function in case.answers:
            if kernel.takes(function, case.x.dtype.name, case.size, case.settings):
                result = kernel.ask(function, case.x.copy(), size=case.size, stride=case.stride, settings=case.settings)
                same(result, answer(case.name, function), function, case.name)


def same(result, right, function, name):
    """The runner's assertions about a result; the contract does not fix the dtype of indices."""
    assert result.shape == right.shape, name
    assert result.dtype == right.dtype or function == "max_indices", name
    np.testing.assert_allclose(result, right, rtol=1e-3, atol=1e-7, err_msg=name)


@cache
def answer(name, function):
    """The right answer to a case: as given, or a reference kernel's."""
    case = CASES[name]
    if case.answers[function]:
        return np.array([case.answers[function]], case.x.dtype)
    return getattr(img2col, function)(case.x, case.size, case.stride, **case.settings)


class Node(NamedTuple):
    """A case; `answers` has the result of each function for the only sample, or None if the image is random."""

    name: str
    x: np.ndarray
    size: tuple
    stride: tuple
    settings: dict
    answers: dict


def node(name, x, size, stride=1, settings=None, **answers):
    """A case whose windows have the same length along all axes."""
    rank = x.ndim - 2
    return Node(name, x, (size,) * rank, (stride,) * rank, settings or {}, answers)


def growing(*shape):
    """One plane of 1, 2, 3 and so on."""
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(1, 1, *shape)


def random(*shape):
    """Normals."""
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def around(begin, end):
    """The same padding along both axes."""
    return {"padding": ((begin, end),) * 2}


FIVE, FOUR, CUBE = growing(5, 5), growing(4, 4), np.stack([growing(4, 4)] * 4, axis=2)
LARGE = random(1, 1, 32, 32, 32)
THREE_PLANES = [
    [[0.8580, 0.0786], [0.2692, 0.1537]],
    [[0.8816, 0.4353], [0.5772, 0.6623]],
    [[0.9067, 0.9483], [0.5970, 0.7630]],
]
GAPS, CEIL = {"dilation": (2, 2)}, {"ceil_mode": True}
GAPS_3D = {"dilation": (2, 2, 2)}
REAL, ALL = {"count_include_pad": False}, {"count_include_pad": True}
LARGEST = [[13, 14, 15, 15, 15], [18, 19, 20, 20, 20], *[[23, 24, 25, 25, 25]] * 3]
THEIR_INDICES = [[12, 13, 14, 14, 14], [17, 18, 19, 19, 19], *[[22, 23, 24, 24, 24]] * 3]
MEANS_OF_REAL_CELLS = [[7 + 2.5 * i + 0.5 * j for j in range(5)] for i in range(5)]
MEANS_OF_ALL_CELLS = [
    [2.52, 3.6, 4.8, 4.08, 3.24],
    [4.56, 6.4, 8.4, 7.04, 5.52],
    [7.2, 10, 13, 10.8, 8.4],
    [6.96, 9.6, 12.4, 10.24, 7.92],
    [6.12, 8.4, 10.8, 8.88, 6.84],
]

MAXIMA = [
    node("2d uint8", FIVE.astype(np.uint8), 5, 1, around(2, 2), max_forward=[LARGEST]),
    node("2d precomputed pads", FIVE, 5, 1, around(2, 2), max_forward=[LARGEST]),
    node("argmax, pads", FIVE, 5, 1, around(2, 2), max_forward=[LARGEST], max_indices=[THEIR_INDICES]),
    node("2d precomputed strides", FIVE, 2, 2, max_forward=[[[7, 9], [17, 19]]]),
    node("argmax, strides", FIVE, 2, 2, max_forward=[[[7, 9], [17, 19]]], max_indices=[[[6, 8], [16, 18]]]),
    node("2d precomputed same", FIVE, 3, 2, around(1, 1), max_forward=[[[7, 9, 10], [17, 19, 20], [22, 24, 25]]]),
    node("1d", random(1, 3, 32), 2, max_forward=None),
    node("2d", random(1, 3, 32, 32), 2, max_forward=None),
    node("3d", random(1, 3, 32, 32, 32), 2, max_forward=None),
    node("2d same upper", random(1, 3, 32, 32), 2, 1, around(0, 1), max_forward=None),
    node("2d same lower", random(1, 3, 32, 32), 2, 1, around(1, 0), max_forward=None),
    node("2d pads", random(1, 3, 28, 28), 3, 1, around(2, 2), max_forward=None),
    node("2d strides", random(1, 3, 32, 32), 5, 3, max_forward=None),
    node("2d ceil", FOUR, 3, 2, CEIL, max_forward=[[[11, 12], [15, 16]]]),
    node("2d ceil, one less", growing(2, 2), 1, 2, CEIL, max_forward=[[[1]]]),
    node("2d dilations", FOUR, 2, 1, GAPS, max_forward=[[[11, 12], [15, 16]]]),
    node("3d dilations", CUBE, 2, 1, GAPS_3D, max_forward=[[[[11, 12], [15, 16]]] * 2]),
    node("3d dilations, large", LARGE, 5, 3, {**GAPS_3D, **CEIL}, max_forward=None),
]

# A mean of ONNX counts only real cells by default.
MEANS = [
    node("mean, 2d precomputed pads", FIVE, 5, 1, {**around(2, 2), **REAL}, mean_forward=[MEANS_OF_REAL_CELLS]),
    node("mean, 2d precomputed pads, all", FIVE, 5, 1, {**around(2, 2), **ALL}, mean_forward=[MEANS_OF_ALL_CELLS]),
    node("mean, 2d precomputed strides", FIVE, 2, 2, REAL, mean_forward=[[[4, 6], [14, 16]]]),
    node(
        "mean, 2d precomputed same",
        FIVE,
        3,
        2,
        {**around(1, 1), **REAL},
        mean_forward=[[[4, 5.5, 7], [11.5, 13, 14.5], [19, 20.5, 22]]],
    ),
    node("mean, 1d", random(1, 3, 32), 2, 1, REAL, mean_forward=None),
    node("mean, 2d", random(1, 3, 32, 32), 2, 1, REAL, mean_forward=None),
    node("mean, 3d", random(1, 3, 32, 32, 32), 2, 1, REAL, mean_forward=None),
    node("mean, 2d same upper", random(1, 3, 32, 32), 2, 1, {**around(0, 1), **REAL}, mean_forward=None),
    node("mean, 2d same lower", random(1, 3, 32, 32), 2, 1, {**around(1, 0), **REAL}, mean_forward=None),
    node("mean, 2d pads", random(1, 3, 28, 28), 3, 1, {**around(2, 2), **REAL}, mean_forward=None),
    node("mean, 2d pads, all", random(1, 3, 28, 28), 3, 1, {**around(2, 2), **ALL}, mean_forward=None),
    node("mean, 2d strides", random(1, 3, 32, 32), 5, 3, REAL, mean_forward=None),
    node("mean, 2d ceil", FOUR, 3, 2, {**CEIL, **REAL}, mean_forward=[[[6, 7.5], [12, 13.5]]]),
    node(
        "mean, 2d ceil, last window in padding",
        np.array([THREE_PLANES], np.float32),
        3,
        3,
        {**around(1, 1), **CEIL, **ALL},
        mean_forward=[[[0.1511]], [[0.2841]], [[0.3572]]],
    ),
    node("mean, 2d dilations", FOUR, 2, 1, {**GAPS, **CEIL, **REAL}, mean_forward=[[[6, 7], [10, 11]]]),
    node("mean, 3d dilations", CUBE, 2, 1, {**GAPS_3D, **CEIL, **REAL}, mean_forward=[[[[6, 7], [10, 11]]] * 2]),
    node("mean, 3d dilations, large, real, ceil", LARGE, 5, 3, {**GAPS_3D, **CEIL, **REAL}, mean_forward=None),
    node("mean, 3d dilations, large, real", LARGE, 5, 3, {**GAPS_3D, **REAL}, mean_forward=None),
    node("mean, 3d dilations, large, all, ceil", LARGE, 5, 3, {**GAPS_3D, **CEIL, **ALL}, mean_forward=None),
    node("mean, 3d dilations, large, all", LARGE, 5, 3, {**GAPS_3D, **ALL}, mean_forward=None),
]

CASES = {case.name: case for case in (*MAXIMA, *MEANS)}
