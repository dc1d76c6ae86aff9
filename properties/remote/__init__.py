"""Code for a target's own process: the worker, its guard, and the words of the contract; Python 3.7 and NumPy."""

from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
GUARD = Path(__file__).with_name("guard.py")
"""The paths of the programs, which run where poolproof need not be installed."""
