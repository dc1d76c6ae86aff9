"""Which tests run under every Python, and how many examples Hypothesis draws."""

import pytest
from hypothesis import settings

once = pytest.mark.once


def once_but(values, *kept):
    """Parameters of which some are tried under every Python, and the others, which reach the same lines, under one."""
    return [each if each in kept else pytest.param(each, marks=once) for each in values]


def examples(usual):
    """The number of examples of a test under the profile `ci`, where the default is 100; in proportion under others."""
    return settings(max_examples=max(1, usual * settings.default.max_examples // 100))
