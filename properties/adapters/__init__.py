"""Adapters: libraries wrapped to follow the contract. Each module here is a target under the library's name."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The adapters as files, because they also run under interpreters without poolproof."""
