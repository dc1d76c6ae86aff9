"""Misfits: implementations that would keep the contract with a few lines around them, which probing finds."""

from .guidance import Source, guidance, second_look

__all__ = ["Source", "guidance", "second_look"]
