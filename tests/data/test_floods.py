"""Whatever a target says or returns, text is safe to print, results can be passed on, memory and output are bounded."""

import json
import tracemalloc
from types import SimpleNamespace

import execnet
import numpy as np
import pytest
from edges import edges, identical
from msgspec import UNSET, convert
from places import ROOT
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties import results
from poolproof.properties.cases.case import Case
from poolproof.properties.contract import MOST_WARNINGS
from poolproof.properties.data import arrays, storage, text
from poolproof.properties.data.arrays import StoredArray
from poolproof.properties.data.errors import UNREADABLE
from poolproof.properties.data.typed import decoded, encoded
from poolproof.properties.doors.plugin import PROPERTY, result_in
from poolproof.properties.failures import messages
from poolproof.properties.failures.messages import describe
from poolproof.properties.failures.types import Broken
from poolproof.properties.lawbook import LAWS
from poolproof.properties.lawbook.pool import Pool
from poolproof.properties.remote.worker import MOST_TEXT
from poolproof.properties.report.render import declarations
from poolproof.properties.results import Counterexample, Result, stored
from poolproof.properties.run import trial
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets import history
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from selection import once, once_but, slow
from shell import check, poolproof

WINDOW = Call("max_forward", {"x": np.arange(6.0).reshape(1, 1, 2, 3)}, (2, 2), (1, 1))
HOWS = pytest.mark.parametrize("how", [None, Isolation()], ids=["in-process", "isolated"])


@pytest.fixture
def at_once(monkeypatch):
    """Failures are not shrunk in tests that are not about shrinking."""
    monkeypatch.setattr(trial, "SHRINKING", dict.fromkeys(trial.SHRINKING, 0.0))


def written(folder, body, before=""):
    """A target whose max_forward has this body, after the smoke test's call."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    file = folder / "kernel.py"
    file.write_text(
        f"import os, sys\nimport numpy as np\n{before}\ndef max_forward(x, size, stride):\n"
        f"    if x.shape == (1, 1, 2, 2) and size == (2, 2): return x[:, :, :1, :1].copy()\n{lines}\n",
        encoding="utf-8",
    )
    return str(file)


# Text.

CLEANED = {
    "as it is": ("d\u00e9j\u00e0 vu", "d\u00e9j\u00e0 vu"),
    "lone surrogate": ("caf\udce9", r"caf\udce9"),
    "forged line": ("no\nmax-value: holds\r", r"no\nmax-value: holds\r"),
    "terminal": ("\x1b[2J\x9b1m\a\0", r"\x1b[2J\x9b1m\x07\x00"),
    "direction and width": ("a\u202eb\u200bc\ufeff", r"a\u202eb\u200bc\ufeff"),
    "line ends of Unicode": ("a\u2028b\u2029c\x85", r"a\u2028b\u2029c\x85"),
    "tag": ("\U000e0041", r"\U000e0041"),
}


@pytest.mark.parametrize(("said", "shown"), CLEANED.values(), ids=CLEANED)
def test_text_is_one_line_of_visible_characters(said, shown):
    assert text.cleaned(said) == shown


@pytest.mark.parametrize("letter", ["a", "\x1b", "\U000e0041"], ids=ascii)
@pytest.mark.parametrize("length", [MOST_TEXT, MOST_TEXT + 1, 10**7])
def test_text_is_never_longer_than_the_bound(letter, length):
    shown = text.cleaned(letter * length)
    assert len(shown) <= MOST_TEXT
    assert shown.endswith("...") == (letter != "a" or length > MOST_TEXT)


HOSTILE = """
class Silent(Exception):
    def __str__(self):
        raise ValueError("no words")
class Leaving(Exception):
    def __str__(self):
        sys.exit(3)
class Meta(type):
    __name__ = property(lambda self: 1 / 0)
class Nameless(Exception, metaclass=Meta):
    pass
class Code:
    def __repr__(self):
        raise ValueError("no words")
"""
SAID = {
    "surrogate": ("raise ValueError('caf\\udce9')", "error", r"ValueError: caf\udce9"),
    "forged line": ("raise ValueError('no\\n[1/1] holds')", "error", r"ValueError: no\n[1/1] holds"),
    "no text": ("raise Silent", "error", "Silent: (a text that cannot be made)"),
    "exit in its text": ("raise Leaving", "error", "Leaving: (a text that cannot be made)"),
    "no name": ("raise Nameless('it')", "error", "Nameless: it"),
    "endless text": ("raise ValueError('a' * 10**7)", "error", f"ValueError: {'a' * (MOST_TEXT - 15)}..."),
    "exit": ("sys.exit('\\udce9')", "exited", r"sys.exit('\udce9')"),
    "exit without text": ("sys.exit(Code())", "exited", "sys.exit((a text that cannot be made))"),
    "type": ("return type('a\\n' + 'b' * 10**7, (), {})()", "kind", rf"a\n{'b' * (MOST_TEXT - 6)}..."),
    "type without name": ("return Nameless()", "kind", "Nameless"),
    "dtype": (
        "return np.zeros(2, [('a\\n' + 'b' * 10**6, object)])",
        "kind",
        ("an array of dtype [('a\\n" + "b" * MOST_TEXT)[: MOST_TEXT - 3] + "...",
    ),
}


@pytest.mark.parametrize("how", once_but([None, Isolation()], None), ids=["in-process", "isolated"])
@pytest.mark.parametrize(("body", "name", "words"), SAID.values(), ids=SAID)
def test_what_a_target_says_is_cleaned_where_it_enters(tmp_path, how, body, name, words):
    answer = load(written(tmp_path, body, HOSTILE), how).ask(WINDOW)
    assert getattr(answer, name) == words


@HOWS
def test_names_are_cleaned_and_cut(tmp_path, how):
    names = "name = 'pool\\nmax-value: holds' + 'n' * 10**6\nversion = '\\udce9' * 10**6"
    target = load(written(tmp_path, "return x", names), how)
    assert target.name == r"pool\nmax-value: holds" + "n" * (text.MOST_NAME - 25) + "..."
    assert target.declared.version == (r"\udce9" * text.MOST_NAME)[: text.MOST_NAME - 3] + "..."


@HOWS
def test_wrong_declarations_are_shown_in_short(tmp_path, how):
    for wrong in (
        "dtypes = ('\\x1b' * 10**6,)",
        "ranks = 'a' * 10**6",
        "settings = {'\\n' * 10**6: ()}",
        "padding = 3",
    ):
        with pytest.raises(Exception, match=r"declaration (dtypes|ranks|settings|padding)") as refused:
            load(written(tmp_path, "return x", wrong), how)
        assert len(str(refused.value)) < 1000
        assert str(refused.value).isprintable()


@HOWS
def test_few_near_misses_are_printed(tmp_path, how):
    many = "\n".join(f"max_backwar{k} = 0" for k in "abcefghijklmnopqrstuvwxyz") + f"\n{'n' * 10**5} = 0"
    warnings = load(written(tmp_path, "return x", many), how).warnings
    assert len(warnings) == MOST_WARNINGS
    assert max(map(len, warnings)) < 200


@HOWS
def test_what_a_target_lacks_is_printed_in_short(tmp_path, how):
    lacks = "lacks = ['[!\\x1b]ean_*' + '*' * k for k in range(60)] * 100"
    line = declarations(load(written(tmp_path, "return x", lacks), how))
    assert line.isprintable()
    assert len(line) < 2 * MOST_TEXT


@HOWS
def test_an_error_of_loading_is_cleaned(tmp_path, how):
    with pytest.raises(Exception, match=r"cannot be imported: ValueError: caf\\udce9\\n") as refused:
        load(written(tmp_path, "return x", "raise ValueError('caf\\udce9\\n' + 'a' * 10**7)"), how)
    assert len(str(refused.value)) < 2 * MOST_TEXT


def test_last_words_are_cleaned(tmp_path):
    body = "os.write(2, b'\\x1b[2J caf\\xe9 \\0 end\\n')\nos._exit(3)"
    answer = load(written(tmp_path, body), Isolation()).ask(WINDOW)
    assert answer.error == "ended with exit status 3; it said: \\x1b[2J caf\ufffd \\x00 end"


def test_an_endless_line_on_standard_error_is_cut_and_the_line_after_it_is_kept(tmp_path):
    flood = "for _ in range(400):\n    os.write(2, b'x' * 10**5)\n"
    target = load(written(tmp_path, flood + "os.write(2, b'\\nthe end')\nos._exit(3)"), Isolation())
    assert target.ask(WINDOW).error == "ended with exit status 3; it said: the end"
    target = load(written(tmp_path, flood + "os._exit(3)"), Isolation())
    assert target.ask(WINDOW).error == "ended with exit status 3; it said: " + "x" * 197 + "..."


@slow
def test_a_file_name_that_is_not_utf_8_is_judged_in_another_process_and_replayed(tmp_path):
    name = "caf\udce9.py"
    (tmp_path / name).write_text("def max_forward(x, size, stride):\n    return x[:, :, :1, :1].copy()\n")
    words = ["--laws", "output-size", "--json", "report.json"]
    status, said = check(tmp_path, name, *words, n="1")
    assert status == 1, said
    assert "max_forward of caf\\udce9: y.shape = " in said
    assert poolproof(tmp_path, "replay", "--yes", "report.json")[0] == 1


@slow
def test_names_are_printed_where_the_terminal_lacks_their_letters(tmp_path):
    (tmp_path / "fixed.py").write_text(
        "from poolproof.kernels.naive import max_forward\nname = 'd\u00e9j\u00e0'\n", "utf-8"
    )
    status, said = check(tmp_path, "fixed.py", "--laws", "output-size", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert status == 0, said
    assert "\nd\\xe9j\\xe0: " in said


@slow
def test_a_target_is_judged_in_another_process_whatever_it_says(tmp_path):
    spec = written(tmp_path, "raise ValueError('caf\\udce9\\nmax-value: holds')")
    status, said = check(tmp_path, spec, "--laws", "output-size", n="1")
    assert status == 1, said
    assert "raised ValueError: caf\\udce9\\nmax-value: holds\n" in said


# Passing results on.

NUMBERS = {
    "int64": np.array([-(2**63), -(2**40), -(2**31) - 1, 2**31, 2**63 - 1]),
    "uint64": np.array([2**64 - 1], np.uint64),
    "float64": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308]),
    "bool": np.array([True, False]),
    "big-endian": np.array([1.5, -(2**40)], ">f8"),
}


def failure(got):
    """A counterexample that has only a wrong answer."""
    return Counterexample(seed=0, calls=[], message="", got=got)


def sent(result):
    """A result as another process receives it."""
    report = SimpleNamespace(
        user_properties=execnet.loads(execnet.dumps([(PROPERTY, result.as_text())])),
        when="call",
        nodeid="poolproof/properties::max-value[kernel.py]",
        failed=True,
        longrepr="",
    )
    return result_in(report)


@pytest.mark.parametrize("array", NUMBERS.values(), ids=NUMBERS)
def test_results_travel_with_every_number(array):
    got = trial.data(array, None)
    result = Result("caf\udce9.py", "max-value", "broken", counterexample=failure(got))
    assert sent(result) == result
    back = np.array(arrays.numbers(sent(result).counterexample.got), array.dtype)
    np.testing.assert_array_equal(back, array)
    assert str(back.tolist()) == str(array.tolist())


def test_numbers_wider_than_a_float_travel_as_text():
    thirds = np.array([1, 3], np.longdouble) / 3
    result = Result("kernel.py", "max-value", "broken", counterexample=failure(trial.data(thirds, None)))
    assert sent(result).counterexample.got == list(map(str, thirds))


@pytest.mark.parametrize("value", ["{", "[]", "3", "{}", '{"verdict": "fine"}', "[" * 10**5, None, 3, {"a": 1}])
def test_a_property_that_is_no_result_is_no_crash(value):
    report = SimpleNamespace(
        user_properties=[(PROPERTY, value)], when="call", nodeid="x::max-value[a.py]", failed=False, longrepr=""
    )
    found = result_in(report)
    assert (found.target, found.law, found.verdict) == ("a.py", "max-value", "not run")
    assert found.reason == "its result cannot be read"


@slow
def test_large_integers_are_judged_in_another_process(tmp_path):
    kernel = "y = naive.max_forward(x, size, stride)\nreturn y + (y < -2**31) if x.dtype == np.int64 else y"
    spec = written(tmp_path, kernel, "from poolproof.kernels import naive\ndtypes = ('float64', 'int64')")
    status, said = check(
        tmp_path, spec, "--laws", "max-value,output-size", "--json", "report.json", "--examples", "100", n="1"
    )
    assert status == 1, said
    report = json.loads((tmp_path / "report.json").read_text())
    value, size = sorted(report["targets"][0]["laws"], key=lambda law: law["law"])
    assert (value["verdict"], size["verdict"]) == ("broken", "holds")
    assert np.min(value["counterexample"]["expected"]) < -(2**31)


# Arrays in reports.


def through_json(array):
    """A stored array, written and read back."""
    return decoded(encoded(array), StoredArray)


@pytest.mark.parametrize("cells", [arrays.MOST_LISTED, arrays.MOST_LISTED + 1])
@pytest.mark.parametrize("dtype", ORDERED)
def test_arrays_are_read_back_from_a_report(dtype, cells):
    numbers = np.random.default_rng(0).integers(0, 100, cells)
    array = (numbers / 8 if np.dtype(dtype).kind not in "biu" else numbers).astype(dtype).reshape(1, 1, 1, cells)
    written = through_json(arrays.stored(array))
    again = written.array()
    assert (written.data is not UNSET) == (cells <= arrays.MOST_LISTED)
    assert (again.dtype, again.shape, again.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("dtype", ORDERED)
@pytest.mark.parametrize("special", [0, arrays.MOST_SPECIAL, arrays.MOST_SPECIAL + 1])
def test_one_value_with_few_others_is_read_back_from_a_report(dtype, special):
    array = np.full((2, 3, 20, 20), 7, dtype)
    array.reshape(-1)[:special] = np.resize(edges(dtype), special)
    written = through_json(arrays.stored(array))
    assert (written.full is not UNSET) == (special <= arrays.MOST_SPECIAL) or np.dtype(dtype).kind == "b"
    assert identical(written.array(), array)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "float16", "float64"])
def test_counted_numbers_are_read_back_from_a_report(dtype):
    array = np.arange(7, 2007).astype(dtype).reshape(1, 2, 10, 100)
    array[0, 1, 3, 4] = edges(dtype)[-1]
    written = through_json(arrays.stored(array))
    assert written.counted == 7
    assert identical(written.array(), array)


@pytest.mark.parametrize(
    "wrong",
    [
        {"full": 0},
        {"full": "x", "cells": []},
        {"full": 0, "cells": [[[0, 0, 0, 40], 1]]},
        {"full": 0, "cells": [[[0, 0, 0, -1], 1]]},
        {"full": 0, "cells": [[[0], 1]]},
        {"full": 0, "cells": [[[0, 0, 0, 0], []]]},
        {"full": 0, "cells": 3},
        {"counted": None, "cells": []},
        {"cells": []},
        {"full": 0, "cells": [], "shape": [1 << 20, 1 << 20, 1 << 20, 8]},
        {"full": 0, "cells": [], "shape": [-1, 1, 1, 1]},
    ],
    ids=str,
)
def test_what_describes_no_array_is_refused(wrong):
    with pytest.raises(UNREADABLE):
        convert({"dtype": "float64", "shape": [1, 1, 40, 40], "layout": "C", **wrong}, StoredArray).array()


def test_a_large_answer_is_abbreviated_around_a_place():
    array = np.arange(90_000.0).reshape(1, 1, 300, 300)
    told = arrays.stored_answer(array, (0, 0, 299, 1))
    assert (told.start, told.shape) == ([0, 0, 297, 0], [1, 1, 300, 300])
    assert told.near == array[:, :, 297:300, 0:4].tolist()
    assert told.cell((0, 0, 299, 1)) == array[0, 0, 299, 1]
    assert len(encoded(told)) < 1000
    assert told.sha256 != arrays.stored_answer(array + 1, (0, 0, 299, 1)).sha256
    with pytest.raises(ValueError, match="abbreviated"):
        told.array()


@pytest.mark.parametrize("shape", [(1 << 20, 1, 1, 1), (1 << 20,), (2,) * 20, (0, 1 << 40)], ids=str)
def test_an_answer_of_any_shape_is_short(shape):
    assert len(encoded(arrays.stored_answer(np.zeros(shape)))) < 2000


@pytest.mark.parametrize("shape", [[3], [5], [1 << 40]], ids=str)
def test_a_compressed_array_that_does_not_fill_its_shape_is_refused(shape):
    wrong = StoredArray(dtype="float64", layout="C", shape=shape, zlib=arrays.compressed(np.zeros(4)))
    with pytest.raises(ValueError, match=r"larger than a report holds|should have"):
        wrong.array()


# Bounds.


def noise(*shape):
    """Numbers that no recipe describes and that can hardly be compressed."""
    return np.random.default_rng(0).standard_normal(shape)


def calls_with(x, count):
    """`count` calls with an x."""
    return [Call("max_forward", {"x": x}, (1, 1), (1, 1)) for _ in range(count)]


@pytest.mark.parametrize("side", [3, 40, 100, 300])
@pytest.mark.parametrize("count", [1, 20, 3000])
def test_a_message_is_never_longer_than_the_bound(side, count):
    told = describe(Broken("y" * 10**5, fact="why" * 10**5), calls_with(noise(1, 1, side, side), count))
    assert len(told) <= messages.MOST_MESSAGE
    assert ("complete in the JSON report" in told) == (side > 3 or count > messages.MOST_CALLS)
    assert told.count("\n") < 5 * (messages.MOST_CALLS + 2)


def test_an_array_with_many_special_cells_is_not_printed():
    x = np.zeros((1, 1, 300, 300))
    x[0, 0, ::2, ::20] = noise(150, 15)
    told = describe(Broken("y"), calls_with(x, 1))
    assert told.endswith(
        "\n    x = ...  # shape (1, 1, 300, 300), float64: too large to print, complete in the JSON report"
    )


def case(x):
    """A case with an x and windows of one cell."""
    return Case("max_forward", x, (1, 1), (1, 1), x, "wide")


@slow
@pytest.mark.parametrize(("side", "count", "complete"), [(30, 20, True), (300, 20, True), (1000, 1, False)])
def test_a_counterexample_is_never_larger_than_the_bound(side, count, complete):
    found = stored(calls_with(noise(1, 1, side, side), count), case(noise(1, 1, side, side)))
    assert len(encoded(found)) < results.MOST_STORED
    assert found.case.complete == complete
    if complete:
        np.testing.assert_array_equal(found.case.case().x, noise(1, 1, side, side))


@slow
@HOWS
def test_a_flood_of_a_wrong_shape_costs_little(tmp_path, at_once, how):
    target = load(written(tmp_path, "return np.ones(60_000_000, bool)"), how)
    tracemalloc.start()
    try:
        result = run(LAWS["max-value"], target, TrialSettings(examples=3))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.verdict == "broken"
    assert "shape (60000000,)" in result.message
    assert len(result.as_text()) < 100_000
    # In process, the target's own array counts.
    assert peak < (80e6 if how is None else 10e6)


@slow
@pytest.mark.parametrize("dtype", ["bool", "float64"])
def test_comparing_costs_a_small_multiple_of_the_arrays(dtype):
    right = np.zeros((1, 1, 4000, 4000), dtype)
    pool, wrong = Pool(wrap(SimpleNamespace(max_forward=max))), right + np.ones((), dtype)
    pool.calls.append(Call("max_forward", {"x": right}, (1, 1), (1, 1)))
    tracemalloc.start()
    try:
        with pytest.raises(Broken, match=r"\(16000000 of 16000000 differ\)") as failure:
            pool.equal(wrong, right)
        told = trial.data(failure.value.got, failure.value.where)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * wrong.nbytes
    assert len(encoded(told)) < 1000


@once
def test_a_name_of_ten_megabytes_makes_a_short_run(tmp_path):
    body = "from poolproof.kernels.naive import max_forward\nname = 'n' * 10**7\nversion = 'v' * 10**7\n"
    (tmp_path / "long.py").write_text(body)
    status, said = check(tmp_path, "long.py", "--laws", "output-size", "--json", "report.json")
    assert status == 0, said
    assert max(map(len, said.splitlines())) < 500
    assert (tmp_path / "report.json").stat().st_size < 10_000


@slow
def test_a_known_failure_is_replayed_in_one_line(tmp_path):
    written(tmp_path, "return naive.max_forward(x, size, stride) + 1", "from poolproof.kernels import naive")
    entry = '[[known]]\ntarget = "kernel.py"\nlaw = "max-value"\nreason = "one too much"\n'
    (tmp_path / "known.toml").write_text(entry)
    words = ["--laws", "max-value", "--known", "known.toml", "--json", "report.json"]
    assert check(tmp_path, "kernel.py", *words)[0] == 0
    assert poolproof(tmp_path, "replay", "--yes", "report.json")[1].splitlines() == [
        "max-value on kernel.py: still broken, known: one too much",
        "1 replayed: 1 still fail",
    ]


def test_the_page_states_the_bounds():
    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    for number in (
        f"at most {arrays.MOST_LISTED:,} cells",
        f"| a message | {messages.MOST_MESSAGE:,} characters; its headline, and what is to be known of the comparison, "
        f"{messages.MOST_LINE:,} each |",
        f"as nested lists up to {messages.MOST_PRINTED} cells",
        f"at most {messages.MOST_CELLS} special cells",
        f"in all cells but at most {arrays.MOST_SPECIAL}:",
        f"more than {storage.MOST_INLINE:,} characters",
        f"in a message | {messages.MOST_CALLS} |",
        f"complete up to {arrays.MOST_ANSWER:,} bytes",
        f"| a counterexample as JSON | {results.MOST_STORED:,} characters |",
        f"| {MOST_TEXT:,} characters, on one line",
        f"| its name, its version | {text.MOST_NAME} characters |",
        f"| near misses that are printed | {MOST_WARNINGS} |",
        f"the first {history.FIRST} small ones and the last {history.LAST:,}, up to {history.MOST_BYTES >> 20} MiB.",
        f"| `schema` | {results.SCHEMA};",
    ):
        assert number in page, number
