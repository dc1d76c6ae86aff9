"""The search for the simplest form in which the functions of an implementation agree with the oracle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from ...contract import BACKWARD, CALLABLES, FORWARD
from ..isolated import Isolated
from .candidates import Candidate, Root, candidates_of
from .forms import OF_CLASSES, OF_TUPLES, PLAIN, Form, arguments, forms
from .lines import lines
from .probes import WINDOWS, Names, Windows, is_right, narrowed, probe
from .workshop import Workshop

PLAINEST = WINDOWS["square", "tiles"][0]

OF_MAX, OF_MEAN = (probe(role, PLAINEST) for role in FORWARD)

CONTRACT = Form("", "", "function", PLAIN)


@dataclass(frozen=True)
class Fit:
    """A form, the keywords of the functions that are right in it, their declarations, and their traits in words.

    `contract` has the keywords of functions under the contract's names, all of which are attributes of `whole`; `wrong`
    has the names of functions that are wrong in every form.
    """

    form: Form
    keywords: dict[str, str] = field(default_factory=dict)
    narrowing: Names = ()
    traits: tuple[tuple[str, str], ...] = ()
    wrong: tuple[str, ...] = ()
    whole: str = ""
    contract: dict[str, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the implementation itself is the target."""
        return not self.form.openings and {**self.contract, **self.keywords} == self.contract

    @property
    def passed(self) -> list[str]:
        """What the wrappers get: the implementation itself, and by keywords the functions that it lacks."""
        if not (self.form.openings and self.contract):
            return [*{**self.contract, **self.keywords}.values()]
        return [self.whole, *(word for role, word in self.keywords.items() if word != self.contract.get(role))]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The functions that are wrong, and that no object or layer brings along."""
        return self.wrong if self.form.takes_backwards and not self.contract else ()

    def lines(self, root: Root, *declared: str) -> str:
        """The lines that make a target."""
        beside = [f"{name}=True" for name in self.narrowing if not (name == "square" and self.form.ints)]
        return lines(root, self.form.openings, [*self.passed, *beside, *declared])


class Fitting:
    """Forms of an implementation, tried in a workshop. Raises Over if a target dies or the time is up."""

    def __init__(self, workshop: Workshop, root: Root) -> None:
        self.workshop, self.root = workshop, root
        self.candidates = candidates_of(root, workshop)
        self.torch = workshop.holds("'torch' in sys.modules")
        self.contract = {
            candidate.name: f"{candidate.name}={candidate.expression}"
            for candidate in self.candidates
            if candidate.name in CALLABLES
        }

    def found(self) -> Fit | None:
        """The simplest form in which all functions are right, else the first in which a forward is."""
        best = None
        for start in self.starts():
            found = self.with_backwards(start)
            if not found.wrong:
                best = found
                break
            best = best or (None if found.form.is_cached else found)
        return replace(best, whole=self.root.expression, contract=self.contract) if best else None

    def starts(self) -> Iterator[Fit]:
        """Each form in which a forward is right, with the other right ones; the contract's if there is no forward."""
        forwards = [candidate for candidate in self.candidates if {*candidate.roles} & {*FORWARD}]
        for candidate in forwards:
            for form in (replace(each, kind=kind) for each in forms(candidate) for kind in self.kinds(candidate, each)):
                if found := self.with_forward(Fit(form), candidate, form):
                    yield self.with_others(found, [other for other in forwards if other is not candidate])
        if not forwards:
            yield Fit(CONTRACT)

    def kinds(self, candidate: Candidate, form: Form) -> Iterable[str]:
        """The kinds that a callable may be of, judging by its answer in a form."""
        if candidate.is_class:
            return OF_CLASSES
        either = Fit(replace(form, kind="several"), {"max_forward": form.forward("max_forward", candidate)})
        target = self.load(either)
        if target and any(map(partial(is_right, answer=self.workshop.ask(target, OF_MAX)), (OF_MAX, OF_MEAN))):
            return ("function", "several", "cached")
        return ("torch function",) if self.torch else ()

    def with_others(self, found: Fit, candidates: list[Candidate]) -> Fit:
        """The fit with the other forwards that are right in a form that differs only in its arguments."""
        for candidate in candidates:
            alike = [replace(found.form, arguments=each) for each in arguments(candidate)]
            more = (self.with_forward(found, candidate, form) for form in alike)
            found = next(filter(None, more), found)
        return found

    def with_forward(self, found: Fit, candidate: Candidate, form: Form) -> Fit | None:
        """The fit with a forward, if it is right in this form in one of the open roles; else None."""
        trait = candidate.name, form.says(candidate)
        more = (
            self.with_function(found, role, form, form.forward(role, candidate), trait)
            for role in candidate.roles
            if role not in found.keywords
        )
        return next(filter(None, more), None)

    def with_backwards(self, found: Fit) -> Fit:
        """The fit with the backwards and the indices that are right; the others are left out."""
        if not found.form.takes_backwards:
            return found if self.has_right_backwards(found) else replace(found, wrong=("backward",))
        for candidate in self.candidates:
            if {*candidate.roles} & {*FORWARD} or candidate.is_class:
                continue
            found = self.with_backward(found, candidate) or replace(found, wrong=(*found.wrong, candidate.name))
        return found

    def has_right_backwards(self, found: Fit) -> bool:
        """Whether each backward that comes with a layer or by autograd is right."""
        target = self.load(found)
        backwards = [name for name in target.offers if name in BACKWARD] if target else []
        return all(self.narrowing(target, name, found.narrowing) is not None for name in backwards if target)

    def with_backward(self, found: Fit, candidate: Candidate) -> Fit | None:
        """The fit with a backward or indices that are right in some order of the arrays, or as the first of a tuple."""
        kinds = filter(None, (found.form.kind, OF_TUPLES.get(found.form.kind)))
        more = (
            self.with_function(found, role, form, keyword, (candidate.name, says))
            for form in (replace(found.form, kind=kind) for kind in kinds)
            for role in candidate.roles
            if role not in found.keywords
            for keyword, says in form.backwards(role, candidate)
        )
        return next(filter(None, more), None)

    def with_function(self, found: Fit, role: str, form: Form, keyword: str, trait: tuple[str, str]) -> Fit | None:
        """The fit with a function that this keyword passes, if it is right."""
        kind = replace(found.form, kind=form.kind)
        more = replace(found, form=kind, keywords={**found.keywords, role: keyword})
        target = self.load(more)
        if target is None or role not in target.offers:
            return None
        least = tuple(name for name in ("square", "tiles") if name in (*found.narrowing, *form.narrowing))
        narrowing = self.narrowing(target, role, least)
        return None if narrowing is None else replace(more, narrowing=narrowing, traits=(*found.traits, trait))

    def narrowing(self, target: Isolated, role: str, least: Names) -> Names | None:
        """The fewest declarations under which a function is right, or None if there are none.

        More than `least` only if the function refuses other windows, or visibly ignores what the declarations exclude.
        """
        if not self.is_right(target, role, [PLAINEST]):
            return None
        for names, windows in WINDOWS.items():
            if {*least} <= {*names} and self.is_right(target, role, windows):
                return names if names == least or self.ignores(target, role, WINDOWS[least][0], names) else None
        return None

    def is_right(self, target: Isolated, role: str, windows: Iterable[Windows]) -> bool:
        """Whether a function agrees with the oracle for all these windows."""
        calls = (probe(role, each) for each in windows)
        return all(is_right(call, self.workshop.ask(target, call)) for call in calls)

    def ignores(self, target: Isolated, role: str, windows: Windows, names: Names) -> bool:
        """Whether a function refuses windows that declarations exclude, or takes them for others."""
        answer = self.workshop.ask(target, probe(role, windows))
        refused = answer.error is not None and not answer.internal
        return refused or is_right(probe(role, narrowed(windows, names)), answer)

    def load(self, found: Fit) -> Isolated | None:
        """The target that a form makes."""
        return self.workshop.load(found.lines(self.root))
