"""How Sphinx builds the site: `tox -e docs`."""

import importlib.metadata
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generated

project = "poolproof"
release = version = importlib.metadata.version("poolproof")
copyright = "the authors of poolproof"
extensions = ["myst_parser", "sphinx.ext.autodoc"]

html_theme = "furo"
html_title = f"poolproof {release}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]

myst_heading_anchors = 4
smartquotes = False  # options begin with two hyphens
default_role = "code"  # docstrings put code into single backticks
autodoc_typehints = "none"
autodoc_member_order = "bysource"
nitpick_ignore_regex = [("py:.*", r"(?!poolproof).*")]  # the types of other projects


ANCHORED = re.compile(r'^(#+ )<a id="([^"]+)"></a>', re.MULTILINE)
"""The beginning of a heading with an anchor of its own, as GitHub takes it."""


def adapted(_app, page, source):
    """Give anchors the form that MyST takes, and leave only the words of links to files that are not on the site."""
    up = r"\.\./" * (page.count("/") + 1)
    within = re.sub(rf"\[([^\]]+)\]\({up}[^)]*\)", r"\1", source[0])
    source[0] = ANCHORED.sub(r"(\2)=\n\1", within)


def setup(app):
    """Write the generated pages before Sphinx looks for pages."""
    app.connect("config-inited", lambda *_: generated.write())
    app.connect("source-read", adapted)
