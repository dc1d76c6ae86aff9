"""Which tests run under every Python, which a bare pytest leaves to tox, and how many examples are drawn."""

import re

import pytest
from hypothesis import settings

once = pytest.mark.once
slow = pytest.mark.slow

MARKED = re.compile(r"^pytestmark = \[?(?:pytest\.mark\.)?(once|slow)\b", re.MULTILINE)
"""A line that marks all tests of a file."""

NIGHTLY = settings.default.max_examples > 100
"""Whether the profile draws more than `ci`."""


def once_but(values, *kept, others=once):
    """Parameters of which some run under every Python, and the others, which reach the same lines, under one."""
    for each in kept:
        assert each in values, f"{each} should be one of {values}"
    return [each if each in kept else pytest.param(each, marks=others) for each in values]


def left_out(text, expression):
    """Whether an expression such as `not once and not slow` excludes all tests of a file with this text.

    Importing such a file, in each process of each environment, would be for nothing.
    """
    marked = MARKED.search(text)
    return bool(marked) and " or " not in expression and f"not {marked[1]}" in expression.split(" and ")


def scaled(usual):
    """A number of examples: as given under the profile `ci`, whose default is 100; in proportion under others."""
    return max(1, usual * settings.default.max_examples // 100)


def examples(usual):
    """The number of examples of a test under `ci`."""
    return settings(max_examples=scaled(usual))
