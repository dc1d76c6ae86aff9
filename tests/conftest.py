"""Profiles of Hypothesis, and a folder to work in.

`--hypothesis-profile` chooses how many examples a test draws: 20 by default, 100 in `ci`, 2,000 in `nightly`. With CI
set they are the same in every run, except in `nightly`. There is no deadline, because a JIT compiles.
"""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings
from places import ROOT
from selection import left_out
from working import working_in

# Hypothesis reads all modules outside site-packages, as in an editable installation, and stores the constants it found.
# The command stores nothing unless told where; each command that a test starts would then read them again, for seconds.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

FREE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
STEADY = settings(FREE, derandomize=True, database=None) if os.environ.get("CI") else FREE
settings.register_profile("inner", STEADY, max_examples=20)
settings.register_profile("ci", STEADY, max_examples=100)
settings.register_profile("nightly", FREE, max_examples=2000)
settings.load_profile("inner")

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
    # Failures that tests provoke should not reach the CI job that runs these tests.
    os.environ.pop(name, None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background processes with Ctrl-C ignored; everything that tests start and interrupt would inherit
    # that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers():
    """The processes of `-n auto`: more than processors, as many tests wait for processes of their own."""
    return (3 * os.cpu_count() + 1) // 2


def pytest_ignore_collect(collection_path, config):
    """Do not import a file of which no test is wanted."""
    if collection_path.suffix == ".py" and left_out(collection_path.read_text("utf-8"), config.option.markexpr):
        return True
    return None


@pytest.fixture
def here(tmp_path):
    """A folder to work in."""
    with working_in(tmp_path):
        yield tmp_path
