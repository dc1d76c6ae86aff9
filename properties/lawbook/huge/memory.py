"""The memory that is available now, by the system and its control groups, and turns for processes that need much."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CGROUPS = {
    "": ("memory.max", "memory.current", "inactive_file"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""By controller, empty for version 2: the files with the limit and the use, and the field with the droppable cache."""


def available(root: Path = Path("/")) -> int | None:
    """Bytes that a process can allocate now without swapping; None if the system does not say."""
    system = of_system(root / "proc/meminfo")
    return None if system is None else max(0, min([system, *of_control_groups(root)]))


def of_system(meminfo: Path) -> int | None:
    """MemAvailable on Linux; elsewhere, half of the machine's memory."""
    with suppress(OSError, ValueError, LookupError):
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) << 10
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return None


def of_control_groups(root: Path) -> Iterator[int]:
    """Bytes left to this process in each of the nested control groups that limit it."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in {*controllers.split(",")} & {*CGROUPS}:
                top = root / "sys/fs/cgroup" / controller
                group = top / path.lstrip("/")
                for folder in (group, *group.parents):
                    if folder.is_relative_to(top) and (left := of_group(folder, *CGROUPS[controller])) is not None:
                        yield left


def of_group(folder: Path, limit: str, used: str, cache: str) -> int | None:
    """Bytes left in a control group; None if it has no limit, or none that can be read."""
    with suppress(OSError, ValueError, LookupError):
        most, current = (int((folder / name).read_text()) for name in (limit, used))
        lines = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return most - current + int(lines[cache])
    return None


@contextmanager
def turn() -> Iterator[None]:
    """Let one process of a user run at a time, so that another does not take the memory that it found available."""
    handle = opened(Path(tempfile.gettempdir()) / f"poolproof-huge-{os.getuid()}") if os.name == "posix" else None
    try:
        if handle is not None:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def opened(file: Path) -> int | None:
    """A descriptor of a file to lock; None if it cannot be opened, and then there is no waiting."""
    with suppress(OSError):
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    return None


def gibibytes(number: int) -> str:
    """Bytes as text for messages."""
    return f"{number / 2**30:.1f} GiB"
