"""The pytest plugin: `pytest --poolproof-impl TARGET --pyargs poolproof.properties`, one item for each law and target.

pytest loads this module in every session where poolproof is installed, so it imports nothing heavy.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..run.seeds import seed_of
from .options import RUN, WRAPPED, Option, end_of, requested

if TYPE_CHECKING:
    from ..results import Likeness, Result
    from ..run.request import Request
    from ..run.session import Session
    from ..run.units import Unit

PACKAGE = Path(__file__).resolve().parents[1]
PROPERTY = "poolproof"
"""The name under which results travel from xdist's workers, as JSON text: execnet's integers end at 32 bits."""

SESSION: pytest.StashKey[Session] = pytest.StashKey()
SETTLED: pytest.StashKey[tuple[int, float | None]] = pytest.StashKey()
"""The seed, and the end of the budget in seconds since the epoch."""

LIKENED: pytest.StashKey[str] = pytest.StashKey()
"""The conventions that --like pins, and the units that test them: `Likened` as JSON text, or empty."""

IMPLEMENTATION = Option("impl", "implementation to judge; may be repeated", "TARGET", default=())


NO_LAW = f"--poolproof-{IMPLEMENTATION.name}: no law was run; the laws are tests in --pyargs poolproof.properties"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the command's options, with a prefix against collisions."""
    group = parser.getgroup("poolproof", "poolproof: laws of pooling")
    for option in (IMPLEMENTATION, *WRAPPED.values(), *RUN.values()):
        group.addoption(f"--poolproof-{option.name}", **option.keywords())


def pytest_configure(config: pytest.Config) -> None:
    """Fix the seed, the end and the pinned conventions once, for all of xdist's workers."""
    if hasattr(config, "workerinput"):
        config.stash[SETTLED], config.stash[LIKENED] = config.workerinput[PROPERTY]
        return
    config.pluginmanager.register(Collector(config), "poolproof-collector")
    config.stash[SETTLED] = (seed_of(config.option.poolproof_seed), end_of(config.option.poolproof_budget))
    config.stash[LIKENED] = "" if config.option.poolproof_like is None else likened(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send an xdist worker what the controller has fixed."""
    node.workerinput[PROPERTY] = (node.config.stash[SETTLED], node.config.stash[LIKENED])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """Start xdist's workers without the working folder on their import path: a target may have put modules there."""
    from ..run.processes import SAFE

    for spec in specs if config.option.poolproof_impl else ():
        if spec.popen and not spec.python:
            spec.python = shlex.join([sys.executable, SAFE])


def request_of(config: pytest.Config) -> Request:
    """The options as a request."""
    from ..data.text import received

    seed, ends = config.stash[SETTLED]
    targets = map(received, config.option.poolproof_impl)
    return requested(config.option, targets, "poolproof_", seed=seed, end=ends)


def likened(config: pytest.Config) -> str:
    """The conventions that --like pins, for all of xdist's workers. Raises UsageError if its target is unusable."""
    from ..contract import Unusable
    from ..data.text import sendable
    from ..data.typed import encoded
    from ..run.like import all_likened

    try:
        return encoded(all_likened(request_of(config))).decode()
    except Unusable as error:
        raise pytest.UsageError(sendable(str(error))) from None


def held_to(config: pytest.Config) -> tuple[dict[str, Likeness], dict[str, list[Unit]]]:
    """The conventions that --like pins for each target, and the units that test them."""
    from ..data.text import received
    from ..data.typed import decoded
    from ..run.like import Likened

    text = config.stash[LIKENED]
    likeness, units = decoded(text, Likened) if text else Likened({}, {})
    own = {received(spec): [unit._replace(target=received(spec)) for unit in each] for spec, each in units.items()}
    return {received(spec): each for spec, each in likeness.items()}, own


def planned(config: pytest.Config) -> list[Unit]:
    """All units of the session."""
    from ..run.like import with_pins
    from ..run.units import plan

    return with_pins(plan(request_of(config)), held_to(config)[1])


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the package itself as laws, not as files: a law module imported by path would register twice."""
    if path.resolve() != PACKAGE:
        return None
    # Otherwise a JUnit file would have its path in site-packages in the class name of every law.
    laws: pytest.Collector = Laws.from_parent(parent, path=path, nodeid="poolproof")
    return laws


class Laws(pytest.Directory):
    """All laws on all targets."""

    def collect(self) -> Iterator[pytest.Collector]:
        """The families of laws. A target that cannot be loaded is a collection error."""
        from ..contract import Unusable
        from ..data.text import sendable
        from ..run.known import complaints
        from ..run.session import Session
        from ..run.units import family_of

        request = request_of(self.config)
        session = self.config.stash.setdefault(SESSION, Session(request))
        try:
            for spec in request.targets:
                for each in session.target(spec).warnings:
                    self.warn(pytest.PytestWarning(each))
            units = planned(self.config)
            names = {spec: target.name for spec, target in session.loaded.items()}
            for complaint in complaints(request.known_failures(), [], names, all_laws=False):
                self.warn(pytest.PytestWarning(complaint))
        except (Unusable, ValueError) as error:
            raise self.CollectError(sendable(str(error))) from None
        share = Share(sum(unit.weight for unit in units))
        for name, family in groupby(units, key=lambda unit: family_of(unit.name)):
            yield Family.from_parent(self, name=name, units=list(family), share=share)


class Family(pytest.Collector):
    """One family of laws, which is the class name of its tests in a JUnit file."""

    def __init__(self, *, units: list[Unit], share: Share, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.share = units, share

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each law and target."""
        for unit in self.units:
            name = item_name(unit.target, unit.name)
            # The id that --lf reads back from its cache: pytest 9 takes brackets for parameters there, but not here.
            nodeid = f"{self.nodeid}::{name}"
            yield LawItem.from_parent(self, name=name, nodeid=nodeid, unit=unit, share=self.share)


def item_name(spec: str, law: str) -> str:
    """The name of an item."""
    from ..data.text import sendable

    return f"{law}[{sendable(spec)}]"


class Share:
    """Divides the rest of a budget among the remaining laws, so that each gets some."""

    def __init__(self, laws: int) -> None:
        self.left = laws
        self.workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))

    def end(self, end: float | None, unit: Unit) -> float | None:
        """When the next unit has to stop. Every worker takes its turns at about the same pace."""
        from ..run.units import turn

        part = unit.weight * self.workers
        waiting, self.left = max(self.left, 1), self.left - part
        return turn(end, waiting / part)


class LawItem(pytest.Item):
    """One law on one target."""

    def __init__(self, *, unit: Unit, share: Share, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit, self.share = unit, share

    def runtest(self) -> None:
        """Run the unit; everything that a report needs goes into the item's properties."""
        from ..report.junit import properties_of

        session = self.config.stash[SESSION]
        result = session.examine(self.unit, self.share.end(session.request.end, self.unit))
        self.user_properties += [*properties_of(result, session.request.seed), (PROPERTY, result.as_text())]
        if result.failed:
            raise LawFailed(result)
        if result.verdict == "known":
            pytest.xfail(result.reason)
        if result.untried:
            pytest.skip(f"{result.verdict}: {result.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The law's message, without our own traceback."""
        if isinstance(excinfo.value, LawFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The location of the item, for pytest and for some JUnit files: the target's file, if it is one."""
        from ..report.junit import file_of

        file = file_of(self.unit.target)
        return file.absolute() if file else self.path, None, self.name


class LawFailed(Exception):
    """Ends the item of a law that failed."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.message)


def result_in(report: pytest.TestReport) -> Result | None:
    """The result that a report carries, or None. The reports of setup and teardown are ignored."""
    sent = [value for name, value in report.user_properties if name == PROPERTY]
    if not sent or report.when in ("setup", "teardown"):
        return None
    from ..data.text import received
    from ..results import Result

    law, _, target = received(report.nodeid).rpartition("::")[2].rpartition("]")[0].partition("[")
    return Result.from_text(sent[0]) or Result(target, law, "not run", "its result cannot be read")


def explicitly_asked(config: pytest.Config) -> bool:
    """Whether this very call names implementations to judge: a configuration file may name them for other calls."""
    given = any(str(each).startswith(f"--poolproof-{IMPLEMENTATION.name}") for each in config.invocation_params.args)
    return given and not config.option.collectonly


def is_complete(session: pytest.Session) -> bool:
    """Whether a session ran all that it collected, if anything."""
    ended = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    return session.exitstatus in ended and not (session.shouldstop or session.shouldfail)


class Collector:
    """Gathers the results of a session for the JSON report, in the process that receives them all."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: list[Result] = []
        self.complaints: list[str] = []
        if config.option.poolproof_json is not None:
            from ..contract import Unusable
            from ..data.files import writable

            try:
                writable("--poolproof-json", config.option.poolproof_json)
            except Unusable as error:
                raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Add the result of a law whose xdist worker died."""
        from ..results import Result

        for unit in planned(self.config):
            if crashitem.endswith(f"::{item_name(unit.target, unit.name)}"):
                died = Result(unit.target, unit.name, "crashed", f"the process died; {report.longrepr}")
                report.user_properties.append((PROPERTY, died.as_text()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the result out of a report before other plugins write all of its properties, as for JUnit files."""
        result = result_in(report)
        if result is not None:
            self.results.append(result)
        report.user_properties[:] = [each for each in report.user_properties if each[0] != PROPERTY]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report. The session fails if it cannot be written, or if no law was run on what was to be judged.

        A session that has failed more seriously keeps its status.
        """
        file = self.config.option.poolproof_json
        if file is not None:
            from ..data.files import unwritten
            from ..data.storage import report_text

            partial = bool(session.shouldstop)
            made = ("--poolproof-json", file, lambda: report_text(file, lambda: self.document(partial)))
            self.complaints = unwritten([made])
        if not self.results and explicitly_asked(self.config) and is_complete(session):
            self.complaints.append(NO_LAW)
        if self.complaints and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def document(self, partial: bool) -> Any:
        """The report."""
        from ..report.render import document
        from ..run.session import Session

        request = request_of(self.config)
        targets = {spec: Session(request).target(spec) for spec in request.targets}
        return document(request, targets, self.results, partial, likeness=held_to(self.config)[0])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what is wrong with the session."""
        for complaint in self.complaints:
            terminalreporter.write_line(complaint, red=True)
