"""The rooms of the suite and the imports between them, read from the sources; run it to update ARCHITECTURE.md."""

import ast
import re

from places import ROOT

SUITE = ROOT / "properties"
PAGE = ROOT / "ARCHITECTURE.md"
DRAWING = re.compile(r"```mermaid\n.*?```\n", re.DOTALL)
TABLE = re.compile(r"(?<=\| room \| purpose \|\n\|---\|---\|\n)(?:\|.*\n)*")


def room_of(parts):
    """The room of a module: its top folder or file in the suite; none for the package itself."""
    return parts[0] if parts and parts[0] != "__init__" else None


def imported_by(file):
    """The rooms that a file imports, except for type checkers."""
    folder = file.relative_to(SUITE).parts[:-1]
    for node in running(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = (*folder[: len(folder) - node.level + 1], *(node.module.split(".") if node.module else ()))
            yield from {room_of(base)} if base else {alias.name for alias in node.names}


def running(node):
    """The nodes below a node, except those under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from running(child)


def arrows():
    """For each room, the other rooms that it imports."""
    found = {}
    for file in sorted(SUITE.rglob("*.py")):
        room = room_of(file.relative_to(SUITE).with_suffix("").parts)
        if room not in (None, "__main__"):
            found.setdefault(room, set()).update(set(imported_by(file)) - {room})
    return found


def stands_on(found, room):
    """All rooms that a room imports, directly or indirectly."""
    reached, waiting = set(), [room]
    while waiting:
        new = found[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def drawing():
    """The rooms as a Mermaid flowchart, without arrows that others imply."""
    found = arrows()
    lines = ["flowchart TD"]
    for room, others in sorted(found.items()):
        implied = set().union(*(stands_on(found, other) for other in others))
        lines += [f"    {room} --> {other}" for other in sorted(others - implied)]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


def table():
    """The rooms in a table, each with the first line of its docstring."""
    rows = []
    for path in sorted(SUITE.iterdir()):
        file = path / "__init__.py" if path.is_dir() else path
        if file.suffix == ".py" and file.is_file() and path.stem not in ("__init__", "__main__"):
            purpose = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))).split("\n")[0]
            rows.append(f"| `{path.name}{'/' if path.is_dir() else ''}` | {purpose} |\n")
    return "".join(rows)


def written(page):
    """The page with the drawing and the table updated from the sources."""
    return TABLE.sub(lambda _: table(), DRAWING.sub(lambda _: drawing(), page))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
