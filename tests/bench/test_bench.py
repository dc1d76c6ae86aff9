"""The bench: everything it times gives the right answers, and its arithmetic, tables, report and picture are right.

Nothing here asserts how long anything takes.
"""

import importlib.util
import json
from dataclasses import replace
from functools import partial
from itertools import groupby

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties import oracle
from poolproof.properties.bench import laws, methods, plot, record, rivals, start, text, trial, workloads
from poolproof.properties.bench.answers import right
from poolproof.properties.bench.methods import BoundWay, Lacking, Way
from poolproof.properties.bench.rounds import Spread, Timing, race, ratios, spread
from poolproof.properties.bench.run import Bench
from poolproof.properties.bench.workloads import SERIES, WORKLOADS, Series, chosen, written
from poolproof.properties.doors.cli import main
from selection import slow

pytestmark = pytest.mark.once

SMALL = [
    "2x3x6x6,F2,max,float64",
    "2x3x7x8,F3x2,S2x1,max,float64",
    "1x2x9x7,F3,S1,max,float32",
    "2x1x5x6,F2,S3,max,float32",
    "2x3x6x6,F2,mean,float64",
    "2x3x7x8,F3x2,S2x1,mean,float64",
    "1x2x9x7,F3,S1,mean,float32",
    "2x1x5x6,F2,S3,mean,float32",
]
TINY = "1x1x4x4,F2"
every_small = pytest.mark.parametrize("work", [written(each) for each in SMALL], ids=str)


def bench(*words, rounds=2, threads=(1,), libraries=()):
    """A run of the bench, and the lines that it printed."""
    places = [*map(trial.of_threads, threads)]
    run, said = Bench(chosen(words), rounds, places, dict.fromkeys(libraries, "1.0")), []
    run.run(said.append)
    return run, said


def answers_of(way, work, threads=1):
    """y and dx of a method; dx is None if it is forward only."""
    method = way.make(work, *work.inputs(), threads)
    y, kept = method.forward()
    y = np.array(method.array(y))
    return y, None if method.backward is None else method.array(method.backward(kept))


def by_oracle(work):
    """The exact y and dx: arrays for a maximum forward, otherwise with bounds."""
    x, dy = work.inputs()
    window = (work.size, work.stride)
    return getattr(oracle, f"{work.kind}_forward")(x, *window), getattr(oracle, f"{work.kind}_backward")(dy, x, *window)


def correct(got, expected):
    """Whether a result is what the oracle allows, rounded to its dtype."""
    if isinstance(expected, np.ndarray):
        return np.array_equal(got, expected)
    return got.shape == expected.value.shape and expected.allows(got.astype(expected.dtype)).all()


# The workloads.


def test_the_named_workloads_are_those_of_the_document_and_of_usual_networks():
    assert str(WORKLOADS["W1"]) == "max 64x3x28x28 float64 F2 S2"
    assert {each.output[2:] for each in WORKLOADS.values()} == {
        (14, 14),
        (27, 27),
        (56, 56),
        (1, 1),
        (114, 114),
        (2, 2),
    }


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["W5"], ["W5"]),
        (["W3*"], ["W3", "W3-mean"]),
        (["W5", "W1", "W5"], ["W5", "W1"]),
        (["window-max", "2x3x6x6,F2"], ["window-max", "2x3x6x6,F2"]),
        ([], [*WORKLOADS, *SERIES]),
    ],
)
def test_words_choose_workloads(words, names):
    assert [each.name for each in chosen(words)] == names


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("64x3x28x28,F2", "max 64x3x28x28 float32 F2 S2"),
        ("2x3x6x7,F2x3", "max 2x3x6x7 float32 F2x3 S2x3"),
        ("2x3x6x6,float64,S1,mean,F3", "mean 2x3x6x6 float64 F3 S1"),
    ],
)
def test_a_workload_is_written_as_its_shape_and_window(word, meant):
    assert str(written(word)) == meant


WRONG = {
    "window-mx": "unknown workload 'window-mx'; did you mean 'window-max'., or write one as 64x3x28x28,F2,S2",
    "64x3x28,F2": "workload '64x3x28,F2': '64x3x28' should be four numbers of at least 1, N x C x H x W",
    "64x0x28x28,F2": "workload '64x0x28x28,F2': '64x0x28x28' should be four numbers of at least 1, N x C x H x W",
    "2x3x6x6": "workload '2x3x6x6' should have a window: F2, or F2x3",
    "2x3x6x6,F0": "'F0' should be F2 or F2x3, S2 or S2x3, max, mean, float32 or float64",
    "2x3x6x6,F2,median": "'median' should be F2 or F2x3",
    "2x3x6x6,F7": "workload '2x3x6x6,F7': size=.7, 7.: size.0. should be at most 6, the height of x",
    "1x1x5000x5000,F2": "H.W should be at most 16,777,216",
}


@pytest.mark.parametrize("word", WRONG)
def test_a_wrong_workload_is_one_clear_line(word, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["bench", word])
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("word", "message"), WRONG.items())
def test_a_wrong_workload_is_told_what_would_be_right(word, message):
    with pytest.raises(workloads.Unusable, match=message):
        written(word)


@every_small
def test_inputs_are_the_same_every_time_and_without_ties(work):
    x, dy = work.inputs()
    assert x.shape == work.shape
    assert dy.shape == work.output
    assert x.dtype == dy.dtype == work.dtype
    assert x.flags.c_contiguous
    assert all(len(set(plane.flat)) == plane.size for plane in x.reshape(-1, *x.shape[2:]))
    assert all(np.array_equal(*pair) for pair in zip((x, dy), work.inputs(), strict=True))


def test_bytes_and_work_are_counted():
    work = written("2x3x6x6,F3,S1,float64")
    assert work.taps == 2 * 3 * 4 * 4 * 9
    assert work.moved == {"forward": 8 * 6 * (36 + 16), "backward": 8 * 6 * (36 + 16), "both": 16 * 6 * (36 + 16)}


# The answers of all methods.


@slow
@every_small
@pytest.mark.parametrize("threads", [1, 2])
def test_every_way_of_ours_and_of_the_textbook_is_right(work, threads):
    x, dy = work.inputs()
    expected = by_oracle(work)
    for way in methods.own(work.kind, threads):
        y, dx = answers_of(way, work, threads)
        assert correct(y, expected[0]), way.name
        assert correct(dx, expected[1]), way.name
        if way.exact:
            assert np.array_equal(y, getattr(naive, f"{work.kind}_forward")(x, work.size, work.stride))
            assert np.array_equal(dx, getattr(naive, f"{work.kind}_backward")(dy, x, work.size, work.stride))


@pytest.mark.parametrize(("kind", "number"), [("max", 6), ("mean", 4)])
def test_a_maximum_is_timed_in_both_forms_and_a_mean_in_its_one(kind, number):
    assert len({(way.name, way.form) for way in methods.own(kind, 1)}) == number


@pytest.mark.parametrize("library", rivals.RIVALS)
@every_small
def test_every_library_is_right_where_it_is_installed(library, work):
    if library not in rivals.installed():
        pytest.skip(f"{library} is not installed")
    expected = by_oracle(work)
    for way in rivals.rivals([library], work.kind):
        try:
            answers = answers_of(way, work)
        except Lacking as lacking:
            pytest.skip(str(lacking))
        for got, each in zip(answers, expected, strict=True):
            assert got is None or correct(got, each)


def test_a_textbook_column_matrix_beyond_memory_is_not_tried():
    work = WORKLOADS["W4-max"]
    with pytest.raises(Lacking, match=r"would need a column matrix of 3.0 GB"):
        methods.textbook_columns(work, None, None, 1)


# What counts as right.


@every_small
def test_what_others_may_be_off_by_is_twice_the_bound_of_the_oracle(work):
    answers = right(work, *work.inputs())
    y, dx = by_oracle(work)
    pairs = [(answers.dx_slack, dx.bound)] + ([(answers.y_slack, y.bound)] if work.kind == "mean" else [])
    for slack, bound in pairs:
        # Sums of float64 and their products are a few units off the exact bound.
        used = bound > 0
        np.testing.assert_array_max_ulp(slack[used], 2 * bound[used].astype(np.float64), maxulp=16)
    assert work.kind == "mean" or not answers.y_slack.any()


def test_a_single_share_must_be_exact():
    work = written("2x3x6x6,F2,S2,mean,float32")
    assert not right(work, *work.inputs()).dx_slack.any()


def test_ours_must_be_equal_and_others_within_their_bound():
    work = written("2x3x7x7,F3,S1,mean,float32")
    answers = right(work, *work.inputs())
    near = np.nextafter(answers.y, np.float32(np.inf))
    assert answers.complaint("y", answers.y, exact=True) == ""
    assert answers.complaint("y", near, exact=False) == ""
    assert answers.complaint("y", near, exact=True).endswith(f"({near.size} of {near.size} differ)")
    assert "y[0,0,0,0] = " in answers.complaint("y", answers.y * np.float32(1.001), exact=False)


def test_a_nan_is_within_no_bound():
    work = written(TINY)
    answers = right(work, *work.inputs())
    assert answers.complaint("y", np.full_like(answers.y, np.nan), exact=False)


def test_a_wrong_shape_is_told():
    work = written(TINY)
    said = right(work, *work.inputs()).complaint("dx", np.zeros((1, 1, 2, 2)), exact=False)
    assert said == "dx.shape = (1, 1, 2, 2), but should be (1, 1, 4, 4)"


# Libraries that are wrong, raise, or cannot be asked.


def as_library(monkeypatch, make):
    """Make `make` bind the only library there is."""
    monkeypatch.setattr(rivals, "RIVALS", {"torch": [("rival", methods.REMEMBERED, make, "")]})


def pooling(work, x, dy, _):
    """A correct rival, made from the naive kernel."""
    return BoundWay(
        lambda: (naive.max_forward(x, work.size, work.stride), x),
        lambda kept: naive.max_backward(dy, kept, work.size, work.stride),
    )


def wrong_forward(*given):
    return replace(pooling(*given), forward=lambda: (np.zeros((1, 1, 2, 2)), given[1]))


def wrong_backward(*given):
    return replace(pooling(*given), backward=np.zeros_like)


def forward_only(*given):
    return replace(pooling(*given), backward=None)


def raising(*_):
    raise RuntimeError("no such pooling\nat all")


def lacking(*_):
    raise Lacking("has no max of float32")


def line_of(said):
    return next(line for line in said if line.startswith("rival")).split(maxsplit=2)[2]


FAILING = {
    wrong_forward: "WRONG: y[0,0,0,0] = ",
    wrong_backward: "WRONG: dx[0,0,",
    raising: "WRONG: RuntimeError: no such pooling",
}


@slow
@pytest.mark.parametrize(("make", "message"), FAILING.items())
def test_a_library_that_fails_is_told_and_not_timed(make, message, monkeypatch):
    as_library(monkeypatch, make)
    run, said = bench(TINY, libraries=["torch"])
    assert line_of(said).startswith(message)
    row = record.document(run)["workloads"][0]["trials"][0]["rows"][-1]
    assert row["failed"]
    assert row["passes"] == {}
    assert run.failed


@slow
def test_what_a_library_lacks_is_no_failure(monkeypatch):
    as_library(monkeypatch, lacking)
    run, said = bench(TINY, libraries=["torch"])
    assert line_of(said) == "not timed: has no max of float32"
    assert not run.failed


@slow
def test_a_right_library_is_timed(monkeypatch):
    as_library(monkeypatch, pooling)
    run, _ = bench(TINY, libraries=["torch"])
    assert set(run.measured[written(TINY)][0].rows[-1].timings) == set(trial.PASSES)


@slow
def test_a_library_without_backward_is_timed_forward_only(monkeypatch):
    as_library(monkeypatch, forward_only)
    run, _ = bench(TINY, libraries=["torch"])
    assert set(run.measured[written(TINY)][0].rows[-1].timings) == {"forward"}


@slow
@pytest.mark.parametrize(("make", "status"), [(pooling, 0), (wrong_backward, 1)])
def test_the_status_tells_whether_all_were_right(make, status, monkeypatch, capsys):
    as_library(monkeypatch, make)
    monkeypatch.setattr(rivals, "installed", lambda: {"torch": "1.0"})
    assert main(["bench", TINY, "--rounds", "1", "--threads", "1"]) == status


@pytest.mark.parametrize(
    ("named", "message"),
    [("tourch", "unknown library 'tourch'; did you mean 'torch'?"), ("jax", "jax is not installed: pip install jax")],
)
def test_a_library_that_cannot_be_measured_is_told(named, message, monkeypatch, capsys):
    monkeypatch.setattr(rivals, "installed", lambda: {"torch": "1.0"})
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--libraries", named])
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"poolproof bench: {message}\n"


# Rounds and ratios.


def test_all_take_turns_in_every_round_there_and_back():
    order = []
    entries = [(partial(order.append, name), Timing(1)) for name in "ab"]
    race(entries, 3)
    assert [name for name, _ in groupby(order)] == ["a", "b", "a", "b"]
    assert all(timing.seconds.keys() == {0, 1, 2} for _, timing in entries)


@pytest.mark.parametrize(
    ("seconds", "rounds"), [(0.4, [0, 1, 2, 3, 4, 5, 6, 7, 8]), (0.6, [0, 2, 4, 6, 8]), (1.2, [0, 3, 6]), (60, [0])]
)
def test_the_slower_a_call_the_fewer_rounds_it_takes_part_in(seconds, rounds):
    assert [number for number in range(9) if taken(Timing(seconds), number)] == rounds


def taken(timing, number):
    """Whether a timing takes part in a round."""
    timing.turn(int, number)
    return number in timing.seconds


def test_what_only_compiled_at_first_is_not_slow():
    timing = Timing(60)
    race([(int, timing)], 5)
    assert timing.seconds.keys() == set(range(5))


def test_quick_calls_are_repeated():
    calls = []
    Timing(0.002).turn(lambda: calls.append(1), 0)
    assert len(calls) == 1 + 5


def test_a_ratio_is_taken_round_by_round():
    above, below = Timing(1, seconds={0: 2.0, 1: 30.0, 2: 4.0, 3: 99.0}), Timing(1, seconds={0: 1.0, 1: 10.0, 2: 4.0})
    assert ratios(above, below) == Spread(2.0, 1.5, 2.5, 3)
    assert ratios(above, below, 2.0) == Spread(4.0, 3.0, 5.0, 3)
    assert ratios(above, Timing(1)) is None


@pytest.mark.parametrize(
    ("numbers", "expected"), [([], None), ([3.0], (3.0, 3.0, 3.0, 1)), ([4.0, 1.0, 3.0, 2.0, 5.0], (3.0, 2.0, 4.0, 5))]
)
def test_a_spread_is_the_median_with_the_quartiles(numbers, expected):
    assert spread(numbers) == expected


def test_a_copy_in_threads_copies_everything():
    for threads in (1, 2, 9):
        x, target = np.arange(6.0).reshape(1, 2, 3, 1), np.zeros((1, 2, 3, 1))
        trial.copying(x, target, threads)()
        assert np.array_equal(target, x)


# Tables.


def way(name, form="", remark=""):
    return Way(name, form, None, remark=remark)


def timings(**seconds):
    return {which: Timing(1, seconds=dict(enumerate(each))) for which, each in seconds.items()}


@pytest.fixture
def done():
    """A trial that has been timed."""
    rows = [
        trial.Row(
            way("compiled", "remembered"), timings=timings(forward=[2e-3] * 2, backward=[1e-3] * 2, both=[3e-3] * 2)
        ),
        trial.Row(
            way("compiled", "stateless"), timings=timings(forward=[1e-3] * 2, backward=[2e-3] * 2, both=[3e-3] * 2)
        ),
        trial.Row(
            way("torch", "remembered"), timings=timings(forward=[4e-3, 8e-3], backward=[1e-3] * 2, both=[9e-3] * 2)
        ),
        trial.Row(way("onnxruntime", "stateless", "r"), timings=timings(forward=[1.5e-4] * 2)),
        trial.Row(way("openvino", "stateless", "r"), "has no max of float64"),
        trial.Row(way("jax", "stateless"), "y[0,0,0,0] = 1.0, but should be 2.0 (1 of 4 differ)", failed=True),
    ]
    work = written("8x8x64x64,F2,float64")
    return trial.TimedTrial(work, 2, rows, timings(forward=[1e-3] * 2, backward=[1e-3] * 2, both=[1e-3] * 2))


TABLE = """
2 threads; a copy of x moves 4.2 GB/s
                                forward                     backward                         both
compiled         remembered     2.00 ms   1.00 ±0.00   31%   1.00 ms   1.00 ±0.00   62%   3.00 ms   1.00 ±0.00   42%
compiled         stateless      1.00 ms   1.00 ±0.00   62%   2.00 ms   1.00 ±0.00   31%   3.00 ms   1.00 ±0.00   42%
torch            remembered     6.00 ms   3.00 ±0.50   12%   1.00 ms   1.00 ±0.00   62%   9.00 ms   3.00 ±0.00   14%
onnxruntime      stateless  r    150 us   0.15 ±0.00  417%         -                            -
openvino         stateless  r not timed: has no max of float64
jax              stateless    WRONG: y[0,0,0,0] = 1.0, but should be 2.0 (1 of 4 differ)
"""


def test_a_table_has_times_ratios_spreads_and_shares(done):
    assert "\n".join(text.table(done)) == TABLE.strip("\n")


def test_bandwidth_is_told_of_no_small_x(done):
    done.work = written("1x1x8x8,F2")
    said = list(text.table(done))
    assert said[0] == "2 threads"
    assert not any("%" in line for line in said)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(2.5, "2.50 s"), (12.0, "12.0 s"), (123.4, "123 s"), (0.0567, "56.7 ms"), (3.1e-6, "3.10 us"), (4e-7, "400 ns")],
)
def test_a_duration_has_three_digits(seconds, shown):
    assert text.duration(seconds) == shown


def series_of(*seconds):
    """A series of two places and one method, with the seconds for each place in three rounds."""
    works = [written(f"1x1x8x8,F{f},S{f}") for f in (2, 3)]
    rows = [[trial.Row(way("compiled", "remembered"), timings=timings(both=each))] for each in seconds]
    placed = [replace(work, place=f) for work, f in zip(works, (2, 3), strict=True)]
    trials = [trial.TimedTrial(work, 1, row) for work, row in zip(placed, rows, strict=True)]
    return Series("window", "F", tuple(works)), trials


def test_growth_is_that_of_time_over_that_of_work():
    _, trials = series_of([64.0, 64.0, 64.0], [36.0, 72.0, 144.0])
    assert [each.work.taps for each in trials] == [64, 36]
    assert trial.growth([each.rows[0] for each in trials], trials) == [None, Spread(2.0, 1.5, 3.0, 3)]


@pytest.mark.parametrize(("after", "marks"), [([36.0, 72.0, 144.0], 1), ([30.0, 40.0, 144.0], 0), ([36.0] * 3, 0)])
def test_what_grew_faster_than_its_work_is_marked(after, marks):
    series, trials = series_of([64.0, 64.0, 64.0], after)
    assert "\n".join(text.curve(series, trials)).count("^") == marks


def test_a_place_that_was_not_timed_is_told_beside_the_others():
    series, trials = series_of([64e-9] * 3, [36e-9] * 3)
    trials[1].rows[0] = trial.Row(way("compiled", "remembered"), "would need a column matrix of 3.0 GB")
    line = list(text.curve(series, trials))[-1]
    assert line.split(maxsplit=4) == [
        "compiled",
        "remembered",
        "1",
        "-",
        "not timed: would need a column matrix of 3.0 GB",
    ]


# The whole run.


@pytest.fixture
def small_series(monkeypatch):
    """A series of two places, instead of the usual ones, which take long."""
    points = {f: written(f"1x1x8x8,F{f}") for f in (2, 3)}
    monkeypatch.setitem(workloads.SERIES, "window-max", workloads.series("window-max", "F", points))
    return "window-max"


@slow
def test_every_workload_and_series_is_told_with_a_legend(small_series):
    _, said = bench(TINY, small_series, threads=(1, 2))
    assert f"{TINY}: max 1x1x4x4 float32 F2 S2" in said
    assert {"1 thread", "2 threads"} <= set(said)
    assert f"{small_series}, ns for each cell of each window, forward and backward, 1 thread" in said
    assert said[-1] == text.LEGEND[-1]


def refuse(name):
    raise AssertionError(f"{name} is not JSON")


def reported(folder, *words):
    """The exit status of a run, and the JSON that it wrote."""
    status = main(["bench", *words, "--rounds", "2", "--libraries", "", "--json", str(folder / "bench.json")])
    return status, json.loads((folder / "bench.json").read_text(), parse_constant=refuse)


@slow
def test_the_report_has_everything_and_a_version(tmp_path, small_series, capsys):
    status, report = reported(tmp_path, TINY, small_series, "--threads", "1")
    assert status == 0
    assert (report["schema"], report["partial"]) == (1, False)
    assert {"python", "numpy", "numba", "poolproof", "processor", "cpus", "load", "libraries", "rounds"} <= set(
        report["environment"]
    )
    (work,) = report["workloads"]
    assert work["shape"] == [1, 1, 4, 4]
    assert work["size"] == work["stride"] == [2, 2]
    assert (work["name"], work["kind"], work["dtype"], work["taps"]) == (TINY, "max", "float32", 16)
    (timed,) = work["trials"]
    assert timed["threads"] == 1
    assert len(timed["rows"]) == 7
    for row in timed["rows"]:
        assert (row["reason"], row["failed"]) == ("", False)
        for which in trial.PASSES:
            measured = row["passes"][which]
            assert set(measured["seconds"]) == {"0", "1"}
            assert all(each > 0 for each in measured["seconds"].values())
            assert measured["ratio"]["low"] <= measured["ratio"]["median"] <= measured["ratio"]["high"]
    (series,) = report["series"]
    assert [point["place"] for point in series["points"]] == [2, 3]
    assert all(len(row["growth"]) == 2 for row in series["growth"])


class Stopping:
    """A rival that raises Ctrl-C at its `last` call."""

    def __init__(self, last):
        self.left = last

    def __call__(self, *given):
        method = pooling(*given)

        def forward():
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return method.forward()

        return replace(method, forward=forward)


@slow
@pytest.mark.parametrize("last", [1, 4, 20])
def test_an_interrupted_run_tells_and_writes_what_there_is(last, tmp_path, monkeypatch, capsys):
    as_library(monkeypatch, Stopping(last))
    monkeypatch.setattr(rivals, "installed", lambda: {"torch": "1.0"})
    file = tmp_path / "bench.json"
    assert main(["bench", "W5", TINY, "--rounds", "2", "--threads", "1", "--json", str(file)]) == 130
    report = json.loads(file.read_text())
    assert report["partial"]
    assert [each["name"] for each in report["workloads"]] == ["W5"]
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "interrupted: what was measured until then (partial)"
    assert any(line.startswith("compiled") for line in said) == (last > 3)


def test_a_plot_without_matplotlib_is_refused_before_anything_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(plot, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        main(["bench", TINY, "--plot", "bench.png"])
    said = capsys.readouterr()
    assert said.err == "poolproof bench: --plot needs matplotlib: pip install 'poolproof[plot]'\n"
    assert said.out == ""


needs_matplotlib = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed; tox -e bench has it"
)


@needs_matplotlib
@pytest.mark.parametrize(("words", "beginning"), [([TINY], b"\x89PNG"), (["window-max"], b"\x89PNG")])
def test_a_picture_is_drawn(words, beginning, tmp_path, small_series, capsys):
    file = tmp_path / "bench.png"
    assert main(["bench", *words, "--rounds", "2", "--libraries", "", "--plot", str(file)]) == 0
    assert file.read_bytes().startswith(beginning)


@needs_matplotlib
def test_a_picture_of_an_unknown_kind_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["bench", TINY, "--plot", "bench.doc"])
    assert "--plot 'bench.doc' should end in one of " in capsys.readouterr().err


ALONE = "is a measurement of its own, without WORKLOAD, --device, --libraries, --json or --plot"
REFUSED = {
    "--threads 0": "argument --threads: '0' should be at least 1",
    "--rounds x": "argument --rounds: 'x' should be a whole number of at least 0",
    "--repeats 3": "--repeats is the number of passes of --document; without that it should be left out",
    "--document W1": f"--document {ALONE}",
    "--overhead --json x": f"--overhead {ALONE}",
    "--start --plot x.png": f"--start {ALONE}",
    "--document --device cuda": f"--document {ALONE}",
    "--device cuda --threads 1": "argument --threads: not allowed with argument --device",
    "--device cuda --libraries jax": "unknown library 'jax'; there are: torch",
    "--laws --repeats 3": "--repeats is the number of passes of --document; without that it should be left out",
}


@pytest.mark.parametrize(("words", "message"), REFUSED.items())
def test_options_that_cannot_be_heeded_are_refused(words, message, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["bench", *words.split()])
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"poolproof bench: {message}\n"


def test_the_documents_measurement_says_that_all_kernels_agree(capsys):
    assert main(["bench", "--document", "--repeats", "2"]) == 0
    assert {"forward: True", "backward: True"} <= set(capsys.readouterr().out.splitlines())


@slow
def test_the_start_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(start, "ROUNDS", 1)
    monkeypatch.setattr(start, "DTYPES", {"max_forward": ("int64",)})
    monkeypatch.setattr(start, "WINDOWS", {"separate.py": (2, 2, 0)})
    assert main(["bench", "--start"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:26].strip() for line in lines[1:5]] == [
        "import numpy",
        "import poolproof.kernels a",
        "import numba after numpy",
        "compiled's first call, cac",
    ]
    name, function, seconds = lines[-1].split()
    assert (name, function) == ("separate.py", "max_forward")
    # Compiling takes longer than a call; with a filled cache this would be about 0.
    assert float(seconds) > 0.05


@slow
def test_cases_a_second_are_measured_law_by_law(monkeypatch, capsys):
    monkeypatch.setattr(laws, "ROUNDS", 1)
    monkeypatch.setattr(laws, "EXAMPLES", 2)
    monkeypatch.setattr(laws, "LAWS", {name: laws.LAWS[name] for name in ("max-value", "mean-exact", "agreement")})
    assert main(["bench", "--laws"]) == 0
    _, _, head, *rows, last = capsys.readouterr().out.splitlines()
    assert head.split() == ["law", "Hypothesis", "generator", "drawing", "target", "law"]
    # The law for the reference kernels alone is not part of a run.
    assert {row.split()[0] for row in rows} == {"max-value", "mean-exact"}
    for row in (*rows, last):
        *rates, drawing, target, rest = row.split()[-6:]
        assert all(float(rate.replace(",", "")) > 0 for rate in rates)
        shares = drawing, target, rest
        # Three shares, each rounded to a whole percent.
        assert abs(sum(float(share.rstrip("%")) for share in shares) - 100) <= 1.5
