"""Failing results with mistakes or needs, as in reports, made without a run."""

from types import SimpleNamespace

from msgspec import convert
from poolproof.properties.results import Counterexample, Result, StoredCall, StoredCase
from poolproof.properties.run import causes
from sample import CALL, CASE

HEADLINE = "max_forward of pool: y[0,0,0,0] = 0.0, but should be 1.0"
MESSAGE = f"{HEADLINE}\n    x = [[[[0., 1.]]]]"
HOSTILE = "`|<script>@all](//x)\n::error::\x1b[2J\u202e*_#1``"
"""A name that is markup, a mention, a link, a command to a runner and to a terminal."""


def named(monkeypatch, *names):
    """Register mistakes with these names."""
    for name in names:
        told = SimpleNamespace(wrong=f"The {name} is wrong.", right=f"The {name} should be right.")
        monkeypatch.setitem(causes.MISTAKES, name, told)


def failure(law, *mistakes, target="pool.py", needs=(), message=MESSAGE, **more):
    """A law that fails because of these mistakes, and needs these features of its case."""
    found = Counterexample(
        seed=1,
        calls=[convert(CALL, StoredCall)],
        case=convert(CASE, StoredCase),
        message=message,
        mistakes=list(mistakes),
        needs=list(needs),
    )
    return Result(target, law, "broken", **{"examples": 3, "counterexample": found, **more})


def holds(law, target="pool.py", **more):
    """A law that passes."""
    return Result(target, law, "holds", examples=3, **more)
