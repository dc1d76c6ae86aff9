"""Annotations of GitHub Actions: one line per cause, which GitHub shows at the file and above the log."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..data.text import cleaned
from ..run.causes import Cause
from .junit import file_of


def as_annotations(causes: Sequence[Cause]) -> list[str]:
    """One line per cause, if this runs under GitHub Actions."""
    return [annotation(cause) for cause in causes] if os.environ.get("GITHUB_ACTIONS") == "true" else []


def annotation(cause: Cause) -> str:
    """A cause as a command to GitHub's runner: title, headline of the failure, what is wrong, and laws."""
    headline = cause.clearest.message.partition("\n")[0]
    lines = [headline, cause.wrong, cause.right, f"Laws: {', '.join(cause.laws)}"]
    file = file_of(cause.target)
    place = {"file": os.path.relpath(file, os.environ.get("GITHUB_WORKSPACE") or ".")} if file else {}
    properties = {"title": f"{cause.target}: {cause.name}", **place}
    given = ",".join(f"{name}={in_property(cleaned(value))}" for name, value in properties.items())
    return f"::error {given}::{in_message(chr(10).join(cleaned(line) for line in lines if line))}"


def in_message(text: str) -> str:
    """A text as the message of a command, with line ends and per cent signs escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def in_property(text: str) -> str:
    """A text as a property of a command, with colons and commas escaped as well."""
    return in_message(text).replace(":", "%3A").replace(",", "%2C")
