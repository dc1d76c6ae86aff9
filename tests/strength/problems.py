"""The pooling problems of public benchmarks, in PyTorch's terms: shapes and settings as in the sources."""

from dataclasses import dataclass, replace

from .samples import SAMPLES

SMALL, LARGE = {1: 512, 2: 64, 3: 20}, {1: 65536, 2: 264, 3: 41}
"""The lengths of the axes of a reduced image, by its rank: for every trial, and for one more in which a plane has more
cells than 16 bits can count. Two samples of three channels suffice for both."""

WIDE = {1: 4096, 2: 1300, 3: 41}
"""For a rule that tolerates one wrong cell in a hundred: one row or column of a result has fewer, as in the source."""


@dataclass(frozen=True)
class Problem:
    """One pooling of `kind`, max or mean, on images of one shape."""

    kind: str
    shape: tuple
    size: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    ceil_mode: bool
    count_include_pad: bool

    @property
    def settings(self):
        """The settings of a callable of this kind."""
        own = ("dilation",) if self.kind == "max" else ("count_include_pad",)
        return {name: getattr(self, name) for name in ("padding", "ceil_mode", *own)}

    @property
    def windows(self):
        """Size, stride and settings."""
        return {"size": self.size, "stride": self.stride, "settings": self.settings}

    @property
    def counts_padding(self):
        """Whether an image that is padded beforehand gives the same answer."""
        return not self.ceil_mode and (self.kind == "max" or self.count_include_pad)

    def cut(self, longest):
        """The same on fewer and smaller images that leave as many cells after an axis' last stride."""
        n, c, *lengths = self.shape
        most = longest[len(lengths)]
        cut = (min(old, most + (old - most) % stride) for old, stride in zip(lengths, self.stride, strict=True))
        return replace(self, shape=(min(n, 2), min(c, 3), *cut))


def problem(kind, shape, size, stride=None, padding=0, dilation=1, ceil_mode=False, count_include_pad=True):
    """A problem in PyTorch's form: one number stands for all axes, and the default stride is the size."""
    size, stride, padding, dilation = (
        along(each, len(shape) - 2) for each in (size, stride or size, padding, dilation)
    )
    pairs = tuple((cells, cells) for cells in padding)
    return Problem(kind, shape, size, stride, pairs, dilation, ceil_mode, count_include_pad)


def along(value, rank):
    """A number for each axis."""
    return value if isinstance(value, tuple) else (value,) * rank


KERNELBENCH = (
    problem("max", (64, 192, 65536), 8, 1, 4, dilation=3),
    problem("max", (32, 64, 512, 512), 4, 1, 1),
    problem("max", (16, 32, 128, 128, 128), 3, 2, 1, dilation=3),
    problem("mean", (64, 128, 65536), 8, 1, 4),
    problem("mean", (16, 64, 2048, 2048), 11),
    problem("mean", (16, 32, 128, 128, 256), 3, 2, 1),
)
"""Level 1, problems 41 to 46."""

KERNELBENCH_BEFORE = (
    problem("max", (16, 64, 128), 4, 2, 2, dilation=3),
    problem("max", (16, 32, 128, 128), 2, 2, 1, dilation=3),
    problem("max", (16, 32, 64, 64, 64), 3, 2, 1, dilation=3),
    problem("mean", (16, 32, 128), 4, 2, 1),
    problem("mean", (16, 64, 256, 256), 3),
    problem("mean", (16, 32, 64, 64, 64), 3, 2, 1),
)
"""The same problems until July 2025."""

MULTIKERNELBENCH = (
    problem("max", (64, 192, 2048), 8, 1, 4),
    problem("max", (32, 64, 512, 512), 4, 1, 1),
    problem("max", (16, 32, 128, 128, 128), 3, 2, 1),
    problem("mean", (64, 128, 65536), 8, 1, 4),
    problem("mean", (16, 64, 512, 512), 11),
    problem("mean", (16, 32, 128, 128, 256), 3, 2, 1),
)

MNIST_POOL = problem("max", (64, 64, 28, 28), 2)

FLAGGEMS_MAX = (
    problem("max", (4, 3, 32, 32), 3, 2, 1),
    problem("max", (8, 16, 28, 28), (3, 5), (1, 2), 1),
    problem("max", (2, 4, 15, 15), 3, 2, 1, ceil_mode=True),
    problem("max", (1, 1, 7, 7), 2, 1, 0, dilation=2),
    problem("max", (1, 64, 56, 56), 3, 2, 1),
    problem("max", (2, 8, 16, 16), 2),
    problem("max", (2, 8, 16, 20), 2, 2, (1, 0)),
    problem("max", (4, 3, 16, 16, 16), 3, 2, 1),
    problem("max", (8, 16, 12, 14, 14), (2, 3, 3), (1, 2, 2), (0, 1, 1)),
    problem("max", (2, 4, 15, 15, 15), 3, 2, 1, ceil_mode=True),
    problem("max", (1, 1, 9, 9, 9), 2, 1, 0, dilation=2),
    problem("max", (1, 64, 8, 28, 28), 3, 2, 1),
    problem("max", (2, 8, 8, 16, 16), 2),
    problem("max", (2, 8, 10, 16, 20), 2, 2, (0, 1, 0)),
    problem("max", (1, 1, 5, 5, 5), 2, 1),
    problem("max", (8, 16, 8, 8, 8), 3, 1, 1),
)

FLAGGEMS_MEANS = (
    problem("mean", (4, 3, 32, 32), 3, 2, 1),
    problem("mean", (4, 3, 32, 32), 3, 2, 1, count_include_pad=False),
    problem("mean", (8, 16, 28, 28), (3, 5), (1, 2), 1),
    problem("mean", (2, 4, 15, 15), 3, 2, 1, ceil_mode=True),
    problem("mean", (1, 64, 56, 56), 3, 2, 1),
    problem("mean", (2, 8, 16, 16), 2, count_include_pad=False),
    problem("mean", (2, 8, 16, 20), 2, 2, (1, 0)),
    problem("mean", (2, 3, 16, 16, 16), 3, 2, 1),
    problem("mean", (2, 3, 16, 16, 16), 3, 2, 1, count_include_pad=False),
    problem("mean", (4, 8, 12, 16, 20), (2, 3, 4), (1, 2, 2), (0, 1, 1)),
    problem("mean", (2, 4, 15, 15, 15), 3, 2, 1, ceil_mode=True),
    problem("mean", (1, 64, 16, 56, 56), 3, 2, 1),
    problem("mean", (2, 8, 8, 16, 16), 2, count_include_pad=False),
    problem("mean", (2, 8, 10, 16, 20), 2, 2, (0, 1, 0)),
    problem("mean", (1, 1, 4, 4, 4), 2, 1),
    problem("mean", (8, 16, 8, 8, 8), 3, 1, 1),
)
"""Without those that override the divisor, which the contract does not support."""

FLAGGEMS_LINES = (
    problem("mean", (4, 3, 32), 3, 2, 1),
    problem("mean", (4, 3, 32), 3, 2, 1, count_include_pad=False),
    problem("mean", (8, 16, 28), 5, 2, 1),
    problem("mean", (1, 1, 7), 2, 1),
    problem("mean", (1, 64, 56), 3, 2, 1),
    problem("mean", (2, 8, 16), 2, count_include_pad=False),
    problem("mean", (2, 8, 20), 2, 2, 1),
    problem("mean", (4, 3, 32), 3, None, 1),
    problem("mean", (4, 3, 32), 3, None, 1, count_include_pad=False),
    problem("mean", (8, 16, 28), 5, None, 1),
    problem("mean", (1, 1, 7), 2),
    problem("mean", (1, 64, 56), 3, None, 1),
    problem("mean", (2, 8, 20), 2, None, 1),
)
"""Forward only."""


def of_sample(sample):
    """The problem of one of PyTorch's sample inputs; a mean without its padding has none."""
    rank = len(sample.size)
    usual = {"padding": ((0, 0),) * rank, "dilation": (1,) * rank, "ceil_mode": False, "count_include_pad": True}
    return Problem(sample.kind, sample.shape, sample.size, sample.stride, **usual | sample.settings)


OPINFO = tuple(of_sample(sample) for sample in SAMPLES if sample.kind == "mean" and len(sample.size) > 1)
"""The part of PyTorch's sample inputs that BackendBench keeps.

It calls the operator that PyTorch calls for a sample, with the sample's arguments, and drops the sample if that fails:
lines become several operators, and no operator of a maximum takes `return_indices`, which all its samples have.
"""
