"""The command: judge the mutants that are not on record, write the page, and print which survivors lack a reason."""

import argparse
import os
import sys

from .judges import JUDGES
from .page import PAGE, complaints, page
from .record import Record
from .run import judge


def arguments():
    """What to judge; by default, everything that is not on record."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"default: all of {', '.join(JUDGES)}")
    parser.add_argument("-n", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--again", action="store_true", help="judge survivors on record again")
    parser.add_argument("--page", action="store_true", help="judge nothing: write the page from the record")
    given = parser.parse_args()
    if unknown := set(given.files) - set(JUDGES):
        parser.error(f"nothing judges {', '.join(sorted(unknown))}; known are {', '.join(JUDGES)}")
    return given


def main():
    """Judge and report. Returns 1 if a survivor has no reason, or a reason no survivor."""
    given, record = arguments(), Record()
    for file in () if given.page else given.files or JUDGES:
        judge(file, record, given.n, again=given.again)
    verdicts = {file: record.verdicts(file) for file in JUDGES}
    PAGE.write_text(page(verdicts), encoding="utf-8")
    wrong = complaints(verdicts)
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
