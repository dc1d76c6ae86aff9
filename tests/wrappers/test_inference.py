"""Windows found by probing: of sound kernels with any geometry, of wrong ones, and of functions that do not pool."""

import warnings
from itertools import product

import numpy as np
import pytest
from faults import FAULTS, REPORTED
from faults.general import General
from hypothesis import given
from hypothesis import strategies as st
from poolproof.kernels import compiled, naive
from poolproof.properties.wrappers.black_box import Unknown
from poolproof.properties.wrappers.fixed import Whole, fixed
from poolproof.properties.wrappers.frameworks import NUMPY
from poolproof.properties.wrappers.inference import infer
from poolproof.properties.wrappers.known_pooling import KINDS, KnownPooling, Line
from selection import examples, once, slow

pytestmark = once

# Sound kernels.


@st.composite
def poolings(draw):
    """A pooling with any windows and settings, except those that only repeat every cell."""
    rank, kind = draw(st.sampled_from((1, 2, 2, 3))), draw(st.sampled_from(KINDS))
    most = 6 if rank < 3 else 3
    axes = []
    for _ in range(rank):
        size, stride, dilation = (draw(st.integers(1, n)) for n in (most, most, 3))
        begin = draw(st.integers(0, size // 2))
        end = begin if draw(st.booleans()) else draw(st.integers(0, size // 2))
        axes.append(Line(size, stride, begin, end, dilation))
    pooling = KnownPooling(kind, tuple(axes), draw(st.booleans()), kind == "max" or draw(st.booleans()))
    return pooling if any(axis[:2] != (1, 1) for axis in axes) else draw(poolings())


def kernel(pooling, kernels=compiled):
    """A shipped kernel with these windows, as a function of images of their rank only."""
    windows = {"padding": ((0, 0),) * len(pooling.axes), "dilation": (1,) * len(pooling.axes), **pooling.fixed()}
    forward = getattr(kernels, f"{pooling.kind}_forward")

    def pool(x):
        if x.ndim != 2 + len(pooling.axes):
            raise ValueError(f"x.ndim={x.ndim} should be {2 + len(pooling.axes)}")
        return forward(x, **windows)

    return pool


def images(pooling, count=3):
    """Images of small cells of either sign, at least as long as their windows."""
    random = np.random.default_rng(1)
    for more in range(count):
        lengths = [axis.extent + axis.stride * (1 + more) + more for axis in pooling.axes]
        yield random.integers(-9, 9, (2, 2, *lengths)).astype(np.float64)


@slow
@given(poolings())
@examples(200)
def test_what_is_found_answers_as_the_kernel_does(pooling):
    pool = kernel(pooling)
    found = infer(pool)
    assert found.kind == pooling.kind or max(axis.size for axis in pooling.axes) == 1
    for x in images(pooling):
        np.testing.assert_allclose(found.answer(x), pool(x), rtol=1e-12, atol=1e-12)


@slow
@given(poolings())
@examples(50)
def test_the_answer_of_a_pooling_is_that_of_the_reference_kernel(pooling):
    for x in images(pooling, 1):
        np.testing.assert_allclose(pooling.answer(x), kernel(pooling, naive)(x), rtol=1e-12, atol=1e-12)


WINDOWS = {
    "max": KnownPooling("max", (Line(3, 2, 1, 1), Line(3, 2, 1, 1)), ceil_mode=True),
    "mean": KnownPooling("mean", (Line(4, 4), Line(2, 3, 1, 1)), count_include_pad=False),
    "volume": KnownPooling("mean", (Line(3, 2, 1, 1),) * 3),
    "sequence": KnownPooling("max", (Line(8, 1, 4, 4, 3),)),
    "one-sided": KnownPooling("mean", (Line(3, 1, 0, 1), Line(2, 2))),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_usual_windows_are_found_as_they_are(name):
    assert infer(kernel(WINDOWS[name])) == WINDOWS[name]


def test_windows_are_declared_with_the_settings_that_matter():
    assert WINDOWS["max"].fixed() == {
        "size": (3, 3),
        "stride": (2, 2),
        "padding": ((1, 1), (1, 1)),
        "ceil_mode": True,
    }
    assert WINDOWS["mean"].fixed() == {
        "size": (4, 2),
        "stride": (4, 3),
        "padding": ((0, 0), (1, 1)),
        "count_include_pad": False,
    }
    assert WINDOWS["sequence"].fixed()["dilation"] == (3,)
    assert KnownPooling("mean", (Line(2, 2),)).words() == "mean pooling with size=(2,), stride=(2,)"


def test_a_function_of_one_dtype_is_asked_in_it():
    def pool(x):
        if x.dtype != np.float64:
            raise TypeError(f"x.dtype={x.dtype} should be float64")
        return kernel(WINDOWS["max"])(x)

    assert infer(pool, dtype="float64") == WINDOWS["max"]
    with pytest.raises(Unknown, match=r"it takes no images: .* should be float64"):
        infer(pool)


# Wrong kernels.

GEOMETRIES = [
    KnownPooling(kind, axes, ceil_mode)
    for kind in KINDS
    for axes, ceil_mode in (
        ((Line(3, 2, 1, 1), Line(3, 2, 1, 1)), True),
        ((Line(3, 1, 1, 1), Line(2, 2)), False),
        ((Line(2, 2), Line(2, 2)), False),
    )
]
LOOK_DIFFERENT = {
    "edges.ReshapedAcross": "windows in another order",
    "edges.RoundsSize": "more windows than there should be",
    "edges.SqueezesSingleCells": "no axis of length one in the result",
    "gradients.SamplesForChannels": "channels for samples",
    "others.CeilsOutputSize": "ceil mode",
    "others.MeanIsMax": "maxima",
    "overhang.DropByHeight": "a number of columns that depends on the height",
    "overhang.EvenlySpread": "windows that move with the length of the image",
    "overhang.PadsReadAsSides": "other padding",
    "settings.CeilForFloor": "ceil mode",
    "settings.CeilOnFirstAxisOnly": "one cell of padding at one side",
    "settings.CountIncludePadReversed": "the other divisor",
    "settings.DividesByWindow": "more padding at the end, all of which counts",
    "settings.DropsWindowTooEarly": "no ceil mode",
    "settings.FloorForCeil": "no ceil mode",
    "settings.OverhangCounts": "more padding at the end, all of which counts",
    "settings.PaddingAtLeastOne": "more padding",
    "settings.PaddingLeftOutOfSize": "less padding at the end",
    "settings.PaddingOfFirstAxis": "other padding",
    "settings.PaddingOfHeightAlone": "less padding",
    "sizes.EightColumnsByTheFirst": "windows with a column less",
    "values.FirstPixel": "the first cell of the image in every window",
}
"""Faults that look like another pooling, and which. Without further information they cannot be recognised."""


def faulty(cls, pooling):
    """A wrong forward with these windows; None if it takes no such windows."""
    windows = pooling.fixed()
    if len(windows) > 2 and not issubclass(cls, General):
        return None
    forward = getattr(cls(), f"{pooling.kind}_forward", None)
    return forward and (lambda x: forward(x, **windows))


def seen_as(pool, **said):
    """The pooling that a function looks like, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return infer(pool, **said)
        except Unknown:
            return None


@slow
def test_most_mistakes_do_not_hide_what_is_meant():
    different = set()
    for (name, cls), pooling in product({**FAULTS, **REPORTED}.items(), GEOMETRIES):
        pool = faulty(cls, pooling)
        found = seen_as(pool) if pool else pooling
        if found is None or (found.kind, found.fixed()) != (pooling.kind, pooling.fixed()):
            different.add(name)
    assert different == set(LOOK_DIFFERENT)


@pytest.mark.parametrize("name", [name for name in LOOK_DIFFERENT if name in FAULTS and "Squeezes" not in name])
def test_what_is_said_is_believed_whatever_it_looks_like(name):
    asked = 0
    for pooling in GEOMETRIES:
        pool = faulty(FAULTS[name], pooling)
        if pool and name != "gradients.SamplesForChannels":
            found = seen_as(pool, kind=pooling.kind, **{"padding": 0, "ceil_mode": False, **pooling.fixed()})
            assert found.fixed() == pooling.fixed()
            asked += 1
    assert asked or name == "gradients.SamplesForChannels"


def test_a_part_of_what_is_meant_may_be_said():
    pool = kernel(KnownPooling("mean", (Line(3, 2, 1, 0), Line(3, 2, 1, 0))))
    assert infer(pool, padding=1).fixed()["padding"] == ((1, 1), (1, 1))
    assert infer(pool, ceil_mode=True).ceil_mode is True
    assert infer(pool, size=2).fixed()["size"] == (2, 2)


def test_windows_alone_may_be_said_of_what_looks_like_nothing():
    with pytest.raises(Unknown):
        infer(lambda x: x[..., ::2, ::2] * 0, size=2)
    found = infer(lambda x: x[..., ::2, ::2] * 0, kind="max", size=(2, 3))
    assert found == KnownPooling("max", (Line(2, 2), Line(3, 3)))


def test_where_everything_is_said_nothing_is_asked_but_the_rank():
    asked = []

    def pool(x):
        asked.append(x.shape)
        return kernel(WINDOWS["max"])(x)

    windows = {"size": (2, 2), "stride": (2, 1), "padding": (1, 0), "dilation": 1}
    found = infer(pool, kind="mean", ceil_mode=True, count_include_pad=False, **windows)
    assert found == KnownPooling("mean", (Line(2, 2, 1, 1), Line(2, 1)), ceil_mode=True, count_include_pad=False)
    assert len(asked) <= 2


@pytest.mark.parametrize("declared", [{"fixed": {"size": (3,)}}, {"ranks": (1,)}], ids=("fixed", "ranks"))
def test_what_pools_the_last_axis_of_any_image_is_judged_at_the_rank_that_is_declared(declared):
    def pool(x):
        return np.lib.stride_tricks.sliding_window_view(x, 3, axis=-1)[..., ::2, :].max(axis=-1)

    said = {"kind": "max", "size": (3,), "stride": (2,)}
    target = fixed(Whole("module", "Pool", NUMPY, pool), said, declared)
    assert (target.ranks, target.fixed) == ((1,), {"size": (3,), "stride": (2,)})


def test_windows_on_lines_may_be_longer_than_64_cells():
    pool = kernel(KnownPooling("max", (Line(70, 70),)))
    assert fixed(Whole("module", "Pool", NUMPY, pool), {}, {}).fixed == {"size": (70,), "stride": (70,)}


def test_windows_that_are_said_of_other_axes_are_refused():
    with pytest.raises(Unknown, match=r"\(1, 2, 3\) was given for its windows, but they have 2 axes"):
        infer(kernel(WINDOWS["max"]), dilation=(1, 2, 3))


def test_a_function_that_mixes_up_channels_is_asked_with_one():
    def pool(x):
        y = kernel(WINDOWS["max"])(x)
        return np.broadcast_to(y[:, :1], y.shape)

    assert infer(pool) == WINDOWS["max"]


# Functions that are not a pooling of the contract.


def windows_of(x, size=3):
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))[:, :, ::2, ::2]


NOTHING = {
    "raises": (lambda x: 1 / 0, "it takes no images: ZeroDivisionError"),
    "a tuple": (lambda x: (x, x), "it takes no images: it returned a tuple"),
    "another shape": (lambda x: x.reshape(-1), r"it takes no images: images of shape .* gave an array of shape"),
    "the image": (lambda x: x + 0, "cell by cell"),
    "global": (lambda x: x.max(axis=(2, 3), keepdims=True), "one window covers axis 0 of the image"),
    "minimum": (lambda x: windows_of(x).min(axis=(4, 5)), "changes nothing along axis 0"),
    "sum": (lambda x: windows_of(x).sum(axis=(4, 5)), "most of its answers are 9 of what they should be"),
    "another divisor": (lambda x: windows_of(x).sum(axis=(4, 5)) / 5, "most of its answers are 1.8 of what they"),
    "square mean": (lambda x: np.sqrt((windows_of(x) ** 2).mean(axis=(4, 5))), "no maximum, no mean"),
    "adaptive": (
        lambda x: np.stack([part.mean(axis=3) for part in np.array_split(x, 7, axis=3)], axis=3)[:, :, :7],
        "but other images do not agree: an image of",
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_pools_nothing_is_told_what_was_seen(name):
    function, message = NOTHING[name]
    with pytest.raises(Unknown, match=message):
        infer(function)
