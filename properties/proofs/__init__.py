"""Proofs by exhaustion: a law tried on every case of a finite set, under an assumption by which these suffice."""

from .methods import PROOFS, Proof

__all__ = ["PROOFS", "Proof"]
