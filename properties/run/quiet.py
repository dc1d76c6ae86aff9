"""Suppresses what a target prints in this process, but not what other threads print meanwhile."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..remote.worker import THREAD


class Aside:
    """A stream that drops what one thread and the threads that call a target write, and passes on the rest."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        """Write a text, or drop it."""
        dropped = threading.get_ident() == self.thread or threading.current_thread().name == THREAD
        return len(text) if dropped else int(self.stream.write(text))

    def writelines(self, lines: Any) -> None:
        """Write several texts, or drop them."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Any other attribute of the stream."""
        return getattr(self.stream, name)


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress what this thread prints and its warnings."""
    held = {name: Aside(getattr(sys, name)) for name in ("stdout", "stderr") if getattr(sys, name) is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name, aside in held.items():
                setattr(sys, name, aside)
            yield
        finally:
            for name, aside in held.items():
                if getattr(sys, name) is aside:
                    setattr(sys, name, aside.stream)
                aside.thread = 0  # a target may have kept it
