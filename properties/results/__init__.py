"""The results of a run, as types: calls, cases, failures, conventions and results, and the report made from them."""

from .calls import MOST_STORED, Counterexample, StoredCall, StoredCase, fits, stored, stored_call, stored_case
from .judgement import CauseReport, Judgement
from .likeness import Likeness
from .report import SCHEMA, Declarations, Environment, LawReport, Report, TargetReport
from .result import FAILURES, UNTRIED, VERDICTS, Result
from .seen import Seen, Shown

__all__ = [
    "FAILURES", "MOST_STORED", "SCHEMA", "UNTRIED", "VERDICTS", "CauseReport", "Counterexample", "Declarations",
    "Environment", "Judgement", "LawReport", "Likeness", "Report", "Result", "Seen", "Shown", "StoredCall",
    "StoredCase", "TargetReport", "fits", "stored", "stored_call", "stored_case",
]  # fmt: skip
