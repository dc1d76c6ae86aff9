"""Mistakes about integers are told from mistakes about their order."""

import numpy as np
import pytest
from planted import named, pooled

pytestmark = pytest.mark.once


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8"])
def test_integers_whose_negative_wraps_are_not_said_to_be_minima(dtype):
    def max_forward(x, size, stride):
        return pooled(x, size, stride, lambda cells: np.negative(np.negative(cells).min(keepdims=True)).item())

    assert named("max-value", dtype, max_forward=max_forward) == "negation-wraps"
