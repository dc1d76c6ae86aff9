"""The two forms of generated files: tables in Markdown, and JSON with one record per line."""

import json


def table(head, rows):
    """A table in Markdown."""
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in (head, ["---"] * len(head), *rows))


def dumped(tables):
    """Lists of records, by name, as JSON in which a changed record is one changed line."""
    return "{\n" + ",\n".join(f'"{name}": [\n{lines(records)}\n]' for name, records in tables.items()) + "\n}\n"


def lines(records):
    """Records, one per line."""
    return ",\n".join(json.dumps(each, ensure_ascii=False) for each in records)
