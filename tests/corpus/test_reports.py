"""Models of public bug reports: each is wrong on the small input from the report, right on a plain one, and rejected.

Sound variants that are unusual in the same respects are accepted.
"""

import contextlib
from typing import Any, NamedTuple

import numpy as np
import pytest
from faults import FAULTS, REPORTED, SOUND, UNUSUAL
from faults.general import General
from faults.mistakes import MISTAKES
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.target import wrap
from selection import NIGHTLY, slow
from strength.asked import laws_about

pytestmark = pytest.mark.once

SEEDS = (1, 2, 3) if NIGHTLY else (1,)


class Question(NamedTuple):
    """A call of the contract, its arrays in the contract's order."""

    function: str
    arrays: tuple[Any, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    settings: dict[str, Any]

    def ask(self, implementation):
        """The answer, or a mark for no answer."""
        try:
            return getattr(implementation, self.function)(*self.arrays, self.size, self.stride, **self.settings)
        except RuntimeError:
            return np.array("raised")

    def copied(self):
        """The same call with arrays of its own, in C order."""
        return self._replace(arrays=tuple(array.copy(order="C") for array in self.arrays))


def of(function, x, size, stride=None, dy=None, **settings):
    """A call; strides default to one."""
    arrays = (x,) if dy is None else (dy, x)
    return Question(function, arrays, size, stride or (1,) * len(size), settings)


def floats(*shape, dtype=np.float64):
    """An image whose cells are 0, 1, 2, ..."""
    return np.arange(float(np.prod(shape))).reshape(shape).astype(dtype)


def ones(*shape, dtype=np.float64):
    """An image of ones."""
    return np.ones(shape, dtype)


def row(*cells, dtype=np.float64):
    """An image of one row."""
    return np.array(cells, dtype).reshape(1, 1, 1, -1)


def last(a):
    """The same array with channels innermost."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1)


def strided(a, *strides):
    """The same array with these strides, in cells, along axes of length one; None keeps a stride."""
    kept = [own if s is None else s * a.itemsize for own, s in zip(a.strides, strides, strict=True)]
    return np.lib.stride_tricks.as_strided(a, a.shape, kept)


def late(a):
    """The same array, starting one cell into other memory."""
    memory = np.full(a.size + 1, 77, a.dtype)
    memory[1:] = a.ravel()
    return memory[1:].reshape(a.shape)


def hot(a, *places):
    """An image with some of its cells set to one."""
    a = np.zeros_like(a)
    a.reshape(-1)[list(places)] = 1
    return a


IMAGE = (1, 2, 1, 2)
SHOWN = {
    "corners.NoIndexBelowFloat32": lambda: [of("max_indices", row(-2e300, -1e300), (1, 2))],
    "corners.BelowFloat32Lost": lambda: [of("max_forward", row(-1e300), (1, 1))],
    "corners.InfinityUnderIdentity": lambda: [of("max_forward", row(np.inf), (1, 1))],
    "corners.HalfInfinitySaturates": lambda: [of("max_forward", row(np.inf, dtype=np.float16), (1, 1))],
    "corners.DividesContiguousGradients": lambda: [
        of("mean_backward", row(0, 0, dtype=np.float32), (1, 2), dy=row(1, dtype=np.float32))
    ],
    "corners.LowestInt8NotSearched": lambda: [of("max_forward", row(-128, dtype=np.int8), (1, 1))],
    "corners.LowestInt16HasNoIndex": lambda: [of("max_indices", row(-(2**15), dtype=np.int16), (1, 1))],
    "corners.DivisorWithAxesReversed": lambda: [
        of("mean_forward", ones(1, 1, 2, 2), (1, 2), padding=((0, 0), (1, 0)), count_include_pad=False),
    ],
    "corners.CeilAndPaddingUncounted": lambda: [
        of("mean_forward", row(1, 1), (1, 2), (1, 2), padding=((0, 0), (1, 0)), ceil_mode=True, count_include_pad=False)
    ],
    "corners.EndPaddingAlwaysCounts": lambda: [
        of("mean_forward", row(1), (1, 2), padding=((0, 0), (0, 1)), count_include_pad=False)
    ],
    "corners.DilatedPaddingCountsBackward": lambda: [
        of(
            "mean_backward",
            row(0, 0),
            (1, 2),
            dy=row(1),
            padding=((0, 0), (1, 0)),
            dilation=(1, 2),
            count_include_pad=False,
        )
    ],
    "corners.EvenChannelsNotWritten": lambda: [of("mean_backward", ones(1, 2, 1, 1), (1, 1), dy=ones(1, 2, 1, 1))],
    "corners.DilationMovesPadding": lambda: [
        of("max_indices", row(3, 2, 1), (1, 2), padding=((0, 0), (1, 1)), dilation=(1, 2))
    ],
    "history.MaximumSpoilsMeans": lambda: [of("max_forward", row(1), (1, 1)), of("mean_forward", row(1, 1), (1, 2))],
    "history.MeansSpoilIndices": lambda: [
        of("mean_forward", row(1), (1, 2), padding=((0, 0), (1, 0))),
        of("max_indices", row(1), (1, 1)),
    ],
    "history.RecycledWhereChannelsAreEven": lambda: [
        of("max_backward", ones(1, 2, 1, 1), (1, 1), dy=ones(1, 2, 1, 1)),
        of("max_backward", ones(1, 2, 1, 1), (1, 1), dy=ones(1, 2, 1, 1)),
    ],
    "history.GrownNotCleared": lambda: [
        of("mean_backward", row(0), (1, 1), dy=row(1)),
        of("mean_backward", row(0, 0), (1, 2), dy=row(2)),
    ],
    "history.TailOfLargerImage": lambda: [
        of("mean_forward", row(1, 2), (1, 1)),
        of("mean_forward", row(3), (1, 1)),
    ],
    "history.MaximaByShapeAlone": lambda: [
        of("max_backward", row(1, 2), (1, 2), dy=row(1)),
        of("max_backward", row(2, 1), (1, 2), dy=row(1)),
    ],
    "history.WindowsByShapeAndDtype": lambda: [
        of("max_forward", row(1, 2, 3), (1, 2), padding=((0, 0), (1, 0))),
        of("max_forward", row(1, 2, 3), (1, 2), padding=((0, 0), (0, 1))),
    ],
    "history.DivisorsByShape": lambda: [
        of("mean_forward", row(1), (1, 2), padding=((0, 0), (1, 0))),
        of("mean_forward", row(1), (1, 2), padding=((0, 0), (1, 0)), count_include_pad=False),
    ],
    "history.IndicesInThreeBuffers": lambda: [of("max_indices", row(k % 2, 0.5), (1, 2)) for k in range(4)],
    "history.PlacesOfLastMaximum": lambda: [
        of("max_forward", row(1, 2), (1, 2)),
        of("max_backward", row(2, 1), (1, 2), dy=row(1)),
    ],
    "history.FirstGradientBeforeTables": lambda: [
        of("mean_backward", row(0, dtype=np.float32), (1, 1), dy=row(1, dtype=np.float32))
    ],
    "integers.MaximumFromZeroWithChannelsLast": lambda: [
        of("max_forward", last(np.array([-1, -2, -3, -4], np.int8).reshape(IMAGE)), (1, 1))
    ],
    "integers.LeftoverChannels": lambda: [of("max_forward", row(0, 1, dtype=np.int8), (1, 2))],
    "integers.PaddingInAByte": lambda: [of("mean_forward", row(1), (1, 129), padding=((0, 0), (128, 0)))],
    "integers.PaddingInAnUnsignedByte": lambda: [of("mean_forward", row(1), (1, 257), padding=((0, 0), (0, 256)))],
    "integers.DilationInAByte": lambda: [of("max_forward", row(*range(129)), (1, 2), dilation=(1, 128))],
    "integers.GradientDilationInAByte": lambda: [
        of("mean_backward", row(*range(257)), (1, 2), dy=row(1), dilation=(1, 256))
    ],
    "integers.Int8IgnoresDilation": lambda: [of("max_forward", row(0, 0, 1, dtype=np.int8), (1, 2), dilation=(1, 2))],
    "integers.Int16LeavesOverhang": lambda: [
        of("max_forward", row(1, 1, 1, dtype=np.int16), (1, 2), (1, 2), ceil_mode=True)
    ],
    "integers.CeilOfIntegersMovesWindows": lambda: [
        of("max_indices", row(1, 0, 0, dtype=np.int32), (1, 2), (1, 2), ceil_mode=True)
    ],
    "integers.LastIntegersRemembered": lambda: [
        of("max_forward", row(1, dtype=np.int8), (1, 1)),
        of("max_forward", row(2, dtype=np.int8), (1, 1)),
    ],
    "integers.IntegerIndicesRemembered": lambda: [
        of("max_indices", row(0, 1, 2, 0, dtype=np.int32), (1, 4)),
        of("max_indices", row(0, 2, 1, 0, dtype=np.int32), (1, 4)),
    ],
    "integers.IntegerWindowsByShape": lambda: [
        of("max_forward", row(1, 2, 3, dtype=np.int8), (1, 2), padding=((0, 0), (1, 0))),
        of("max_forward", row(1, 2, 3, dtype=np.int8), (1, 2), padding=((0, 0), (0, 1))),
    ],
    "integers.IntegerResultsShareMemory": lambda: [
        of("max_forward", row(1, dtype=np.int16), (1, 1)),
        of("max_forward", row(2, dtype=np.int16), (1, 1)),
    ],
    "integers.PairsOfChannels": lambda: [
        of("max_forward", np.array([0, 1, 1, 0], np.int8).reshape(IMAGE), (1, 2)),
    ],
    "integers.SamplesOfBytesTogether": lambda: [
        of("max_forward", np.array([255, 0], np.uint8).reshape(2, 1, 1, 1), (1, 1))
    ],
    "integers.LargestByteOfPlane": lambda: [of("max_forward", row(255, 0, dtype=np.uint8), (1, 1))],
    "integers.WordsOfFourBytes": lambda: [of("max_forward", row(*range(6), dtype=np.int8), (1, 1), (1, 5))],
    "integers.DifferenceOfInt16": lambda: [of("max_forward", row(-20_000, 20_000, dtype=np.int16), (1, 2))],
    "integers.SlicesOfUint16": lambda: [
        of("max_forward", np.array([0, 1], np.uint16).reshape(1, 1, 2, 1, 1), (2, 1, 1))
    ],
    "integers.LinesOfInt64": lambda: [of("max_forward", -np.ones((1, 1, 1), np.int64), (2,), padding=((1, 0),))],
    "integers.BytesComparedUnsigned": lambda: [of("max_indices", row(-1, 1, dtype=np.int8), (1, 2))],
    "integers.BytesComparedSigned": lambda: [of("max_forward", row(200, 100, dtype=np.uint8), (1, 2))],
    "integers.Uint64ComparedSigned": lambda: [of("max_forward", row(2**63, 1, dtype=np.uint64), (1, 2))],
    "integers.IndicesOfInt64ThroughFloat64": lambda: [
        of("max_indices", np.array([2**53, 2**53 + 1]).reshape(1, 1, 1, 2), (1, 2))
    ],
    "integers.IndicesOfInt32ThroughFloat32": lambda: [of("max_indices", row(2**24, 2**24 + 1, dtype=np.int32), (1, 2))],
    "integers.TruthCountedInAByte": lambda: [of("max_forward", ones(1, 1, 1, 256, dtype=bool), (1, 256))],
    "integers.IndicesInBytes": lambda: [of("max_indices", hot(ones(1, 1, 1, 129, dtype=np.int8), 128), (1, 129))],
    "integers.PaddedBytesHold128": lambda: [
        of("max_forward", row(0, dtype=np.uint8), (1, 2), padding=((0, 0), (1, 0)))
    ],
    "integers.CroppedBytes": lambda: [of("max_forward", floats(1, 1, 2, 2, dtype=np.uint8)[..., :1], (1, 1))],
    "integers.TransposedInt32": lambda: [
        of("max_indices", floats(1, 1, 2, 2, dtype=np.int32).swapaxes(2, 3), (2, 1))._replace(
            arrays=(np.array([0, 2, 1, 3], np.int32).reshape(1, 1, 2, 2)[..., ::-1].swapaxes(2, 3),)
        )
    ],
    "layouts.ExpandedGradientReadAsDense": lambda: [
        of("mean_backward", last(floats(*IMAGE)), (1, 2), dy=np.broadcast_to(1.0, (1, 2, 1, 1)))
    ],
    "layouts.ExpandedGradientBesidePlainImage": lambda: [
        of("max_backward", floats(*IMAGE), (1, 1), dy=np.broadcast_to(floats(1, 1, 1, 2), IMAGE))
    ],
    "layouts.ExpandedChannels": lambda: [of("max_forward", np.broadcast_to(ones(1, 1, 1, 2), IMAGE), (1, 1))],
    "layouts.ExpandedRows": lambda: [of("mean_forward", np.broadcast_to(ones(1, 1, 1, 2), (1, 1, 2, 2)), (1, 1))],
    "layouts.GradientReadAsImageLies": lambda: [of("max_backward", last(floats(*IMAGE)), (1, 1), dy=floats(*IMAGE))],
    "layouts.GradientInUnlikeOrder": lambda: [of("mean_backward", floats(*IMAGE), (1, 1), dy=last(floats(*IMAGE)))],
    "layouts.GradientOfImageLiesLikeThatOfResult": lambda: [
        of("max_backward", floats(*IMAGE), (1, 1), dy=last(floats(*IMAGE)))
    ],
    "layouts.WinnersInAnotherOrder": lambda: [of("max_backward", last(floats(*IMAGE)), (1, 1), dy=ones(*IMAGE))],
    "layouts.CropOfChannelsReadAsPacked": lambda: [of("max_forward", last(floats(*IMAGE))[:, :1], (1, 1))],
    "layouts.CropOfRowsWithChannelsLast": lambda: [
        of("mean_forward", last(floats(1, 2, 2, 2))[..., :1], (1, 1)),
    ],
    "layouts.CropOfGradientWithChannelsLast": lambda: [
        of("mean_backward", floats(*IMAGE), (1, 1), dy=last(floats(1, 3, 1, 2))[:, :2])
    ],
    "layouts.FewerChannelsThanMemory": lambda: [
        of("max_indices", np.array([0, 1, 0, 1, 1, 0, 0, 0.0]).reshape(2, 2, 1, 2)[:, :1], (1, 2))
    ],
    "layouts.EveryOtherChannel": lambda: [of("max_forward", floats(1, 4, 1, 1)[:, ::2], (1, 1))],
    "layouts.RowsOfGradientFurtherApart": lambda: [
        of("max_backward", floats(1, 1, 2, 2), (1, 1), dy=floats(1, 1, 2, 3)[..., :2])
    ],
    "layouts.GradientCellsFurtherApart": lambda: [
        of("mean_backward", floats(1, 1, 1, 2), (1, 1), dy=floats(1, 1, 1, 4)[..., ::2])
    ],
    "layouts.OffsetIgnored": lambda: [of("max_forward", late(row(1)), (1, 1))],
    "layouts.OffsetOfGradientIgnored": lambda: [of("mean_backward", row(1), (1, 1), dy=late(row(1)))],
    "layouts.VectorsFromRoundedAddress": lambda: [of("mean_forward", late(row(1)), (1, 1))],
    "layouts.SamplesByStrideOfOneChannel": lambda: [
        of("max_forward", strided(floats(2, 1, 1, 1), None, 0, None, None), (1, 1))
    ],
    "layouts.ChannelsByStrideOfOneSample": lambda: [
        of("mean_forward", strided(floats(1, 2, 1, 1), 0, None, None, None), (1, 1))
    ],
    "layouts.RowsByStrideOfOneColumn": lambda: [
        of("max_backward", floats(1, 1, 2, 1), (1, 1), dy=floats(1, 1, 2, 2)[..., :1])
    ],
    "layouts.SinglePixelCountsAsChannelsLast": lambda: [
        of("max_forward", np.array([[[[1.0]], [[2.0]]]]), (1, 2), padding=((0, 0), (1, 1)))
    ],
    "layouts.ChannelsLastByOneStride": lambda: [
        of("mean_forward", strided(floats(2, 1, 1, 2)[:, :, :, :1], None, 1, None, None), (1, 1))
    ],
    "layouts.FortranGradients": lambda: [
        of("max_backward", np.asfortranarray(floats(*IMAGE)), (1, 1), dy=floats(*IMAGE))
    ],
    "layouts.TransposedBesidePlain": lambda: [
        of("mean_backward", floats(1, 1, 2, 2).swapaxes(2, 3), (1, 1), dy=floats(1, 1, 2, 2))
    ],
    "layouts.ChannelsBackwards": lambda: [of("max_indices", np.array([0, 1, 1, 0.0]).reshape(IMAGE)[:, ::-1], (1, 2))],
    "layouts.GradientBackwards": lambda: [
        of("max_backward", floats(1, 1, 1, 2), (1, 1), dy=floats(1, 1, 1, 2)[..., ::-1])
    ],
    "sizes.SecondBlockOf256Channels": lambda: [of("mean_forward", ones(1, 257, 1, 1), (1, 1))],
    "sizes.BlocksOf32LeaveOne": lambda: [of("max_forward", ones(1, 33, 1, 1), (1, 1))],
    "sizes.MaskOf31Lanes": lambda: [of("max_forward", ones(1, 31, 1, 1), (1, 1))],
    "sizes.BlocksOf48ShareTail": lambda: [of("mean_backward", ones(1, 49, 1, 1), (1, 1), dy=floats(1, 49, 1, 1))],
    "sizes.LastOf47Channels": lambda: [of("max_backward", ones(1, 47, 1, 1), (1, 1), dy=ones(1, 47, 1, 1))],
    "sizes.WholeBlocksOf64": lambda: [of("max_forward", ones(1, 64, 1, 1), (1, 1))],
    "sizes.IndicesOf65Channels": lambda: [of("max_indices", hot(ones(1, 65, 1, 2), 129), (1, 2))],
    "sizes.BlocksOf128Overlap": lambda: [of("mean_backward", ones(1, 129, 1, 1), (1, 1), dy=floats(1, 129, 1, 1))],
    "sizes.ChannelInAByte": lambda: [of("max_forward", floats(1, 255, 1, 1), (1, 1))],
    "sizes.PlanesIn16Bits": lambda: [of("max_forward", ones(65_537, 1, 1, 1), (1, 1))],
    "sizes.PlanesInSigned16Bits": lambda: [of("mean_forward", floats(1, 32_769, 1, 1), (1, 1))],
    "sizes.GridOf65535": lambda: [of("max_backward", ones(1, 65_536, 1, 1), (1, 1), dy=ones(1, 65_536, 1, 1))],
    "sizes.IndicesIn32767Planes": lambda: [of("max_indices", ones(1, 32_768, 1, 1), (1, 1))],
    "sizes.LongWindowFails": lambda: [of("max_forward", np.zeros((1, 1, 1025)), (1025,))],
    "sizes.LongWindowCutOff": lambda: [of("mean_forward", ones(1, 1, 1025), (1025,))],
    "sizes.ThreadPerCell": lambda: [of("mean_backward", ones(1, 1, 1025), (1025,), dy=ones(1, 1, 1))],
    "sizes.TiedBlocksEachWin": lambda: [of("max_backward", ones(1, 1, 2049), (2049,), dy=ones(1, 1, 1))],
    "sizes.TiedBlocksLose": lambda: [of("max_backward", ones(1, 1, 1025), (1025,), dy=ones(1, 1, 1))],
    "sizes.IndexOfLaterTie": lambda: [
        of("max_indices", hot(ones(1, 1, 1026), 0, 1025), (1026,)),
    ],
    "sizes.RestOfLargeWindow": lambda: [of("max_forward", hot(ones(1, 1, 2049), 2048), (2049,))],
    "sizes.EightColumnsByTheFirst": lambda: [
        of("max_forward", row(5, *[0] * 7, dtype=np.float32), (1, 2), padding=((0, 0), (1, 0)))
    ],
    "sizes.NarrowRowsRunOn": lambda: [
        of("max_forward", np.array([[[[0.0], [1.0]]]]), (1, 2), padding=((0, 0), (0, 1)))
    ],
    "sizes.PairsInNarrowRows": lambda: [of("mean_forward", ones(1, 1, 2, 6), (2, 2), (2, 2))],
}
"""For each model, except one about threads, the calls that show it, by its name."""

THREADED = ("integers.IntegersShareScratch",)


def outcome(implementation, questions):
    """The answers, and the arrays at the end, after all calls."""
    answers = [question.ask(implementation) for question in questions]
    return [*answers, *(array for question in questions for array in question.arrays)]


def same(one, other):
    """Whether answers are equal, and of the same dtypes."""
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


def right(questions):
    """The results of a sound implementation for these calls, on arrays in C order."""
    return outcome(General(), [question.copied() for question in questions])


@pytest.mark.parametrize("name", SHOWN)
def test_a_model_is_wrong_on_the_input_that_shows_it(name):
    expected = right(SHOWN[name]())
    assert not same(outcome(REPORTED[name](), SHOWN[name]()), expected)
    assert same(outcome(General(), SHOWN[name]()), expected)


PLAIN = np.random.default_rng(0).permutation(90).reshape(2, 3, 3, 5).astype(np.float64)
GRADIENT = np.random.default_rng(1).permutation(48).reshape(2, 3, 2, 4).astype(np.float64)


@pytest.mark.parametrize("function", ["max_forward", "mean_forward", "max_indices", "max_backward", "mean_backward"])
@pytest.mark.parametrize("name", REPORTED)
def test_a_model_is_right_on_a_plain_input(name, function):
    question = of(function, PLAIN.copy(), (2, 2), dy=GRADIENT.copy() if function.endswith("backward") else None)
    assert same(outcome(REPORTED[name](), [question]), right([question]))


@pytest.mark.parametrize("name", THREADED)
def test_a_model_about_threads_is_wrong_beside_another_call(name):
    fault = REPORTED[name]()
    mine, other = (of("max_forward", row(cell, dtype=np.int8), (1, 1)) for cell in (1, 2))
    usual, waiting = fault.windows, [other]

    def interrupted(*arguments):
        """The windows of a call; before they are returned, the waiting call is made."""
        if waiting:
            waiting.pop().ask(fault)
        return usual(*arguments)

    fault.windows = interrupted
    assert not same([mine.ask(fault)], [mine.ask(General())])


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_variant_is_right_on_all_of_these_inputs_or_refuses_them(name):
    for questions in SHOWN.values():
        with contextlib.suppress(ValueError):
            assert same(outcome(UNUSUAL[name](), questions()), right(questions()))


# The corpus.


def test_every_model_says_what_is_wrong_and_which_laws_reject_it():
    assert len(REPORTED) >= 45
    assert {*SHOWN, *THREADED} == set(REPORTED)
    assert all(set(fault.laws) <= set(laws_about(fault)) for fault in REPORTED.values())
    assert all(fault.mistake in MISTAKES for fault in REPORTED.values())


def test_no_two_models_say_the_same():
    models = [*FAULTS.values(), *REPORTED.values()]
    assert len({fault.__doc__ for fault in models}) == len(models)
    assert len({variant.__doc__ for variant in (*SOUND.values(), *UNUSUAL.values())}) == len(SOUND) + len(UNUSUAL)


@slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", REPORTED)
def test_a_model_is_rejected_by_a_default_run(name, seed):
    fault = REPORTED[name]
    laws = dict.fromkeys((*fault.laws, *laws_about(fault)))
    assert any(run(LAWS[law], wrap(fault), TrialSettings(seed=seed, brief=True, explain=False)).failed for law in laws)


@slow
@pytest.mark.parametrize("third", range(3))
@pytest.mark.parametrize("name", UNUSUAL)
def test_no_law_rejects_an_unusual_variant(name, third):
    laws, few = laws_about(UNUSUAL[name])[third::3], 100 if NIGHTLY else 30
    results = [run(LAWS[law], wrap(UNUSUAL[name]), TrialSettings(few, third, brief=True)) for law in laws]
    assert [result.message for result in results if result.failed] == []
    assert sum(result.examples for result in results) >= 3 * few
