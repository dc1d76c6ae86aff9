"""The numbers that public benchmarks draw, and the rules by which they compare results, which raise AssertionError."""

import numpy as np


def uniform(random, shape):
    """torch.rand."""
    return random.random(shape, np.float32)


def normal(random, shape):
    """torch.randn."""
    return random.standard_normal(shape, np.float32)


def nine(random, shape):
    """The numbers of PyTorch's sample inputs, from -9 to 9."""
    return random.uniform(-9, 9, shape)


# The rules by which results are compared; shapes and dtypes must be the same for all of them.


def allclose(tolerance):
    """torch.allclose(reference, result), which is relative to the result."""

    def rule(result, right, problem):
        alike(result, right)
        assert np.allclose(right, result, atol=tolerance, rtol=tolerance)

    return rule


def flaggems_close(result, right, problem):
    """1e-4, plus a fraction of the reference; times the square of a window's cells for the gradient of a 3-D mean."""
    alike(result, right)
    gradient = (problem.kind, len(problem.size), result.shape) == ("mean", 3, problem.shape)
    terms = np.prod(problem.size) ** 2 if gradient else 1
    assert np.allclose(result, right, atol=1e-4 * terms, rtol={"float32": 1.3e-6, "float16": 1e-3}[right.dtype.name])


def most_cells(result, right, problem):
    """All finite, not all zeros, and 99 % of the cells within 1e-2 and 1e-2 of the reference."""
    alike(result, right)
    assert np.isfinite(result).all()
    assert result.any() or not right.any()
    assert np.isclose(result, right, atol=1e-2, rtol=1e-2).mean() >= 0.99


def both_errors(result, right, problem):
    """All finite, and no cell has an absolute *and* a relative error above 1e-2."""
    alike(result, right)
    assert np.isfinite(result).all()
    error = np.abs(result - right)
    assert not ((error > 1e-2) & (error > 1e-2 * (np.abs(right) + 1e-8))).any()


def alike(result, right):
    """Assert that shapes and dtypes are the same."""
    assert (result.shape, result.dtype) == (right.shape, right.dtype)
