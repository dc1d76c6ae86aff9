"""The site that `tox -e docs` builds, in a browser: pages fit a phone, pictures load, nothing comes from elsewhere."""

import os
from pathlib import Path

import browser
import pytest
from selection import once

SITE = Path(os.environ.get("POOLPROOF_SITE", ""))
PAGES = sorted(str(page.relative_to(SITE)) for page in SITE.rglob("*.html")) if SITE.name else []

pytestmark = [once, browser.needed, pytest.mark.skipif(not PAGES, reason="POOLPROOF_SITE names no site")]

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BLANK = "[...document.images].filter(image => !image.naturalWidth).map(image => image.src)"
PAPER = """(() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
  return red + green + blue;
})()"""
"""The brightness of a page, from 0 to 765."""


@pytest.fixture(scope="module")
def shown():
    """A browser."""
    opened = browser.Browser()
    yield opened
    opened.close()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_a_page_does_not_scroll_sideways_and_its_pictures_load(shown, page, width):
    shown.asked.clear()
    shown.show(SITE / page, width=width)
    assert shown.value(SIDEWAYS) == 0
    assert shown.value(BLANK) == []
    assert {address.partition(":")[0] for address in shown.asked} <= {"file", "data"}


def test_a_page_is_dark_where_that_is_preferred(shown):
    shown.show(SITE / "index.html", scheme="light")
    assert shown.value(PAPER) > 700
    shown.show(SITE / "index.html", scheme="dark")
    assert shown.value(PAPER) < 150


def test_a_page_that_is_too_wide_is_noticed(shown, tmp_path):
    wide = tmp_path / "wide.html"
    wide.write_text("<meta name=viewport content='width=device-width'><div style='width: 700px'>x</div>", "utf-8")
    shown.show(wide, width=390)
    assert shown.value(SIDEWAYS) > 0


def test_a_picture_that_is_missing_is_noticed(shown, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<img src=none.svg>", "utf-8")
    shown.show(page)
    assert [Path(source).name for source in shown.value(BLANK)] == ["none.svg"]
