"""Code for a target's own process: the worker, its guard, and the words of the contract."""

from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
GUARD = Path(__file__).with_name("guard.py")
"""The paths of the programs, which run where poolproof need not be installed."""
