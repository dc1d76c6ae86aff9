"""Laws about arrays of more than 2^31 bytes or cells, which overflow a 32-bit index; opt-in."""

from .. import LAWS, Law
from .laws import HUGE, HugeLaw
from .trial import replay, run

__all__ = ["EVERY", "HUGE", "HugeLaw", "replay", "run"]

EVERY: dict[str, Law | HugeLaw] = {**LAWS, **HUGE}
"""All laws by name, the huge ones last."""
