"""Refusals of valid calls: the calls that each rule covers."""

import numpy as np
import pytest
from poolproof.properties.failures.mistakes import MISTAKES
from poolproof.properties.targets.call import Call


def call(shape=(1, 1, 4, 4), size=(2, 2), stride=(1, 1), dtype="float64"):
    """A call of max_forward."""
    return Call("max_forward", {"x": np.zeros(shape, dtype)}, size, stride)


REFUSED = {
    "refuses-integers": (call(dtype="int8"), call()),
    "refuses-large-planes": (call((1, 1, 12, 12), dtype="int8"), call((1, 1, 12, 12), dtype="int16")),
    "refuses-full-width": (call(size=(2, 4)), call(size=(3, 3))),
    "refuses-long-strides": (call(stride=(1, 5)), call(stride=(2, 2))),
    "refuses-single-cells": (call((1, 1, 1, 4), (1, 2)), call((2, 2, 2, 2))),
    "refuses-large-windows": (call((1, 1, 33, 40), (33, 40)), call()),
    "refuses-empty-batches": (call((0, 1, 4, 4)), call()),
}


def test_every_rule_is_shown():
    assert {name for name, mistake in MISTAKES.items() if mistake.refuses} == {*REFUSED}


@pytest.mark.parametrize("name", REFUSED)
def test_every_variant_refuses_the_one_call_or_none_and_takes_the_other(name):
    refused, taken = REFUSED[name]
    assert any(refuses(refused) for refuses in MISTAKES[name].refuses)
    assert not any(refuses(taken) for refuses in MISTAKES[name].refuses)
