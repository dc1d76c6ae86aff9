"""The verdict of a benchmark's own check on a kernel in its format, besides that of the laws."""

from __future__ import annotations

from ..contract import Unusable
from ..remote.vocabulary import OWN_CHECK
from ..targets.loading import load
from ..targets.wrapped import unwrapped
from .request import Request


def own_check(spec: str, request: Request) -> list[str]:
    """A note with the check's verdict, obtained in a process of its own; no note for targets in other formats."""
    wrapping = unwrapped(spec)
    if wrapping.wrapper != "kernelbench" or request.in_process:
        return []
    try:
        target = load(str(wrapping._replace(wrapper=OWN_CHECK)), request.isolation())
    except Unusable as error:
        return [f"KernelBench's check: not run: {str(error).splitlines()[0]}"]
    target.end()
    return target.notes
