"""The page about installing: it has the size of every extra, and systems refuse what they cannot do."""

import os
import re
import sys

import weight
from places import ROOT
from selection import once
from shell import called, kernels_in

pytestmark = once

PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_every_extra_has_its_weight():
    assert weight.extras() == ["bfloat16", "cluster", "cuda", "docs", "onnx", "plot"]
    rows = re.findall(r"^\| ([^|]+) \| [\d,]+ \|$", PAGE, re.MULTILINE)
    assert rows == [weight.ALONE, *(f"`{extra}`" for extra in weight.extras())]


def answer(folder, *words):
    """The exit status of `poolproof check faulty.py`, and its output in one line."""
    status, said = called(kernels_in(folder), "check", "faulty.py", "-n", "0", *words)
    return status, " ".join(said.split())


def test_processes_of_their_own_are_refused_where_their_guard_cannot_run(monkeypatch, here):
    monkeypatch.delattr(os, "waitid")
    status, said = answer(here)
    assert status == 2
    assert "on Linux, and on macOS from Python 3.13; use --in-process" in said


def test_a_limit_of_memory_is_refused_where_there_is_none(monkeypatch, here):
    monkeypatch.setattr(sys, "platform", "darwin")
    status, said = answer(here, "--memory", "1G")
    assert status == 2
    assert "memory can be limited on Linux only" in said
