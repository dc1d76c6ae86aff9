"""Misfits: implementations that keep the contract with a line around them, which is found by asking."""

from .guidance import Source, guidance, second_look

__all__ = ["Source", "guidance", "second_look"]
