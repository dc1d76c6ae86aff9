"""`poolproof check --exhaustive`: counts the cases, tries them all, and reports what is proved and what is assumed."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import zip_longest

from msgspec.structs import replace

from ..contract import Unusable, did_you_mean
from ..data.files import unwritten
from ..data.storage import report_text
from ..report import render
from ..report.ci import Outcome
from ..report.page import page_of
from ..report.terminal import headed
from ..results import Result
from ..run.dispatch import carried_out
from ..run.executor import executor_of
from ..run.journal import Journal, identity
from ..run.known import complaints, excused
from ..run.persistence import KEPT
from ..run.request import Request
from ..run.session import session
from .methods import PROOFS, most_ordered
from .parts import Part, parts_of, tasks_of

LENGTH = 6
"""The longest axis of an image by default."""

DONE = KEPT / "proofs.jsonl"
"""The file with a line for each part that is done."""

EVERY = 10.0
"""Seconds between two lines of progress."""


class Run:
    """All proofs of a request: the parts to try, their results, and the report."""

    def __init__(self, request: Request, longest: int, say: Callable[..., None]) -> None:
        self.request, self.session, self.longest, self.say = request, session(request), longest, say
        self.complaints: list[str] = []
        self.order: list[tuple[str, str]] = []
        self.parts: list[Part] = []
        self.total: dict[tuple[str, str], int] = {}
        self.results: dict[tuple[str, str], Result] = {}
        self.failed_at: dict[tuple[str, str], int] = {}

    def begin(self) -> None:
        """Load the targets and count the cases to try."""
        portions: list[list[Part]] = []
        for spec in dict.fromkeys(self.request.targets):
            try:
                target = self.session.target(spec)
            except Unusable as error:
                self.complaints.append(str(error))
                continue
            for name in selected(self.request.laws):
                unit = (spec, name)
                self.order.append(unit)
                self.total[unit] = 0
                law, assumption = PROOFS[name].law.name, PROOFS[name].method.assumption
                self.results[unit] = Result(spec, name, "holds", about=law, assumption=assumption)
                if reason := PROOFS[name].unsupported(target.declared, target.offers):
                    self.results[unit] = replace(self.results[unit], verdict="unsupported", reason=reason)
                    continue
                parts = list(parts_of(target, name, self.longest))
                portions.append(parts)
                self.total[unit] = sum(part.cases for part in parts)
        self.parts = in_turns(portions)
        cases = render.quantity(sum(self.total.values()), "case")
        self.say(f"poolproof {importlib.metadata.version('poolproof')}, by exhaustion: {self.bound}; {cases}")
        for target in self.session.loaded.values():
            self.say(render.declarations(target))
        self.say("")

    @property
    def bound(self) -> str:
        """How far the proofs go: no verdict says anything about larger images."""
        return f"axes up to {self.longest}, every order of up to {render.quantity(most_ordered(self.longest), 'cell')}"

    def try_all(self, processes: int, *, resume: bool) -> bool:
        """Try every part that is not already done. Return whether this finished without Ctrl-C."""
        journal, began, told = Journal(DONE, self.say, resume=resume), time.monotonic(), time.monotonic()
        known = {spec: identity(target) for spec, target in self.session.loaded.items()}
        left = []
        for part in self.parts:
            before = found_before(journal, key(part, known[part.target], self.longest), part)
            self.add(part, before) if before else left.append(part)
        if len(left) < len(self.parts):
            self.say(f"{render.quantity(self.tried(), 'case')} were tried before")
        try:
            for part, result in self.answers(left, processes):
                journal.write(key(part, known[part.target], self.longest), result)
                self.add(part, result)
                if time.monotonic() - told > EVERY:
                    told = time.monotonic()
                    self.say(self.progress(told - began))
        except KeyboardInterrupt:
            return False
        if not any(map(self.is_open, self.parts)):
            journal.attempt(journal.close)
        return True

    def answers(self, parts: list[Part], processes: int) -> Iterator[tuple[Part, Result]]:
        """Each part that is still wanted when its turn comes, with its result; with 0 processes, tried in this one."""
        tasks = tasks_of(filter(self.wanted, parts), self.request, self.longest)
        for task, result in carried_out(tasks, executor_of(processes), self.complaints.append):
            yield task.arguments[0], result

    def wanted(self, part: Part) -> bool:
        """Whether a part should still be tried: its proof has not failed, and there is time."""
        in_time = self.request.end is None or time.time() < self.request.end
        return in_time and not self.results[part.target, part.proof].failed

    def is_open(self, part: Part) -> bool:
        """Whether the proof of a part has neither failed nor been tried on all its cases."""
        result = self.results[part.target, part.proof]
        return not result.failed and result.examples < self.total[part.target, part.proof]

    def add(self, part: Part, result: Result) -> None:
        """Add the result of a part; of several failures, the one on the smallest space is kept."""
        unit = (part.target, part.proof)
        so_far = self.results[unit]
        kept, both = so_far, (so_far, result)
        if result.failed and part.first < self.failed_at.get(unit, part.first + 1):
            kept, self.failed_at[unit] = result, part.first
            self.tell(result)
        self.results[unit] = replace(
            kept,
            examples=sum(each.examples for each in both),
            refused=sum(each.refused for each in both),
            seconds=sum(each.seconds for each in both),
        )

    def tell(self, result: Result) -> None:
        """Print a failure as soon as it is found, unless it is known."""
        judged = self.in_the_light(result)
        if judged.failed:
            self.say(*headed(render.failure(judged)), "\n")

    def in_the_light(self, result: Result) -> Result:
        """A result, excused if it is a known failure."""
        return excused(result, self.session.loaded[result.target].name, self.request.known_failures())

    def tried(self) -> int:
        """The number of cases tried so far."""
        return sum(result.examples for result in self.results.values())

    def progress(self, seconds: float) -> str:
        """The progress so far, in words."""
        total = sum(self.total.values())
        return f"{self.tried():,} of {total:,} cases, {100 * self.tried() // total} %, after {seconds:.0f} s"

    def finish(self, files: dict[str, str | None], *, interrupted: bool) -> int:
        """Report what is proved, write the files, and return the exit status."""
        why = "interrupted" if interrupted else "the time limit was reached"
        results = [self.concluded(unit, why) for unit in self.order]
        self.print_verdicts(results)
        partial = any(result.verdict == "not run" for result in results)
        verdict = render.last_line(results, partial, "proof", self.bound) if results else "nothing was tried"
        outcome = Outcome(self.request, results, self.names(), verdict, ("--exhaustive", f"--length={self.longest}"))
        document = render.document(self.request, self.session.loaded, results, partial, self.bound)
        report = ("--json", files["json"], lambda: report_text(str(files["json"]), lambda: document))
        page = page_of(lambda: document, files["html"], files["json"])
        self.complaints += unwritten([report, page, *outcome.outputs(files)])
        for complaint in self.complaints:
            self.say(f"\n{complaint}")
        for line in (*self.warnings(results), *outcome.for_github()):
            self.say(line)
        self.say("")
        status = render.exit_status(results, interrupted=interrupted, unusable=bool(self.complaints))
        self.say((verdict, "broken" if status else "holds"))
        return status

    def print_verdicts(self, results: list[Result]) -> None:
        """Print a line for each proof."""
        width = max(map(len, self.names().values()), default=0)
        column = max(map(len, PROOFS))
        for result in results:
            self.say(*render.line(result, self.session.loaded[result.target].name, width, column))

    def names(self) -> dict[str, str]:
        """The name of each target."""
        return {spec: target.name for spec, target in self.session.loaded.items()}

    def warnings(self, results: list[Result]) -> Iterator[str]:
        """Warnings about the entries of known failures."""
        for complaint in complaints(self.request.known_failures(), results, self.names(), all_laws=False):
            yield f"\nwarning: {complaint}"

    def concluded(self, unit: tuple[str, str], why: str) -> Result:
        """The final result of a proof, which proves nothing if cases are left."""
        result, total = self.results[unit], self.total[unit]
        if result.verdict == "holds" and not total:
            return replace(result, verdict="unsupported", reason="it takes no such image or window")
        if result.verdict == "holds" and result.examples < total:
            reason = f"{why} after {result.examples:,} of {total:,} cases; --resume goes on"
            return replace(result, verdict="not run", reason=reason, partial=True)
        if result.verdict == "holds" and result.refused == result.examples:
            return replace(result, verdict="unsupported", reason="it refused every case")
        if result.verdict == "holds":
            declared = self.session.loaded[result.target].declared
            result = replace(result, reason=PROOFS[result.law].bound(declared, self.longest))
        return self.in_the_light(result)


def found_before(journal: Journal, key: str, part: Part) -> Result | None:
    """The recorded result of a part, if it covers the whole part; otherwise None."""
    before = journal.found(key)
    if before is None or before.law != part.proof or not (before.failed or before.examples == part.cases):
        return None
    return replace(before, target=part.target)


def in_turns(portions: list[list[Part]]) -> list[Part]:
    """The parts of all proofs in turns, the smallest first, so that a proof that fails does so soon."""
    return [part for turn in zip_longest(*portions) for part in turn if part]


def selected(patterns: str) -> list[str]:
    """The proofs that match one of several comma-separated patterns by name, law or family.

    Raises Unusable for a pattern that matches none.
    """
    chosen: set[str] = set()
    for pattern in (text.strip() for text in patterns.split(",")):
        found = {n for n, p in PROOFS.items() if any(fnmatchcase(t, pattern) for t in (n, p.law.name, p.law.family))}
        if not found:
            names = [*PROOFS, *dict.fromkeys(proof.law.name for proof in PROOFS.values())]
            raise Unusable(f"laws {pattern!r}: no proof is of such a law; {did_you_mean(pattern, names)}")
        chosen |= found
    return [name for name in PROOFS if name in chosen]


def key(part: Part, known: int, longest: int) -> str:
    """The key of a part's record; with another target or other bounds, it is another part."""
    return f"{part.target} {known:08x} {longest} {part.proof} {part.first} {part.last} {part.cases}"
