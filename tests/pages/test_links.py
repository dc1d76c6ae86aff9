"""Links between the files of the repository: the file exists, and in a page the named anchor."""

import re
from functools import cache

import pytest
from places import ROOT
from selection import once

pytestmark = once

GENERATED = ("docs/reference/commands.md", "docs/reference/laws.md")
"""Pages that are generated with the site; nothing in the repository may link to them."""

FOLDERS = (".", "docs", "docs/*", "examples/*")
PAGES = sorted(path for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md"))
NAMES = [name for name in (str(path.relative_to(ROOT)) for path in PAGES) if name not in GENERATED]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def text(page):
    """The text of a page without its code."""
    return CODE.sub("", page.read_text(encoding="utf-8"))


@cache
def places(page):
    """The anchors of a page: its headings, as GitHub writes them, and explicit ones."""
    whole = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", whole, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {slug(heading) for heading in headings} | set(re.findall(r'<a id="([^"]+)"', whole))


def slug(heading):
    """GitHub's name for the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken(page):
    """The broken links of a page."""
    links = [link for link in LINK.findall(text(page)) if not re.match(r"https?:", link)]
    return [link for link in links if not leads(page, *link.partition("#")[::2])]


def leads(page, path, place):
    """Whether a file exists, relative to a page, and has such an anchor."""
    goal = (page.parent / path).resolve() if path else page
    return goal.exists() and (not place or place in places(goal))


@pytest.mark.parametrize("name", NAMES)
def test_the_links_of_a_page_lead_somewhere(name):
    assert broken(ROOT / name) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_page_links_to_one_that_only_the_site_has(name):
    links = {(ROOT / name).parent / link.partition("#")[0] for link in LINK.findall(text(ROOT / name))}
    assert {link.resolve() for link in links} & {ROOT / page for page in GENERATED} == set()


def test_a_broken_link_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One place\n[a](page.md#one-place) [b](#two) [c](none.md) `[d](code.md)`\n", encoding="utf-8")
    assert broken(page) == ["#two", "none.md"]
