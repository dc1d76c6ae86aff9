"""Results in words and as JSON, made from results alone, so that every door prints the same."""

from __future__ import annotations

import importlib.metadata
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, structs
from poolproof.kernels.dtypes import FLOATS, IEEE_FLOATS, INTEGERS

from ..cases.triggers import TRIGGERS
from ..contract import CALLABLES, MEAN, MEAN_SETTINGS, OF_INTEGERS, SETTINGS, Declared
from ..data.text import cleaned
from ..failures.messages import arguments
from ..results import (
    FAILURES,
    SCHEMA,
    UNTRIED,
    Declarations,
    Environment,
    LawReport,
    Likeness,
    Report,
    Result,
    Shown,
    TargetReport,
)
from ..results.report import Versions
from ..run.causes import Cause
from ..run.request import Request
from ..run.units import CONVENTIONS_ITEM
from ..targets.target import Target
from .terminal import Styled


def document(
    request: Request,
    targets: dict[str, Target],
    results: list[Result],
    partial: bool,
    bound: str = "",
    likeness: Mapping[str, Likeness] | None = None,
    refused: Mapping[str, str] | None = None,
) -> Report:
    """The whole report; `likeness`: the pinned conventions of each target; `refused`: those that cannot be judged."""
    alike = likeness or {}
    return Report(
        schema=SCHEMA,
        partial=partial or any(result.partial or result.verdict == "not run" for result in results),
        bound=bound,
        environment=environment(request),
        targets=[target_report(targets[spec], results, alike.get(spec)) for spec in request.targets if spec in targets],
        refused=dict(refused or {}),
    )


def target_report(target: Target, results: list[Result], likeness: Likeness | None = None) -> TargetReport:
    """One target with its laws, in the order of the registry, and its conventions."""
    own = [result for result in results if result.target == target.spec]
    return TargetReport(
        target=target.spec,
        name=target.name,
        version=target.declared.version,
        declared=Declarations.of(target.declared, target.offers),
        like=likeness or UNSET,
        laws=[LawReport.of(result) for result in own if result.law != CONVENTIONS_ITEM],
        conventions={name: seen for result in own for name, seen in result.conventions.items()},
    )


def environment(request: Request) -> Environment:
    """What the run ran on, and what it was to try."""
    return Environment(**structs.asdict(versions()), seed=request.seed, examples=request.examples)


def versions() -> Versions:
    """What this runs on."""
    packages = ("poolproof", "numpy", "numba", "hypothesis", "pytest", "pytest-xdist")
    return Versions(
        python=platform.python_version(),
        machine=platform.machine(),
        system=platform.system(),
        **{package.replace("-", "_"): importlib.metadata.version(package) for package in packages},
    )


def line(result: Result, name: str, width: int, column: int = 24) -> list[Styled]:
    """One result as a line of progress: target and law in columns of these widths, then what the result rests on."""
    word = word_of(result)
    if word in ("observed", "known", "outdated", *UNTRIED):
        tail = result.reason
    else:
        tail = f"{quantity(result.examples, 'case')}, {result.seconds:.1f} s"
        tail += " (time limit reached)" if result.partial and not result.reason else ""
        tail += f", {result.refused} of them refused" if result.refused else ""
        tail += f", {result.reason}" if result.reason else ""
    rests = result.assumption and not result.untried
    assumed = f"\n{'':{width}}    if {result.assumption}" if rests else ""
    loud = word.upper() if result.failed else word
    return [f"{name:{width}}  {result.law:{column}} ", (f"{loud:11}", word), f" {tail}{assumed}"]


def word_of(result: Result) -> str:
    """The outcome of a law, or of the conventions, in a word."""
    if result.law == CONVENTIONS_ITEM and not result.failed:
        return "observed"
    return "outdated" if result.outdated else result.verdict


def failure(result: Result) -> str:
    """The message of a failure, under the name of its law."""
    return f"{result.law}: {word_of(result)} after {quantity(result.examples, 'case')}\n{result.message}"


def causes(found: Sequence[Cause], names: dict[str, str]) -> list[str]:
    """Each cause, with its target if there are several, and below it the laws that fail for it."""
    several = len({cause.target for cause in found}) > 1
    lines = []
    for number, cause in enumerate(found, 1):
        target = f"{names[cause.target]}: " if several else ""
        # Which failure is the clearest may depend on which was found first; the order of the laws does not.
        laws = wrapped([result.law for result in cause.results])
        lines += [f"{number}. {target}{cause.wrong or cause.name}", *(f"   {text}" for text in laws)]
    return lines


def declarations(target: Target) -> str:
    """What a target declares and offers, and so what was not tested, in one line."""
    stated, default = target.declared, Declared()
    together = stated.dtypes_of(*target.offers)
    parts = [" ".join(together)]
    if isinstance(stated.dtypes, dict):
        more = {f: " ".join(d for d in stated.dtypes_of(f) if d not in together) for f in target.offers}
        parts += [f"{function} also {extra}" for function, extra in more.items() if extra]
    names = ("ranks", "square", "tiles", "padding", "padding_limit", "ceil_rule", "deterministic", "threads", "layout")
    for name in (*names, "max_cells"):
        if getattr(stated, name) != getattr(default, name):
            parts.append(f"{name}={getattr(stated, name)}")
    parts += [f"fixed={stated.fixed.stated}"] if stated.fixed else taken_settings(target)
    missing = untested(target)
    tail = f"; not tested: {cleaned(', '.join(missing))}" if missing else ""
    version = f" {stated.version}" if stated.version else ""
    return f"{target.name}{version}: {', '.join(parts)}{tail}"


def held_to(name: str, likeness: Likeness) -> str:
    """How many conventions of another target are pinned, in one line."""
    left = f", {len(likeness.left)} not" if likeness.left else ""
    return f"{name}: {quantity(len(likeness.pinned), 'convention')} pinned, like {likeness.title}{left}"


def taken_settings(target: Target) -> list[str]:
    """The settings that are tested, if any."""
    taken = [name for name in MEAN_SETTINGS if any(name in target.declared.settings_of(f) for f in target.offers)]
    return [f"settings {' '.join(taken)}"] if taken else []


def any_of(stated: Declared, function: str, dtypes: tuple[str, ...]) -> bool:
    """Whether a callable takes one of these dtypes."""
    return any(dtype in dtypes for dtype in stated.dtypes_of(function))


def untested(target: Target) -> list[str]:
    """The parts of the contract that are not tested: callables, dtypes, ranks, settings of all or of some, windows."""
    stated, offers = target.declared, target.offers
    missing = [f for f in CALLABLES if f not in offers]
    missing += [d for d in IEEE_FLOATS if not any(d in stated.dtypes_of(function) for function in offers)]
    missing += [f"{f} (of no float)" for f in offers if f not in OF_INTEGERS and not any_of(stated, f, IEEE_FLOATS)]
    missing += [] if any(any_of(stated, f, INTEGERS) for f in offers) else ["integers"]
    if "bfloat16" not in FLOATS or not any(any_of(stated, f, ("bfloat16",)) for f in offers):
        missing.append("bfloat16")
    missing += [f"rank {rank}" for rank in (1, 2, 3) if rank not in stated.ranks]
    missing += stated.lacks
    missing += [f"images of more than {stated.max_cells:,} cells"] if stated.max_cells else []
    missing += [] if stated.deterministic else ["the same answer twice"]
    missing += [] if stated.threads else ["calls at the same time"]
    if stated.fixed:
        return [*missing, "other windows"]
    for name in MEAN_SETTINGS:
        able = [f for f in offers if f in MEAN or name in SETTINGS]
        lacking = [f for f in able if name not in stated.settings_of(f)]
        if lacking:
            missing.append(name if lacking == able else f"{name} of {' and '.join(lacking)}")
    if stated.ceil_rule == "keep":
        missing.append("windows of ceil mode that start in the end padding")
    missing += ["windows that are not square"] if stated.square else []
    missing += ["strides other than the size"] if stated.tiles else []
    return missing


def conventions(results: Iterable[Result], names: dict[str, str]) -> list[str]:
    """The conventions, each with its value on every target, with equal values grouped."""
    table: dict[str, dict[str, list[str]]] = {}
    for result in results:
        if result.law == CONVENTIONS_ITEM:
            for convention, found in result.conventions.items():
                value = " and ".join(found.all_values)
                value = f"varies: {value}" if found.varies else value
                table.setdefault(convention, {}).setdefault(value, []).append(names[result.target])
    lines = []
    for convention, values in table.items():
        several = len(values) > 1
        text = "; ".join(f"{value} ({', '.join(who)})" if several else value for value, who in values.items())
        lines.append(f"{convention:24} {text}")
    return lines


def observed(results: Iterable[Result]) -> str:
    """How many conventions were observed, and which of them vary."""
    found = {name: seen for result in results for name, seen in result.conventions.items()}
    vary = [name for name, seen in found.items() if seen.varies]
    reasons = dict.fromkeys(result.reason for result in results if result.reason)
    varies = f"; {', '.join(vary)} {'varies' if len(vary) == 1 else 'vary'}" if vary else ""
    return "; ".join([f"{len(found)} observed{varies}", *reasons])


def varying(results: Iterable[Result], names: dict[str, str]) -> list[str]:
    """For each convention that varies, a call that shows each value, ready to be pasted."""
    lines = []
    for result in results:
        for convention, found in result.conventions.items():
            if found.varies:
                lines.append(f"{convention} of {names[result.target]} varies")
                for value, shown in found.each:
                    lines += evidence(value, shown)
    return lines


def evidence(value: str, shown: Shown) -> list[str]:
    """One call, and its answer at the place that matters."""
    return [f"  {value}: {shown.function} gives {shown.answer}", *arguments(shown.call(), "      ")]


def cases_reached(results: Iterable[Result]) -> list[str]:
    """How many cases met each trigger, over all laws and targets; triggers that none met are named."""
    total: Counter[str] = Counter()
    tried = 0
    for result in results:
        total.update(result.reached)
        tried += result.examples if result.reached else 0
    if not tried:
        return []
    names = [*TRIGGERS, *sorted(set(total) - set(TRIGGERS))]
    cells = [f"{name} {total[name]:,}" for name in names if total[name]]
    never = [name for name in names if not total[name]]
    return [*wrapped(cells), *(wrapped(["never: " + never[0], *never[1:]]) if never else [])]


def wrapped(cells: list[str], width: int = 100) -> list[str]:
    """Cells joined by commas, in lines of at most `width` characters."""
    lines, current = [], ""
    for cell in cells:
        if current and len(current) + 2 + len(cell) > width:
            lines.append(current + ",")
            current = cell
        else:
            current = f"{current}, {cell}" if current else cell
    return [*lines, current] if current else lines


def last_line(results: list[Result], partial: bool, noun: str = "law", bound: str = "") -> str:
    """The line to quote: how much was tried, within which bound if there is one, and the outcome."""
    laws = [result for result in results if result.law != CONVENTIONS_ITEM]
    targets, names = {result.target for result in laws}, {result.law for result in laws}
    cases = sum(result.examples for result in laws)
    tried = f"{quantity(len(targets), 'implementation')}, {quantity(len(names), noun)}, {quantity(cases, 'case')}"
    tried += f" ({bound})" if bound else ""
    partial = partial or any(result.partial or result.verdict == "not run" for result in laws)
    return f"{tried}: {outcome(laws)}{' (partial)' if partial else ''}"


def outcome(laws: Sequence[Result]) -> str:
    """How many laws passed, how many failed, and how many have another verdict."""
    verdicts = Counter("outdated" if result.outdated else result.verdict for result in laws)
    others = [word for word in ("outdated", "known", *UNTRIED) if verdicts[word]]
    ends = [f"{verdicts[word]} {word}" for word in others]
    if not any(verdicts[word] for word in verdicts if word not in UNTRIED):
        return ", ".join(["nothing was tried", *ends])
    failed = failures(verdicts)
    if not failed and set(others) <= {"unsupported"}:
        return ", ".join(["all passed", *ends])
    passed = [f"{verdicts['holds']} passed"] if verdicts["holds"] else []
    return ", ".join([*passed, *failed, *ends])


def failures(verdicts: Mapping[str, int]) -> list[str]:
    """How many laws failed, with their verdicts unless all are broken; nothing if none failed."""
    met = [word for word in FAILURES if verdicts[word]]
    if not met:
        return []
    kinds = "" if met == ["broken"] else f" ({', '.join(f'{verdicts[word]} {word}' for word in met)})"
    return [f"{sum(verdicts[word] for word in met)} failed{kinds}"]


def cases_digest(results: Iterable[Result]) -> str:
    """A checksum of all cases: equal for runs with equal seeds and declarations, whatever the results."""
    digests: dict[str, int] = {}
    for result in results:
        if result.examples and result.law != CONVENTIONS_ITEM and not result.failed and not result.partial:
            digests.setdefault(result.law, result.digest)
    total = 0
    for law in sorted(digests):
        total = (total * 1_000_003 + digests[law]) % 2**32
    return f"{total:08x}"


def exit_status(results: list[Result], *, interrupted: bool, unusable: bool) -> int:
    """The exit status: 130 after an interruption; 2 for a target that cannot be judged or on which no law ran; 1 for a
    failure, or for laws that were not run because the target died or hung too often; else 0."""
    if interrupted:
        return 130
    ran: dict[str, bool] = {}
    for result in results:
        if result.law != CONVENTIONS_ITEM:
            ran[result.target] = ran.get(result.target, False) or not result.untried
    if unusable or not ran or not all(ran.values()):
        return 2
    return 1 if any(result.failed or result.abandoned for result in results) else 0


def quantity(number: int, noun: str) -> str:
    """ "1 case", "8,100 cases"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
