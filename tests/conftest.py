"""Profiles of Hypothesis, and a folder to work in.

`--hypothesis-profile` chooses how many examples a test draws: 20 by default, 100 in `ci`, 2,000 in `nightly`. With CI
set they are the same in every run, except in `nightly`. There is no deadline, because a JIT compiles.
"""

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

FREE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
STEADY = settings(FREE, derandomize=True, database=None) if os.environ.get("CI") else FREE
settings.register_profile("inner", STEADY, max_examples=20)
settings.register_profile("ci", STEADY, max_examples=100)
settings.register_profile("nightly", FREE, max_examples=2000)
settings.load_profile("inner")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background deaf to Ctrl-C, and so would be all that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in. What is imported from it is forgotten, for other tests call their files the same."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name, module in sys.modules.items() if _file(module).startswith(str(tmp_path))]:
        del sys.modules[name]


def _file(module):
    """The file of a module, or nothing."""
    return getattr(module, "__file__", None) or ""
