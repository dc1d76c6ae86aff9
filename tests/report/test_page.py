"""The page of a report: its content, and that nothing in a report can make it say or do anything else."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import msgspec
import pytest
import sample
from browser import Browser, needed
from pictured import MISPLACED, OVERWRITTEN
from poolproof.properties.doors.cli import main
from poolproof.properties.lawbook.huge import EVERY
from poolproof.properties.report.page import html
from poolproof.properties.results import Report
from poolproof.properties.run import causes
from selection import once, slow

VOID = {"meta", "input", "br", "link", "img"}


class Elements(HTMLParser):
    """The elements of a page, (tag, attributes, text) each, and the texts of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.problems = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = [tag, dict(attributes), ""]
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.problems.append(tag)

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def of(self, tag, name=None):
        """The elements with a tag, and perhaps a class."""
        return [e for e in self.found if e[0] == tag and (name is None or name in e[1].get("class", "").split())]


def law(name, verdict, found=None, **more):
    """A law of a report."""
    return {
        **sample.LAW,
        "law": name,
        "verdict": verdict,
        "counterexample": found and msgspec.to_builtins(found),
        **more,
    }


def target(called, *laws, **more):
    """A target of a report."""
    return {**sample.TARGET, "target": f"{called}.py", "name": called, "laws": list(laws), **more}


def report(*targets):
    """A report."""
    return msgspec.convert({**sample.REPORT, "targets": [msgspec.to_builtins(each) for each in targets]}, Report)


TWO = report(
    target(
        "mine",
        law("max-value", "broken", MISPLACED),
        law("max-accumulation", "broken", OVERWRITTEN),
        law("routing", "broken", OVERWRITTEN),
        law("mean-value", "unsupported", reason="it offers no mean_forward"),
    ),
    target("theirs", law("max-value", "holds"), law("routing", "not run", reason="interrupted"), conventions={}),
)
"""Two targets, one of which has two mistakes."""


def test_a_page_is_well_formed():
    page = Elements(html(TWO))
    assert (page.problems, page.open) == ([], [])
    names = [element[1]["id"] for element in page.found if "id" in element[1]]
    assert len(names) == len(set(names))


def test_the_verdict_comes_first():
    page = Elements(html(TWO))
    (title,) = page.of("h1")
    assert title[2] == "3 failures, 2 causes"
    (summary,) = page.of("p", "summary")
    assert "2 implementations, 4 laws" in summary[2]
    assert Elements(html(report(target("good", law("max-value", "holds"))))).of("h1")[0][2] == "No law is broken"
    assert Elements(html(report())).of("h1")[0][2] == "Nothing was tried"


def test_known_failures_are_told_from_none():
    page = Elements(html(report(target("mine", law("max-value", "known", MISPLACED, reason="next release")))))
    assert page.of("h1")[0][2] == "No law is broken but as known"
    assert page.of("article") == []
    assert "next release" in page.of("td")[0][2]


def test_the_command_that_repeats_a_failure_can_be_pasted():
    page = Elements(html(TWO, source="my report; ls.json"))
    assert page.of("code")[0][2] == "poolproof replay 'my report; ls.json'"


def test_each_cause_is_a_card_with_its_laws_in_words_and_as_formulas():
    page = Elements(html(TWO))
    first, second = page.of("article")
    assert "max_forward is wrong" in first[2]
    assert "Each output is the largest value of its window." in first[2]
    assert EVERY["max-value"].formula in first[2]
    assert "max-accumulation" in second[2]
    assert "routing" in second[2]


def test_a_card_says_what_is_probably_wrong_and_what_right_code_does(monkeypatch):
    mistake = SimpleNamespace(wrong="The last window <overwrote> the first.", right="Right code adds.")
    monkeypatch.setitem(causes.MISTAKES, "overwritten", mistake)
    found = msgspec.structs.replace(OVERWRITTEN, mistakes=["overwritten"])
    page = Elements(
        html(report(target("mine", law("routing", "broken", found), law("max-value", "broken", MISPLACED))))
    )
    (hint,) = page.of("dl", "hint")
    assert "The last window <overwrote> the first." in hint[2]
    assert "Right code adds." in hint[2]
    assert page.of("h3")[0][2] == "overwritten"


def test_every_link_leads_somewhere_in_the_page():
    page = Elements(html(TWO))
    places = {element[1].get("id") for element in page.found}
    links = [element[1]["href"] for element in page.of("a")]
    assert len(links) > 6
    assert all(link.startswith("#") and link[1:] in places for link in links)


def test_the_table_has_a_row_for_each_law_and_a_column_for_each_target():
    page = Elements(html(TWO))
    rows = [element for element in page.of("tr") if "data-filter" in element[1]]
    assert len(rows) == 4
    cells = [(e[1]["data-target"], e[1]["data-word"]) for e in page.of("td")]
    assert cells[:2] == [("mine", "broken"), ("theirs", "holds")]
    assert ("theirs", "") in cells
    assert "it offers no mean_forward" in rows[1][2]


def test_the_case_is_drawn_with_the_right_cells_marked():
    page = Elements(html(TWO))
    assert [(e[1]["data-row"], e[1]["data-column"]) for e in page.of("g", "wrong")] == [("1", "1"), ("0", "1")]
    assert len(page.of("g", "missing")) == 1


def test_conventions_are_listed_with_what_shows_them():
    page = Elements(html(TWO))
    (convention,) = page.of("details", "convention")
    assert "Which of several equal maxima gets the gradient?" in convention[2]
    assert "ties: first" in convention[2] or "first" in convention[2]


def test_a_case_that_cannot_be_drawn_is_told():
    cut = msgspec.structs.replace(OVERWRITTEN, calls=[])
    page = Elements(html(report(target("mine", law("routing", "broken", cut), law("a-law", "broken")))))
    assert len(page.of("article")) == 2
    solid = msgspec.structs.replace(OVERWRITTEN, calls=[], message="headline\n    size=(1, 1, 1)")
    (card,) = Elements(html(report(target("mine", law("routing", "broken", solid))))).of("article")
    assert "The case is not drawn" in card[2]


def test_proofs_and_expected_conventions_are_explained_as_well():
    laws = law("max-value/every-order", "holds", about="max-value"), law("ties=first", "broken")
    page = html(report(target("mine", *laws)))
    assert "Each output is the largest value of its window." in page
    assert "expected: first" in page


# The page loads nothing from elsewhere.

POLICY = re.compile(r"default-src 'none'; style-src '(sha256-[^']+)'; script-src '(sha256-[^']+)'")


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_policy_allows_the_one_style_and_the_one_script_alone():
    page = Elements(html(TWO))
    (policy,) = [e[1]["content"] for e in page.of("meta") if e[1].get("http-equiv") == "Content-Security-Policy"]
    style, script = POLICY.fullmatch(policy).groups()
    assert [digest(element[2]) for element in page.of("style")] == [style]
    assert [digest(element[2]) for element in page.of("script")] == [script]


def test_a_page_names_no_address():
    text = html(TWO)
    assert set(re.findall(r"\w+://[^\"' )<]*", text)) == {"http://www.w3.org/2000/svg"}
    page = Elements(text)
    assert {tag for tag, _, _ in page.found} & {"link", "img", "iframe", "object", "embed", "base"} == set()
    attributes = {name for _, given, _ in page.found for name in given}
    assert not {name for name in attributes if name.startswith("on")} | ({"src", "style", "srcset"} & attributes)


HOSTILE = (
    "<script>document.title = 'taken'</script>",
    "\"'><img src=x onerror=\"document.title = 'taken'\">",
    "</style><svg onload=document.title='taken'>",
    "{{ 7 * 7 }}{% for x in y %}",
    "\x1b[31mred\x1b[0m\u202eleft\u2066\u0000",
    "javascript:document.title='taken'",
)
"""Texts that a report may have in place of names and messages."""


def hostile(text):
    """A report with a text in every field that takes one, as far as reports allow."""
    found = msgspec.structs.replace(OVERWRITTEN, message=f"{text}\n    {text}")
    laws = [law(text, "broken", found, reason=text, assumption=text), law("routing", "raised", found)]
    shown = {"evidence": {**sample.CALL, "got": text, "where": None}}
    conventions = {text: {"value": text, **shown}, "ties": {"value": text, **shown}}
    return {
        **sample.REPORT,
        "bound": text,
        "environment": {"machine": text, "numpy": text},
        "targets": [target("t", *laws, target=text, name=text, version=text, conventions=conventions)],
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_comes_through(text):
    harmless = Elements(html(msgspec.convert(hostile("harmless"), Report)))
    page = Elements(html(msgspec.convert(hostile(text), Report), source=text))
    assert (page.problems, page.open) == ([], [])
    assert [(tag, sorted(given)) for tag, given, _ in page.found] == [
        (tag, sorted(given)) for tag, given, _ in harmless.found
    ]
    assert {e[1]["href"][0] for e in page.of("a")} == {"#"}
    assert all(character.isprintable() or character in "\n" for element in page.found for character in element[2])


# In a browser.


@pytest.fixture(scope="module")
def browser():
    """A browser."""
    found = Browser()
    yield found
    found.close()


@pytest.fixture
def shown(browser, tmp_path):
    """A function that shows a report in the browser."""

    def show(found, **more):
        browser.said.clear()
        browser.asked.clear()
        file = tmp_path / "page.html"
        file.write_text(html(found), encoding="utf-8")
        browser.show(file, **more)
        assert browser.said == []
        assert browser.asked == [file.as_uri()]
        return browser

    return show


SHOWN = "JSON.stringify([...document.querySelectorAll('{}')].filter((e) => e.checkVisibility()).map((e) => {}))"
ROWS = SHOWN.format("tr[data-filter]", "e.querySelector('.name').textContent")
CARDS = SHOWN.format("article", "e.id")
SET = """(() => {{
    const field = document.querySelector("form").elements.{};
    field.value = {};
    field.dispatchEvent(new Event("input", {{bubbles: true}}));
}})()"""
FOLLOW = """new Promise((done) => {
    addEventListener("hashchange", () => setTimeout(done));
    location.hash = "cause-2";
})"""


def choose(page, name, value):
    """Set a field of the filter."""
    page.value(SET.format(name, json.dumps(value)))
    return json.loads(page.value(ROWS)), json.loads(page.value(CARDS))


@needed
@once
def test_filters_show_what_is_asked_for(shown):
    page = shown(TWO)
    every = ["max-value", "mean-value", "routing", "max-accumulation"]
    assert choose(page, "text", "") == (every, ["cause-1", "cause-2"])
    assert choose(page, "text", "accumulation") == (["max-accumulation"], ["cause-2"])
    assert choose(page, "text", "largest VALUE") == (["max-value"], ["cause-1"])
    choose(page, "text", "")
    assert choose(page, "word", "unsupported") == (["mean-value"], [])
    assert choose(page, "word", "broken") == (["max-value", "routing", "max-accumulation"], ["cause-1", "cause-2"])
    choose(page, "word", "")
    assert choose(page, "target", "theirs") == (["max-value", "routing"], [])
    assert page.value("document.querySelector('output').textContent") == "2 of 4 laws"
    assert json.loads(page.value(SHOWN.format("td", "e.dataset.target"))) == ["theirs", "theirs"]
    assert page.said == []


@needed
@once
def test_a_link_to_what_a_filter_hides_shows_it(shown):
    page = shown(TWO)
    assert choose(page, "word", "unsupported") == (["mean-value"], [])
    page.value(FOLLOW)
    assert json.loads(page.value(CARDS)) == ["cause-1", "cause-2"]
    assert page.value("document.querySelector('select').value") == ""


@needed
@once
def test_the_right_cells_are_seen(shown):
    page = shown(TWO)
    color = "getComputedStyle(document.querySelector('#cause-1 .{} rect')).fill"
    place = "JSON.stringify({{...document.querySelector('#cause-1 .{}').dataset}})"
    assert json.loads(page.value(place.format("wrong"))) == {"row": "1", "column": "1"}
    assert len({page.value(color.format(mark)) for mark in ("wrong", "due", "window", "cell:not(.window)")}) == 4


WINDOWS = [(400, "light"), (900, "dark"), (400, "dark"), (900, "light"), (1600, "light"), (1600, "dark")]


@needed
@pytest.mark.parametrize(
    ("width", "scheme"), [pytest.param(*each, marks=once if each in WINDOWS[:2] else slow) for each in WINDOWS]
)
def test_a_page_fits_into_every_window(width, scheme, shown):
    long = report(*TWO.targets, target("long" * 40, law("routing", "broken", OVERWRITTEN), law("n" * 200, "holds")))
    page = shown(long, width=width, scheme=scheme)
    assert page.value("document.documentElement.scrollWidth") == width
    ground = page.value("getComputedStyle(document.body).backgroundColor")
    red = int(re.search(r"\d+", ground).group())
    assert (red > 128) == (scheme == "light")


@needed
@pytest.mark.parametrize("text", [pytest.param(text, marks=once if text in HOSTILE[:2] else slow) for text in HOSTILE])
def test_nothing_hostile_runs(text, shown):
    page = shown(msgspec.convert(hostile(text), Report))
    assert page.value("document.title").startswith("2 failures")
    assert page.value("document.scripts.length") == 1
    assert page.value("document.images.length") == 0


@needed
@once
def test_without_scripts_everything_is_there_and_no_filter(shown):
    page = shown(TWO, script=False)
    assert page.value("document.querySelector('form').checkVisibility()") is False
    assert json.loads(page.value(CARDS)) == ["cause-1", "cause-2"]


# The command.


@once
def test_check_writes_a_page(here, capsys):
    words = ["check", "naive", "--laws", "identity", "--examples", "3", "--seed", "1", "-n", "0", "--html", "page.html"]
    assert main(words) == 0
    page = Elements((here / "page.html").read_text(encoding="utf-8"))
    assert page.of("h1")[0][2] == "No law is broken"


@once
def test_a_page_that_cannot_be_written_is_told_before_the_run(here, capsys):
    with pytest.raises(SystemExit):
        main(["check", "naive", "--html", str(here)])
    assert "--html" in capsys.readouterr().err
