"""A report read back: whatever is not of its types, or is no case of its law, is refused with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..contract import Unusable
from ..data.errors import UNREADABLE
from ..data.files import read_text
from ..data.storage import completed
from ..data.text import cleaned, shown
from ..data.typed import decoded
from ..lawbook import LAWS
from ..lawbook.huge import HUGE
from ..lawbook.huge.trial import sparse_call
from ..results import Report, StoredCall, StoredCase, TargetReport


def targets_of(file: str) -> list[TargetReport]:
    """The targets of a report. Raises Unusable if it cannot be read, or is no report."""
    return report_of(file).targets


def report_of(file: str) -> Report:
    """The report in a file. Raises Unusable if it cannot be read, or is no report."""
    source = read_text(file, "report")
    with described(file):
        report = completed(decoded(source, Report), file)
        for target in report.targets:
            for name, found in target.conventions.items():
                with fitting(f"{name} on {target.target}: its evidence"):
                    found.calls()
    return report


@contextmanager
def described(file: str) -> Iterator[None]:
    """Raise Unusable about a file that is no report for a ValueError that says why."""
    try:
        yield
    except ValueError as error:
        raise Unusable(f"report {shown(file)} is not one of check --json: {cleaned(str(error))}") from None


@contextmanager
def fitting(where: str) -> Iterator[None]:
    """Raise ValueError about a place for what has the right types, but makes no array, call or case."""
    try:
        yield
    except UNREADABLE as error:
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from None


def check_case(law: str, case: StoredCase, earlier: Sequence[StoredCall], where: str) -> None:
    """Raise ValueError unless a law could be tried on a case again, after the calls that it needs."""
    with fitting(f"{where}.earlier_calls"):
        for call in earlier:
            call.call()
    with fitting(f"{where}.case"):
        if law in HUGE:
            sparse_call(case)
        else:
            case.case()
        taken = (HUGE[law].function,) if law in HUGE else LAWS[law].plan.functions
        if case.function not in taken:
            raise ValueError(f"{law} is no law of {case.function}, but of {' and '.join(taken)}")
        if law in LAWS and LAWS[law].plan.others and not case.other:
            raise ValueError("other should be an array")
