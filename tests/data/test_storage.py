"""Large arrays are stored beside the report, and read back from there."""

import os

import numpy as np
import pytest
from edges import edges, identical
from msgspec import convert, to_builtins
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties.data import storage
from poolproof.properties.data.arrays import stored
from poolproof.properties.data.typed import decoded
from poolproof.properties.doors.cli import main
from poolproof.properties.results import Report
from sample import CASE, COUNTEREXAMPLE, LAW, REPORT, TARGET
from selection import slow
from shell import check, poolproof


def large(dtype="float64", cells=3000):
    """Numbers that no recipe describes and that can hardly be compressed."""
    source = np.random.default_rng(0)
    whole = np.dtype(dtype).kind in "biu"
    numbers = source.integers(0, 2 if dtype == "bool" else 120, cells) if whole else source.standard_normal(cells)
    return numbers.astype(dtype).reshape(1, 1, 1, cells)


def report_with(x):
    """A report whose case and call have this x and windows of one cell."""
    pooled, dy, window = (
        to_builtins(stored(x)),
        to_builtins(stored(np.zeros(x.shape))),
        {"size": [1, 1], "stride": [1, 1]},
    )
    case = {**CASE, "x": pooled, "dy": dy, **window}
    call = {**COUNTEREXAMPLE["calls"][0], "args": {"x": pooled}, **window}
    law = {**LAW, "counterexample": {**COUNTEREXAMPLE, "case": case, "calls": [call]}}
    return convert({**REPORT, "targets": [{**TARGET, "laws": [law]}]}, Report)


def write(report, file="report.json"):
    """Write a report as the doors do."""
    text = storage.report_text(file, lambda: report)
    with open(file, "w") as sink:
        sink.write(text)
    return text


def case_in(report):
    """The case of the only counterexample."""
    return report.targets[0].laws[0].counterexample.case


@pytest.mark.parametrize("dtype", ORDERED)
def test_a_large_array_of_every_dtype_is_read_back(dtype, here):
    x = large(dtype, 60_000)
    x.reshape(-1)[:13] = np.resize(edges(dtype), 13)
    text = write(report_with(x))
    assert len(text) < 10_000
    assert case_in(decoded(text, Report)).x.beside is True
    again = storage.completed(decoded(text, Report), "report.json")
    assert identical(case_in(again).x.array(), x)


def test_an_array_is_stored_once_under_its_digest(here):
    x = large()
    write(report_with(x))
    with np.load("report.arrays.npz") as stored:
        (name,) = stored.files
        np.testing.assert_array_equal(stored[name], x)
    assert name == case_in(decoded((here / "report.json").read_text(), Report)).x.sha256


def test_a_report_with_small_arrays_has_no_file_beside_it(here):
    write(report_with(large(cells=10)))
    assert os.listdir() == ["report.json"]


def test_a_pipe_keeps_its_arrays():
    text = storage.report_text("/dev/stdout", lambda: report_with(large()))
    assert identical(case_in(decoded(text, Report)).x.array(), large())


def test_a_report_is_replayed_with_its_arrays(here, capsys):
    write(report_with(large()))
    assert main(["replay", "report.json"]) == 0
    assert "max-value on naive: holds now" in capsys.readouterr().out


def spoiled(how):
    """Damage the file beside the report."""
    name = "report.arrays.npz"
    if how == "missing":
        os.remove(name)
    elif how == "text":
        with open(name, "w") as sink:
            sink.write("no arrays")
    elif how == "another":
        np.savez(name, x=np.zeros(3))
    else:
        with np.load(name) as stored:
            changed = {key: stored[key] + 1 for key in stored.files}
        np.savez(name, **changed)


@pytest.mark.parametrize("how", ["missing", "text", "another", "changed"])
def test_without_its_arrays_a_case_cannot_be_replayed(how, here, capsys):
    write(report_with(large()))
    spoiled(how)
    assert main(["replay", "report.json"]) == 0
    said = "max-value on naive: cannot be replayed, the file with its arrays is not beside the report"
    assert said in capsys.readouterr().out


@slow
def test_a_check_writes_both_files(tmp_path):
    (tmp_path / "late.py").write_text(
        "from poolproof.kernels.img2col import max_indices as right\n"
        "def max_indices(x, size, stride):\n"
        "    return right(x, size, stride) + (len(set(x.ravel().tolist())) > 1500)\n"
    )
    # Known failures are not shrunk.
    known = '[[known]]\ntarget = "late.py"\nlaw = "max-index"\nreason = "too late"\n'
    (tmp_path / "known.toml").write_text(known)
    words = ["--laws", "max-index", "--known", "known.toml", "--json", "report.json"]
    status, said = check(tmp_path, "late.py", *words)
    assert status == 0, said
    assert (tmp_path / "report.arrays.npz").exists()
    assert (tmp_path / "report.json").stat().st_size < 20_000
    status, said = poolproof(tmp_path, "replay", "report.json", "--yes")
    assert (status, said.splitlines()[0]) == (1, "max-index on late.py: still broken, known: too late")
