"""The English of pages, docstrings, comments and messages: phrases to avoid, and words written twice.

`python tests/prose.py` prints each with a better wording and fails if there is any; `tox -e lint` runs it. Code and
links are left out, as are generated pages.
"""

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN_BY_PROGRAMS = ("commands.md", "findings.md", "laws.md", "mutants.md", "strength.md")

EVERYWHERE = {
    r"if not said": "'default: 100'",
    r"if nothing is said": "'by default'",
    r"(?:is|are|was|were|be) told(?! apart)": "'is printed', 'is reported', 'knows'",
    r"(?:nobody|anybody|everybody|somebody)(?:'s)?": "the passive, or the one who acts: a user, a caller, a reader",
    r"so many(?! \w+ that)": "the number, or 'this many'",
    r"cases a (?:law(?! \w+s\b)|second)": "'cases per law'",
    r"(?:seems?|appears?) to have \w+ed": "the plain past: 'the last window overwrote the first'",
    r"(?:its|the) time was over": "'time limit reached'",
    r"remains to be seen": "what to do: 'check this against your source'",
    r"to be believed": "what to do: 'check this against your source'",
    r"means the same": "'is equal', 'can serve as a key'",
    r"outlives": "'lasts longer than', 'is shared between'",
    r"(?-i:Who) (?:\w+)": "the subject first: 'a user who ...', 'if you ...'",
}
"""Patterns of phrases, and what to write instead."""

ON_PAGES = {
    r"not asked(?! for)": "'not tested', 'skipped'",
    r"asked of": "'tested on', 'tried on'",
    r"what came": "'the answer', 'the result'",
    r"(?P<twice>[a-z]{2,}) (?P=twice)": "the word once",
}
"""More of these, only for pages."""

GAP = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
"""The pattern for a space in a phrase: it may be the end of a line, but not of a paragraph."""

NO_PROSE = re.compile(r"^```.*?^```|``.*?``|`[^`]*`|<!--.*?-->|\]\([^)]*\)|^\s*\|[-| ]+\|$", re.MULTILINE | re.DOTALL)


def compiled(phrases):
    """The phrases as one pattern, and the advice for each."""
    parts = [f"(?P<p{k}>{phrase})".replace(" ", GAP) for k, phrase in enumerate(phrases)]
    return re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE), list(phrases.values())


def complaints(text, phrases):
    """Each such phrase in a text: its line number, from 0, the phrase, and the advice."""
    pattern, advice = compiled(phrases)
    prose = NO_PROSE.sub(lambda code: re.sub(r"[^\n]", "\0", code[0]), text)
    for match in pattern.finditer(prose):
        which = next(k for k in range(len(advice)) if match[f"p{k}"])
        yield prose.count("\n", 0, match.start()), " ".join(match[0].split()), advice[which]


def texts(source):
    """The docstrings, messages and comments of a Python file, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def of_page(text):
    """What is wrong on a page: line, phrase, advice."""
    return [(line + 1, *rest) for line, *rest in complaints(text, {**EVERYWHERE, **ON_PAGES})]


def of_python(source):
    """What is wrong in a Python file."""
    return [(line + k, *rest) for line, text in texts(source) for k, *rest in complaints(text, EVERYWHERE)]


def files():
    """The files to read, and the function that checks each."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    yield from ((path, of_page) for path in sorted(pages) if path.name not in WRITTEN_BY_PROGRAMS)
    for room in ("kernels", "properties"):
        yield from ((path, of_python) for path in sorted((ROOT / room).rglob("*.py")))


def found():
    """Everything that is wrong, as lines of text."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {phrase!r}: better {advice}"
        for path, read in files()
        for line, phrase, advice in read(path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    sys.exit("\n".join(found()) or 0)
