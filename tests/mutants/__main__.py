"""The command: judge the mutants of all files and write the page, or of some and print it; say what lacks a reason."""

import argparse
import os
import sys
from functools import partial

from .judges import JUDGES
from .page import PAGE, complaints, page
from .run import kept, verdicts


def main():
    """Status 1 where a survivor has no reason, or a reason no survivor."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"as kernels/naive.py; of {', '.join(JUDGES)}")
    parser.add_argument("-n", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--again", action="store_true", help="try survivors of an earlier run again")
    parser.add_argument("--kept", action="store_true", help="judge nothing: write the page from what is kept")
    given = parser.parse_args()
    if unknown := set(given.files) - set(JUDGES):
        parser.error(f"nothing judges {', '.join(sorted(unknown))}; known are {', '.join(JUDGES)}")
    judge = kept if given.kept else partial(verdicts, processes=given.n, again=given.again)
    found = {file: judge(file) for file in given.files or JUDGES}
    if given.files:
        print(page(found))
    else:
        PAGE.write_text(page(found), encoding="utf-8")
    wrong = complaints(found)
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
