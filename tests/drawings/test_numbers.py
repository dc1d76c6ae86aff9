"""Numbers in cells are short, and longer only if short ones would look equal."""

import numpy as np
import pytest
from poolproof.properties.drawings.numbers import short, told_apart


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1), "1"),
        (np.float64(-0.0), "-0"),
        (np.float64(0.125), "0.125"),
        (np.float64(1 / 3), "0.333"),
        (np.float32(0.1), "0.1"),
        (np.float64(1e300), "1e300"),
        (np.float64(5e-324), "5e-324"),
        (np.float64(123456789), "1.23e8"),
        (np.int8(-128), "-128"),
        (np.int64(2**62), "4.61e18"),
        (np.float64("nan"), "nan"),
        (np.float64("-inf"), "-inf"),
        (np.bool_(False), "False"),
    ],
)
def test_a_number_is_short(value, text):
    assert short(value) == text


def test_numbers_that_look_alike_are_written_in_full():
    assert told_apart(np.float64(1 / 3), np.float64(0.33334)) == ("0.3333333333333333", "0.33334")
    assert told_apart(np.float64(1 / 3), np.float64(1 / 3)) == ("0.333", "0.333")
    assert told_apart(np.float64("nan"), np.float64("nan")) == ("nan", "nan")
    assert told_apart(np.float64(1), np.float64(2)) == ("1", "2")
