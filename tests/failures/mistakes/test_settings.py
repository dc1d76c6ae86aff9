"""Mistakes about padding are named, along one axis alone too."""

import numpy as np
import pytest
from planted import named, passed_back, spread_evenly
from poolproof.kernels import naive

pytestmark = pytest.mark.once

NO_PADDING = ((0, 0), (0, 0))


def test_padding_cut_off_with_a_negative_end():
    def mean_backward(dy, x, size, stride, padding=NO_PADDING):
        dx = passed_back(dy, np.pad(x, ((0, 0), (0, 0), *padding)), size, stride, spread_evenly)
        if not np.any(padding):
            return dx
        (top, bottom), (left, right) = padding
        return dx[:, :, top:-bottom, left:-right].copy()

    assert named("gradient-shape", mean_backward=mean_backward) == "gradient-cropped-to-nothing"


def test_padding_exchanged_along_columns_alone():
    def max_forward(x, size, stride, padding=NO_PADDING):
        return naive.max_forward(x, size, stride, padding=(padding[0], padding[1][::-1]))

    assert named("max-value", max_forward=max_forward) == "padding-sides-exchanged"
