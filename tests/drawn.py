"""What strategies draw, found, shrunk or asserted of every value, and what tests read from it."""

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from poolproof.kernels.dtypes import FLOATS
from poolproof.properties.data.patterns import bits
from poolproof.properties.strategies import Case, Pooling, gradients, images, poolings
from selection import scaled

USUAL = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
SHRINKING = settings(USUAL, max_examples=2000, phases=[Phase.generate, Phase.shrink])
ONE = Pooling((1, 1), (1, 1), (1, 1))


def minimal(strategy, condition=lambda _: True):
    """The simplest value with a property, shrunk by Hypothesis alone."""
    return find(strategy, condition, settings=SHRINKING)


def find_any(strategy, condition=lambda _: True):
    """Some value with a property."""
    return find(strategy, condition, settings=settings(SHRINKING, phases=[Phase.generate]))


def assert_all_examples(strategy, predicate, examples=100):
    """Assert that every drawn value has a property."""

    @settings(USUAL, max_examples=scaled(examples))
    @given(strategy)
    def holds(value):
        assert predicate(value), value

    holds()


@st.composite
def pooled(draw, **how):
    """Windows, an image that they fit, and a gradient."""
    pooling = draw(poolings(ranks=(1, 2, 3), max_cells=100))
    x = draw(images(pooling, dtypes=FLOATS, **how))
    return pooling, x, draw(gradients(pooling, x, **how))


def axes(pooling):
    """For each axis, the real cells of every window, found by trying each of its cells."""
    rank = len(pooling.size)
    padding = pooling.settings.get("padding", ((0, 0),) * rank)
    dilation = pooling.settings.get("dilation", (1,) * rank)
    for k, count in enumerate(pooling.output):
        starts = [o * pooling.stride[k] - padding[k][0] for o in range(count)]
        taps = [[start + tap * dilation[k] for tap in range(pooling.size[k])] for start in starts]
        yield [[cell for cell in cells if 0 <= cell < pooling.spatial[k]] for cells in taps]


def padding_of(pooling):
    """The pairs of padding."""
    return pooling.settings.get("padding", ())


def dilation_of(pooling):
    """The dilation along each axis."""
    return pooling.settings.get("dilation", (1,) * len(pooling.size))


def answer(kernel, case):
    """What a kernel returns for a case."""
    return getattr(kernel, case.function)(*case.arguments, **case.settings)


def equal(one, other):
    """Whether two cases have equal fields, arrays bit for bit."""
    if isinstance(one, np.ndarray):
        return (one.dtype, one.shape) == (other.dtype, other.shape) and np.array_equal(bits(one), bits(other))
    fields = vars(one), vars(other)
    names = [name for name in Case.__dataclass_fields__ if not isinstance(fields[0][name], np.ndarray)]
    arrays = [name for name in Case.__dataclass_fields__ if name not in names]
    return all(fields[0][k] == fields[1][k] for k in names) and all(equal(fields[0][k], fields[1][k]) for k in arrays)


def pasted(value):
    """The value of a repr when it is evaluated."""
    return eval(repr(value), {"np": np, "Case": Case, "Pooling": Pooling})  # noqa: S307


def made(x, **more):
    """A case with these cells."""
    return Case("max_forward", x, (1,) * (x.ndim - 2), (1,) * (x.ndim - 2), **more)
