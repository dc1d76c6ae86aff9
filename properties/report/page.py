"""A report as one self-contained HTML page, made from the report alone, which may come from anywhere."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from textwrap import dedent

from msgspec import structs

from ..conventions import CONVENTIONS, EXPECTED
from ..data.files import Output
from ..data.text import cleaned, visible
from ..drawings import svg
from ..drawings.answered import observed
from ..drawings.failing import picture
from ..drawings.picture import ARROWS, MARKS, Picture
from ..lawbook.claims import claim
from ..lawbook.huge import EVERY
from ..results import VERDICTS, LawReport, Report, Result, Seen, Shown, TargetReport
from ..run.causes import Cause, causes_of
from . import render, reproducer
from .templating import asset, rendered

SOURCE = "report.json"
"""The file name in the advice to replay, if the name of the report is unknown."""

MOST_CARDS = 200
"""The most causes that are shown in full."""


@dataclass(frozen=True)
class LawEntry:
    """A law in words and as a formula, and the anchor of its explanation."""

    name: str
    claim: str
    formula: str
    family: str

    @property
    def key(self) -> str:
        """The anchor of its explanation."""
        return "law-" + hashlib.sha256(self.name.encode("utf-8", "backslashreplace")).hexdigest()[:12]


@dataclass(frozen=True)
class Figure:
    """A drawing in parts, with the marks and the arrows that occur in it."""

    parts: list[str]
    marks: list[tuple[str, str]]
    arrows: list[tuple[str, str]]


@dataclass(frozen=True)
class Card:
    """A cause: what is wrong, its clearest case drawn, the laws that fail for it, and how to reproduce it."""

    key: str
    target: str
    verdict: str
    title: str
    headline: str
    wrong: str
    right: str
    details: str
    figure: Figure | None
    laws: list[LawEntry]
    code: str


@dataclass(frozen=True)
class Mark:
    """The result of a law on a target: its word, more about it, and the anchor of the card that shows it."""

    word: str
    about: str
    card: str


@dataclass(frozen=True)
class LawRow:
    """A law, and its result on each target."""

    law: LawEntry
    marks: list[Mark | None]


@dataclass(frozen=True)
class Sight:
    """One value of a convention, and the call that shows it."""

    value: str
    text: str
    figure: Figure | None


@dataclass(frozen=True)
class ConventionEntry:
    """A convention, and its values on each target."""

    name: str
    question: str
    seen: list[tuple[str, list[Sight]]]


class Page:
    """The data of a report for the template; `source` is the file from which the report can be read again."""

    def __init__(self, report: Report, source: str) -> None:
        self.report, self.replay = report, cleaned(shlex.join(["poolproof", "replay", source]))
        self.titles = titles_of(report.targets)

    @cached_property
    def results(self) -> list[Result]:
        """The result of each law on each target."""
        return [result_of(target.target, law) for target in self.report.targets for law in target.laws]

    @cached_property
    def causes(self) -> list[Cause]:
        """The failures, grouped by cause."""
        return causes_of(self.results)

    @property
    def failed(self) -> bool:
        """Whether any law failed."""
        return any(result.failed for result in self.results)

    @property
    def verdict(self) -> str:
        """The verdict, in a few words."""
        if not self.failed:
            known = any(result.verdict == "known" for result in self.results)
            return "Nothing was tried" if not self.results else f"No law is broken{' but as known' if known else ''}"
        failures = sum(result.failed for result in self.results)
        return f"{render.quantity(failures, 'failure')}, {render.quantity(len(self.causes), 'cause')}"

    @property
    def summary(self) -> str:
        """How much was tried, and the outcome."""
        return cleaned(render.last_line(self.results, self.report.partial, bound=self.report.bound))

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The environment of the run, and the seed."""
        given = structs.asdict(self.report.environment)
        return [
            (name.replace("_", "-"), cleaned(str(value))) for name, value in given.items() if value not in ("", None)
        ]

    @cached_property
    def cards(self) -> list[Card]:
        """A card for each cause."""
        return [self.card(f"cause-{k}", cause) for k, cause in enumerate(self.causes[:MOST_CARDS], 1)]

    def card(self, key: str, cause: Cause) -> Card:
        """The card of a cause."""
        result = cause.clearest
        found = result.counterexample
        headline, _, details = printable(result.message).partition("\n")
        return Card(
            key=key,
            target=self.titles[cause.target],
            verdict=render.word_of(result),
            title=cleaned(cause.name),
            headline=headline,
            wrong=cause.wrong,
            right=cause.right,
            details=dedent(details),
            figure=None if found is None else figure(picture(found)),
            laws=[law_of(each) for each in ordered(cause)],
            code="" if found is None else reproducer.python(cause.target, found),
        )

    @cached_property
    def card_of(self) -> dict[tuple[str, str], str]:
        """The card of each failure, by target and law."""
        pairs = zip(self.cards, self.causes, strict=False)
        return {(result.target, result.law): card.key for card, cause in pairs for result in cause.results}

    @cached_property
    def families(self) -> list[tuple[str, list[LawRow]]]:
        """The table: a row for each law, family by family."""
        table: dict[str, dict[str, Result]] = {}
        for result in self.results:
            table.setdefault(result.law, {})[result.target] = result
        order = {name: k for k, name in enumerate(EVERY)}
        names = sorted(table, key=lambda name: order.get(asked(next(iter(table[name].values()))), len(order)))
        rows = [LawRow(law_of(next(iter(table[name].values()))), self.marks(table[name])) for name in names]
        return [(family, list(group)) for family, group in groupby(rows, lambda row: row.law.family)]

    def marks(self, results: dict[str, Result]) -> list[Mark | None]:
        """The mark of a law for each target, or None."""
        return [self.mark(results[spec]) if spec in results else None for spec in self.titles]

    def mark(self, result: Result) -> Mark:
        """The mark of a law on a target."""
        words = [result.reason, result.assumption and f"if {result.assumption}"]
        words += [render.quantity(result.examples, "case")] if result.examples else []
        about = cleaned("; ".join(filter(None, words)))
        return Mark(render.word_of(result), about, self.card_of.get((result.target, result.law), ""))

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The number of results with each verdict."""
        met = Counter(render.word_of(result) for result in self.results)
        return [(word, met[word]) for word in (*VERDICTS, "outdated") if met[word]]

    @property
    def conventions(self) -> list[ConventionEntry]:
        """The observed conventions, in the order of the registry."""
        met = [name for target in self.report.targets for name in target.conventions]
        names = [name for name in CONVENTIONS if name in met]
        return [self.convention(name) for name in names]

    def convention(self, name: str) -> ConventionEntry:
        """A convention, and its values on each target."""
        having = [target for target in self.report.targets if name in target.conventions]
        seen = [(self.titles[target.target], sights(target.conventions[name])) for target in having]
        return ConventionEntry(name, CONVENTIONS[name].question, seen)

    @property
    def has_conventions(self) -> bool:
        """Whether any convention was observed."""
        return bool(self.conventions)


def html(report: Report, source: str = SOURCE) -> str:
    """The page of a report."""
    return rendered(
        "page.html", style=svg.style() + asset("page.css"), script=asset("page.js"), page=Page(report, source)
    )


def together(files: Sequence[str], reports: Sequence[Report]) -> Report:
    """The reports of several files as one: all targets, and the environment of the first.

    If several reports have a target, its file is added to its name.
    """
    pairs = [(file, target) for file, report in zip(files, reports, strict=True) for target in report.targets]
    met = Counter(target.target for _, target in pairs)
    targets = [structs.replace(t, target=f"{t.target} of {file}") if met[t.target] > 1 else t for file, t in pairs]
    partial = any(report.partial for report in reports)
    return structs.replace(reports[0], targets=targets, partial=partial)


def page_of(made: Callable[[], Report], file: str | None, source: str | None) -> Output:
    """The page of the report that `made` makes, for the file given by --html; `source` is that of --json."""
    return "--html", file, lambda: html(made(), source or SOURCE)


def titles_of(targets: Sequence[TargetReport]) -> dict[str, str]:
    """The name of each target; targets of equal names are called as the user wrote them."""
    names = {each.target: cleaned(f"{each.name} {each.version}".strip()) for each in targets}
    repeated = Counter(names.values())
    return {spec: cleaned(spec) if repeated[name] > 1 else name for spec, name in names.items()}


def result_of(target: str, law: LawReport) -> Result:
    """The result of a law in a report."""
    return Result(target=target, **{name: getattr(law, name) for name in law.__struct_fields__})


def asked(result: Result) -> str:
    """The law of a result; for a proof, the law that it proves."""
    return result.about or result.law


def law_of(result: Result) -> LawEntry:
    """The law of a result, or the convention that was expected."""
    name = asked(result)
    if name in EVERY:
        return LawEntry(cleaned(result.law), claim(name), EVERY[name].formula, EVERY[name].family)
    if name in EXPECTED:
        convention, _, value = name.partition("=")
        return LawEntry(name, CONVENTIONS[convention].question, f"expected: {value}", "expected")
    return LawEntry(cleaned(result.law), "", "", "others")


def ordered(cause: Cause) -> list[Result]:
    """The failures of a cause, the clearest first."""
    return [cause.clearest, *(result for result in cause.results if result is not cause.clearest)]


def figure(drawn: Picture | None) -> Figure | None:
    """A picture as the page shows it."""
    if drawn is None:
        return None
    marks = [(mark, MARKS[mark]) for mark in drawn.marks()]
    return Figure(svg.inline(drawn), marks, [(kind, ARROWS[kind]) for kind in drawn.kinds()])


def sights(seen: Seen) -> list[Sight]:
    """Each value of a convention, with the call that shows it."""
    return [Sight(cleaned(value), evidence(value, shown), figure(observed(shown))) for value, shown in seen.each]


def evidence(value: str, shown: Shown) -> str:
    """The call that shows a value, as text."""
    return printable(dedent("\n".join(render.evidence(value, shown))))


def printable(text: str) -> str:
    """A text of several lines, made safe to show."""
    return "\n".join("".join(map(visible, line)) for line in text.split("\n"))
