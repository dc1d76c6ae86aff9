"""Self-contained HTML pages from templates: style and script inside, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any


def rendered(template: str, *, style: str, script: str = "", **data: Any) -> str:
    """A template with its data, which is escaped. `style` and `script` are ours, and go in as they are."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader(__package__, "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    policy = f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'"
    return environment.get_template(template).render(style=style, script=script, policy=policy, **data)


def asset(name: str) -> str:
    """A file beside the templates."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """The hash with which a content security policy allows a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
