"""The page about the protocol: its transcript byte by byte, and its tables compared with the code."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from places import ROOT
from poolproof.properties.data.sparse import Sparse, SparseCall
from poolproof.properties.data.text import MOST_NAME
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.huge import HUGE
from poolproof.properties.remote import worker
from poolproof.properties.run import persistence
from poolproof.properties.targets import isolated, protocol, refusals, target
from poolproof.properties.targets.call import Call

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
TARGET = """
def max_forward(x, size, stride):
    (tall, wide), (down, across) = size, stride
    if tall > x.shape[2]:
        raise ValueError("the window is larger than x")
    return x[:, :, ::down, ::across] if size == (1, 1) else x.max(axis=(2, 3), keepdims=True)
"""


def frames():
    """The frames of the transcript: the sender, the sixteen bytes before the header, header and payload."""
    block = re.search(r"<!-- transcript -->\n```text\n(.*?)```", PAGE, re.DOTALL)[1]
    for text in block.strip().split("\n\n"):
        lines = text.splitlines()
        payload = bytes.fromhex("".join(line[2:] for line in lines[2:]))
        yield lines[0][0], bytes.fromhex(lines[0][2:]), lines[1][2:], payload


def steady(header):
    """A header without the versions of its environment."""
    return {key: value for key, value in json.loads(header).items() if key != "environment"}


def test_every_frame_of_the_transcript_is_as_long_as_it_says():
    spoken = list(frames())
    assert len(spoken) == 8
    for _, head, header, payload in spoken:
        assert head == worker.HEAD.pack(worker.MAGIC, len(header.encode()), len(payload))


def test_the_worker_speaks_as_in_the_transcript(tmp_path):
    (tmp_path / "pool.py").write_text(TARGET)
    spoken = list(frames())
    sent = b"".join(head + header.encode() + payload for who, head, header, payload in spoken if who == ">")
    done = subprocess.run(
        [sys.executable, worker.__file__], cwd=tmp_path, input=sent, capture_output=True, timeout=60, check=True
    )
    channel = iter_frames(done.stdout)
    for header, payload in [(header, payload) for who, _, header, payload in spoken if who == "<"]:
        got_header, got_payload = next(channel)
        assert steady(got_header) == steady(header)
        assert got_payload == payload
    assert list(channel) == []


def iter_frames(data):
    """The frames in bytes."""
    while data:
        _, header, payload = worker.HEAD.unpack(data[:16])
        yield data[16 : 16 + header].decode(), data[16 + header : 16 + header + payload]
        data = data[16 + header + payload :]


def table(title):
    """The first column and the rest of the rows under a title."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].replace("`", ""): row[1:] for row in rows}


def test_the_page_names_the_evidence_that_laws_need():
    wanted = {}
    for law in LAWS.values():
        wanted.setdefault(", ".join(law.evidence), set()).add(law.name)
    wanted.pop("")
    wanted["sparse"] = {law.family for law in HUGE.values()}
    assert {word: set(re.findall(r"`([\w-]+)`", row[-1])) for word, row in table("Evidence").items()} == wanted
    assert {word for words in table("Evidence") for word in words.split(", ")} == set(worker.EVIDENCE)


def test_the_page_tells_the_numbers_of_the_code():
    assert f"at most {worker.MOST_HEADER:,}" in PAGE
    assert f"modulo {worker.CACHE_LINE}" in PAGE
    assert f"one line of at most {worker.MOST_TEXT:,} characters, names and versions of at most {MOST_NAME}" in PAGE
    assert f"eight times the largest array and {target.MARGIN:,}" in PAGE
    assert {60: "It has a minute to do so"}[isolated.STARTING] in PAGE
    assert {3: "may take three times as long"}[isolated.FIRST] in PAGE
    assert f"{persistence.MOST['hung']} hangs or {persistence.MOST['crashed']} deaths" in PAGE
    assert re.search(r"\| `version` \| 1 \|", PAGE)
    assert worker.VERSION == 1


def test_the_page_names_every_key_of_a_call():
    header, _ = protocol.question(Call("max_forward", {"x": np.zeros((1, 1, 1, 1))}, 1, 1), True)
    keys = {key for row in (*table("call"),) for key in row.split(", ")}
    assert {*header, *header["arrays"][0], "law", "case", "limit"} <= keys


def test_the_page_names_every_key_of_a_sparse_call():
    x = Sparse.of(np.dtype("int8"), (1, 1, 2, 2), {3: 1})
    header, payload = protocol.sparse_question(SparseCall("max_forward", {"x": x}, (1, 1), (1, 1)))
    section = PAGE.split("\n## sparse\n")[1].split("\n## ")[0]
    assert all(f"`{key}`" in section for key in {*header, *header["arrays"][0], "law", "case", "limit"} - {"type"})
    assert [len(part) for part in payload] == [8, 1]
    assert f"more than {worker.MOST_LISTED:,} only the first" in section
    assert f"for every {isolated.BYTES_A_TIMEOUT >> 20} MiB" in PAGE


def test_the_page_lists_the_classes_of_refusals_and_internal_errors():
    rows = dict.fromkeys(re.findall(r"^\| (refusal|internal error) \| (`.*) \|$", PAGE, re.MULTILINE))
    (refusing, deliberate), (_, internal) = rows
    assert refusing == "refusal"
    assert re.findall(r"`([\w.]+)`", deliberate) == list(refusals.DELIBERATE)
    assert re.findall(r"`([\w.]+)`", re.sub(r"\(.*?\)", "", internal)) == list(refusals.INTERNAL)


def test_the_worker_is_written_for_python_3_7_and_needs_numpy_alone():
    text = Path(worker.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) == {"numpy"}
    later = r"removeprefix|removesuffix|math\.prod|strict=|functools\.cache\b"
    assert not re.search(later, text)


@pytest.mark.parametrize("name", ["Header", "Memory", "Question"])
def test_what_runs_when_the_worker_is_imported_subscripts_nothing_that_python_3_7_cannot(name):
    tree = ast.parse(Path(worker.__file__).read_text(encoding="utf-8"))
    [value] = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name
    ]
    used = {node.value.id for node in ast.walk(value) if isinstance(node, ast.Subscript)}
    assert used <= {"Dict", "Tuple", "Union"}
