"""The checks that people use today: they accept sound kernels, reject what they test, and cannot see the rest."""

import inspect

import pytest
from faults import FAULTS, SOUND
from faults.base import Sound
from faults.general import General
from poolproof.kernels import img2col
from selection import slow
from strength.people import CHECKS

pytestmark = pytest.mark.once

RIGHT = {"plain": Sound, "general": General, "img2col": img2col}

REJECTED = [
    ("document", "others.ChannelsMixed"),
    ("document", "others.ZeroSentinel"),
    ("notebook", "others.MutatesInput"),
    ("notebook", "others.ZeroSentinel"),
    ("node cases", "others.WidensDtype"),
    ("node cases", "settings.CeilForFloor"),
    ("node cases", "settings.PaddedIndex"),
    ("operator samples", "overlap.AssignsMaxGradient"),
    ("operator samples", "others.GarbageInGaps"),
    ("operator samples", "settings.IncludesBackward"),
]

# Windows that do not overlap, one setting, no ties, no edges, and no right answer for a forward pass.
UNSEEN = [
    ("document", "overlap.AssignsMaxGradient"),
    ("document", "others.MeanIsMax"),
    ("notebook", "overlap.AssignsMaxGradient"),
    ("notebook", "ties.EveryTie"),
    ("node cases", "overlap.AssignsMaxGradient"),
    ("node cases", "others.TensorIndices"),
    ("node cases", "others.RunningSum"),
    ("operator samples", "ties.EveryTie"),
    ("operator samples", "others.SwapsStride"),
    ("operator samples", "others.CeilsOutputSize"),
]

REFUSES = {("operator samples", "sound.RefusesEdges"), ("node cases", "sound.RefusesMore")}
"""A sound kernel need not take gaps in memory or windows larger than the image; one of PyTorch or ONNX must."""


def accepts(check, implementation):
    """Whether an implementation passes a check; any exception is a failure."""
    try:
        CHECKS[check](implementation)
    except Exception:
        return False
    return True


@slow
@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("implementation", RIGHT.values(), ids=RIGHT)
def test_a_right_kernel_is_accepted(check, implementation):
    CHECKS[check](implementation)


@slow
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_variant_is_accepted_but_for_what_the_contract_leaves_free(name):
    rejecting = {(check, name) for check in CHECKS if not accepts(check, SOUND[name])}
    assert rejecting == {pair for pair in REFUSES if pair[1] == name}


@slow
@pytest.mark.parametrize(("check", "fault"), REJECTED)
def test_a_check_rejects_what_it_asks_about(check, fault):
    assert not accepts(check, FAULTS[fault])


@pytest.mark.parametrize(("check", "fault"), UNSEEN)
def test_a_check_cannot_see_what_it_does_not_ask_about(check, fault):
    assert accepts(check, FAULTS[fault])


class MeansAlone(Sound):
    max_forward = max_backward = max_indices = None


class ForwardAlone(Sound):
    max_backward = mean_backward = None


class WrongForIntegersAlone(Sound):
    dtypes = ("int8",)

    def max_forward(self, x, size, stride):
        raise ArithmeticError


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("part", [MeansAlone, ForwardAlone, WrongForIntegersAlone])
def test_what_is_not_offered_is_not_asked(check, part):
    CHECKS[check](part)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_says_what_it_is_and_where_it_comes_from(check):
    assert "Source: " in inspect.getdoc(CHECKS[check])
