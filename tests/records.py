"""JSON with one record a line, so that a difference between two versions shows the records that changed."""

import json


def dumped(tables):
    """Lists of records, by name, as JSON."""
    return "{\n" + ",\n".join(f'"{name}": [\n{lines(records)}\n]' for name, records in tables.items()) + "\n}\n"


def lines(records):
    """Records, one a line."""
    return ",\n".join(json.dumps(each, ensure_ascii=False) for each in records)
