"""Reads a report back: values of a wrong type, and cases that no law draws, are refused with their place."""

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
    """The targets of a report. Raises Unusable if the file cannot be read or is not a report."""
    return report_of(file).targets


def report_of(file: str) -> Report:
    """The report in a file. Raises Unusable if the file cannot be read or is not a report."""
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
    """Turn a ValueError about a file that is not a report into Unusable."""
    try:
        yield
    except ValueError as error:
        raise Unusable(f"report {shown(file)} is not one of check --json: {cleaned(str(error))}") from None


@contextmanager
def fitting(where: str) -> Iterator[None]:
    """Raise ValueError with the place of values that have the right types but form no array, call or case."""
    try:
        yield
    except UNREADABLE as error:
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from None


def check_case(law: str, case: StoredCase, earlier: Sequence[StoredCall], where: str) -> None:
    """Raise ValueError unless a law can be tried again on a case, after the calls that it needs."""
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
