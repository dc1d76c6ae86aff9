"""Adapters: libraries under the contract, found by their names. Each module here is a target."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the adapters are, as files: they run where poolproof need not be installed."""
