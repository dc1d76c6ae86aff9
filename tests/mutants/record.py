"""docs/data/mutants.json: the verdicts on mutants, one line per function, valid for its present code.

A record has the `file`, the `function`, a checksum of its `code`, and the mutants that `survived` or `hung`, each as
its function and the lines before and after; all others were noticed. It is valid until the code of the function
changes.
"""

import ast
import hashlib
import json
import re

from written import dumped

from .judges import JUDGES, ROOT
from .operators import mutants

DATA = ROOT / "docs" / "data" / "mutants.json"
NOTICED, HUNG, SURVIVED, UNJUDGED = "noticed", "hung", "survived", "not judged"
LISTED = {"survived": SURVIVED, "hung": HUNG}
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


class Record:
    """The records in the repository, by file and function."""

    def __init__(self, path=DATA):
        self.path = path
        functions = json.loads(path.read_text(encoding="utf-8"))["functions"] if path.exists() else []
        self.entries = {(each["file"], each["function"]): each for each in functions}

    def verdicts(self, file):
        """The verdict on each mutant of a file in its present state, by function and the lines before and after."""
        source = (ROOT / file).read_text(encoding="utf-8")
        codes = checksums(source)
        return {key: self.verdict(file, codes, key) for key in (mutant[:3] for mutant in mutants(source))}

    def verdict(self, file, codes, key):
        """The verdict on one mutant, if its function has not changed since."""
        function = home(key)
        entry = self.entries.get((file, function))
        if entry is None or entry["code"] != codes[function]:
            return UNJUDGED
        return next((LISTED[end] for end in LISTED if list(key) in entry[end]), NOTICED)

    def add(self, file, function, code, verdicts):
        """Record the verdicts on all mutants of a function at once, so that a run can be interrupted."""
        ends = {end: [list(key) for key, each in verdicts.items() if each == word] for end, word in LISTED.items()}
        self.entries[file, function] = {"file": file, "function": function, "code": code, **ends}
        self.save()

    def save(self):
        """Write the records, in the order of the files and of their functions."""
        there = [(file, name) for file in JUDGES for name in checksums((ROOT / file).read_text(encoding="utf-8"))]
        self.path.write_text(
            dumped({"functions": [self.entries[key] for key in there if key in self.entries]}), "utf-8"
        )


def home(key):
    """The function of a mutant, without the number of one that has the same lines as another."""
    return re.sub(r" \(\d+\)$", "", key[0])


def checksums(source):
    """A checksum of the code of each function; for a class and for the file, of the code outside functions."""
    return {name: hashlib.sha256(code.encode()).hexdigest()[:12] for name, code in scopes(ast.parse(source), "")}


def scopes(node, name):
    """The code of a definition and of each below, without docstrings and comments."""
    own = [part for part in ast.iter_child_nodes(node) if not is_text(part)]
    if not isinstance(node, ast.FunctionDef):
        own = [part for part in own if not isinstance(part, DEFINITIONS)]
    yield name, "\n".join(map(ast.unparse, own))
    for below in definitions(node):
        yield from scopes(below, f"{name}.{below.name}".lstrip("."))


def definitions(node):
    """The next definitions below a node."""
    for part in ast.iter_child_nodes(node):
        yield from [part] if isinstance(part, DEFINITIONS) else definitions(part)


def is_text(node):
    """Whether this is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
