"""Odd command lines: each ends with status 2 and one line that says why, before anything is tried."""

import json

import pytest
from poolproof.properties.data import files
from poolproof.properties.doors.commands import COMMANDS
from poolproof.properties.doors.parser import Parser
from poolproof.properties.results import SCHEMA
from sample import ARRAY, REPORT
from selection import once_but
from shell import ended, refused

# Empty values.

NEEDED = {
    "matrix": ["naive"],
    "replay": ["report.json"],
    "shrink": ["naive", "input.npz", "--call", "max_forward", "--size", "2"],
}
"""The other arguments that a command needs."""


def valued(command):
    """The options and arguments of a command that take a value; `bench --libraries ""` means none."""
    parser = Parser(prog=command)
    COMMANDS[command].add_arguments(parser)
    actions = [action for action in parser._actions if action.nargs != 0]
    return [action for action in actions if "--libraries" not in action.option_strings]


BLANK = {
    f"{command} {action.option_strings[0] if action.option_strings else action.metavar} {blank!r}": (
        [command, *NEEDED.get(command, []), *action.option_strings[:1], blank]
        if action.option_strings
        else [command, blank]
    )
    for command in COMMANDS
    for action in valued(command)
    for blank in ("", " ", "\t\n")
}


@pytest.mark.parametrize("words", BLANK.values(), ids=BLANK)
def test_an_empty_value_is_refused(words, capsys, here):
    said = refused(words, capsys)
    assert repr(words[-1]) in said
    assert "should" in said


# Numbers.

HUGE = "9" * 10_000
ODD_NUMBERS = ("-1", "1.5", "ten", "0x10", "1e3x", "--", "½", "1 2", "\udcff", "\x1b[2J", HUGE, "1" + "0" * 30)
NUMBERS = {
    "check": ("--examples", "--seed", "--budget", "--timeout", "--memory", "-n"),
    "matrix": ("--examples", "--seed", "--budget", "--timeout", "--memory", "-n"),
    "cases": ("--examples", "--seed", "--timeout", "--memory"),
    "replay": ("--timeout", "--memory"),
    "shrink": ("--size", "--stride", "--padding", "--dilation", "--timeout", "--memory"),
    "bench": ("--rounds", "--threads", "--repeats"),
}
SECONDS = ("--budget", "--timeout")
NUMERIC = [
    [command, *NEEDED.get(command, []), f"{option}={value}" if option.startswith("--") else f"{option}{value}"]
    for command, options in NUMBERS.items()
    for option in options
    for value in ODD_NUMBERS
    if not (option in SECONDS and value == "1.5")
]
NUMERIC += [
    [command, *NEEDED.get(command, []), f"{option}={value}"]
    for command in ("check", "matrix")
    for option in SECONDS
    for value in ("1e300", "inf", "-inf", "nan", "0", "1e999", "-0.0")
]
NUMERIC += [
    ["check", f"--memory={size}"] for size in ("99999999999999999999", "9999999999G", "M", "0", "1T", "-1K", "1MM")
]
NUMERIC += [["check", "--exhaustive", f"--length={length}"] for length in ("0", "-1", "1.5", "100", HUGE)]
NUMERIC += [
    ["shrink", *NEEDED["shrink"], f"--{option}={value}"]
    for option, values in {
        "size": ("0", "2,", ",2", "2,0", "2;2", "1,2,3,4"),
        "stride": ("0", "2:2"),
        "padding": ("1:", ":1", "1:2:3", "1:-1", "1,1,1,1"),
        "dilation": ("0", "1:1"),
    }.items()
    for value in values
]
NUMERIC += [["check", "-n", "99999999999999999999"], ["check", "-n", "-1"], ["check", "-n", "Auto"]]
OF_CHECK = [words for words in NUMERIC if words[0] == "check"]


@pytest.mark.parametrize("words", once_but(NUMERIC, *OF_CHECK), ids=lambda words: ascii(" ".join(words))[:60])
def test_an_odd_number_is_refused(words, capsys, here):
    assert "should be " in refused(words, capsys)


# Words.

WORDS = [
    ["--"],
    ["--chek"],
    ["--chek", "check"],
    ["--examples", "3", "check"],
    ["chek"],
    ["\udcff"],
    ["check", "--nope"],
    ["check", "--" + "x" * 5000],
    ["check", "--\x1b]0;title\x07"],
    ["check", "--laws", ","],
    ["check", "--laws", "routing,"],
    ["check", "--laws", "["],
    ["check", "--laws", "\udcff"],
    ["check", "--laws", "x" * 10_000],
    ["check", "--laws", "a\nb"],
    ["check", "--expect", "ties"],
    ["check", "--expect", "ties="],
    ["check", "--expect", "=first"],
    ["check", "--expect", "ties=first=last"],
    ["check", "--expect", "\x1b[2J=first"],
    ["check", "--expect", "x" * 10_000],
    ["check", "--examples"],
    ["check", "--json"],
    ["check", "--resume"],
    ["check", "--length", "2"],
    ["check", "--exhaustive", "--seed", "1"],
    ["check", "--exhaustive", "--laws", "nothing"],
    ["check", "--exhaustive", "--laws", ","],
    ["cases", "--laws", "nothing"],
    ["cases", "none.py"],
    ["cases", "a", "b"],
    ["cases", "--command", "x"],
    ["laws", "extra"],
    ["peers", "extra"],
    ["peers", "--python", "no-such-python"],
    ["peers", "--python", "."],
    ["peers", "--python", "\udcff"],
    ["peers", "--python", "a\0b"],
    ["matrix"],
    ["replay"],
    ["replay", "a.json", "b.py", "c.py"],
    ["shrink"],
    ["shrink", "naive"],
    ["shrink", "naive", "input.npz"],
    ["shrink", "naive", "input.npz", "--size", "2"],
    ["shrink", "naive", "input.npz", "--call", "max_forward"],
    ["shrink", "naive", "input.npz", "--call", "max", "--size", "2"],
    ["shrink", "naive", "input.npz", "--call", "\x1b[2J", "--size", "2"],
    ["shrink", *NEEDED["shrink"], "extra"],
    ["shrink", *NEEDED["shrink"], "--ceil-mode=yes"],
    ["shrink", *NEEDED["shrink"], "--json", "."],
    ["shrink", "naive", "\udcff", *NEEDED["shrink"][2:]],
    ["shrink", "naive", "a\0b", *NEEDED["shrink"][2:]],
    ["bench", "nothing"],
    ["bench", "1x1x1x1"],
    ["bench", "1x1x1,F2"],
    ["bench", f"{HUGE}x1x1x1,F1"],
    ["bench", f"1x1x1x1,F{HUGE}"],
    ["bench", "\udcff"],
    ["bench", "x" * 10_000],
    ["bench", "--libraries", "nothing"],
    ["bench", "--threads", ",,"],
    ["bench", "--repeats", "3"],
    ["bench", "--start", "--json", "x.json"],
    ["bench", "--start", "--laws"],
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: ascii(" ".join(words))[:60])
def test_odd_words_are_refused(words, capsys, here):
    refused(words, capsys)


# Reports, and lists of known failures.

DEEP = "[" * 100_000 + "]" * 100_000


def changed(path, value):
    """The report with one part of it changed."""
    report = json.loads(json.dumps(REPORT))
    inner = report
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(report)


LAW_AT = ("targets", 0, "laws", 0)
FOUND_AT = (*LAW_AT, "counterexample")
CASE_AT = (*FOUND_AT, "case")
SEEN_AT = ("targets", 0, "conventions", "ties")
BYTES = {
    "empty": b"",
    "blank": b" \n",
    "binary": bytes(range(256)),
    "latin-1": "{é}".encode("latin-1"),
    "utf-16": json.dumps(REPORT).encode("utf-16"),
    "cut": json.dumps(REPORT).encode()[:200],
    "twice": json.dumps(REPORT).encode() * 2,
    "deep": DEEP.encode(),
    "deep-object": ('{"a":' * 100_000).encode(),
    "huge-number": b'{"targets": %s}' % (b"9" * 100_000),
}
NO_REPORT = [
    *({"null": None, "number": 3, "text": "targets", "list": [], "empty": {}}.values()),
    *({"targets": odd} for odd in (None, 3, "naive", {}, [None], [3], [[]], [{}], [{"target": "naive"}])),
]
EITHER = [
    (("targets", 0), []),
    (("targets", 0, "target"), 3),
    (("targets", 0, "target"), ""),
    (("targets", 0, "laws"), {}),
    (("targets", 0, "laws"), [3]),
    (LAW_AT, "max-value"),
    ((*LAW_AT, "law"), ["max-value"]),
    ((*LAW_AT, "law"), {}),
    ((*LAW_AT, "verdict"), "wrong"),
    ((*LAW_AT, "verdict"), []),
    ((*LAW_AT, "examples"), "3"),
    ((*LAW_AT, "examples"), None),
    ((*LAW_AT, "examples"), -1),
    ((*LAW_AT, "examples"), 10**30),
    ((*LAW_AT, "seconds"), "0.1"),
    ((*LAW_AT, "seconds"), float("nan")),
    ((*LAW_AT, "seconds"), 10**400),
    ((*LAW_AT, "partial"), 3),
    ((*LAW_AT, "reason"), None),
    ((*LAW_AT, "counterexample"), 3),
    ((*LAW_AT, "counterexample"), []),
    (("targets", 0, "conventions"), []),
    (("targets", 0, "conventions"), {"ties": 3}),
    ((*SEEN_AT, "value"), 3),
    ((*SEEN_AT, "value"), "varies"),
    (("schema",), SCHEMA + 1),
    (("schema",), "1"),
]
REPLAYED = [
    ((*FOUND_AT, "calls"), 3),
    ((*FOUND_AT, "message"), 3),
    ((*FOUND_AT, "seed"), []),
    (CASE_AT, 3),
    (CASE_AT, {}),
    ((*CASE_AT, "function"), "__class__"),
    ((*CASE_AT, "function"), 3),
    ((*CASE_AT, "function"), "mean_forward"),
    ((*CASE_AT, "x"), None),
    ((*CASE_AT, "x", "dtype"), "O"),
    ((*CASE_AT, "x", "dtype"), "float65"),
    ((*CASE_AT, "x", "shape"), [2]),
    ((*CASE_AT, "x", "shape"), [1, 1, -1, -2]),
    ((*CASE_AT, "x", "shape"), "1112"),
    ((*CASE_AT, "x", "shape"), [10**30]),
    ((*CASE_AT, "x", "data"), [[[["a", 1.0]]]]),
    ((*CASE_AT, "x", "data"), [[[[0.0], [1.0, 2.0]]]]),
    ((*CASE_AT, "x", "data"), {}),
    ((*CASE_AT, "x", "data"), None),
    ((*CASE_AT, "dy"), {"shape": [1, 1, 10**9, 10**9]}),
    ((*CASE_AT, "dy"), {"shape": [-1]}),
    ((*CASE_AT, "dy"), {"shape": "x"}),
    ((*CASE_AT, "dy"), {}),
    ((*CASE_AT, "dy"), ARRAY),
    ((*CASE_AT, "other"), 3),
    ((*CASE_AT, "size"), [0, 2]),
    ((*CASE_AT, "size"), [1, 3]),
    ((*CASE_AT, "size"), [10**30, 1]),
    ((*CASE_AT, "size"), 2),
    ((*CASE_AT, "size"), [1, "2"]),
    ((*CASE_AT, "size"), [1, 1, 2]),
    ((*CASE_AT, "stride"), [0, 0]),
    ((*CASE_AT, "stride"), None),
    ((*CASE_AT, "settings"), []),
    ((*CASE_AT, "settings"), {"padding": 3.5}),
    ((*CASE_AT, "settings"), {"nothing": 3}),
    ((*CASE_AT, "settings"), {"dilation": [0, 0]}),
    ((*CASE_AT, "layouts"), {"x": "nothing"}),
    ((*CASE_AT, "layouts"), 3),
    ((*CASE_AT, "spot"), "x"),
    ((*CASE_AT, "spot"), 1e300),
    ((*CASE_AT, "assumed"), 3),
    ((*SEEN_AT, "evidence"), 3),
    ((*SEEN_AT, "evidence"), {}),
    ((*SEEN_AT, "evidence", "call"), "__init__"),
    ((*SEEN_AT, "evidence", "args"), []),
    ((*SEEN_AT, "evidence", "args"), {}),
    ((*SEEN_AT, "evidence", "args"), {"y": ARRAY}),
    ((*SEEN_AT, "evidence", "args", "x", "layout"), "nothing"),
    ((*SEEN_AT, "evidence", "settings"), 3),
]
TEXTS = dict(BYTES)
TEXTS |= {f"no-report-{k}": json.dumps(value).encode() for k, value in enumerate(NO_REPORT)}
TEXTS |= {f"either-{k}-{path[-1]}": changed(path, value).encode() for k, (path, value) in enumerate(EITHER)}
ONLY_REPLAY = {f"replay-{k}-{path[-1]}": changed(path, value).encode() for k, (path, value) in enumerate(REPLAYED)}


def test_the_report_that_is_changed_is_one(here, capsys):
    (here / "report.json").write_text(json.dumps(REPORT))
    assert ended(["matrix", "report.json"], capsys) == (0, [])
    assert ended(["replay", "report.json", "--in-process"], capsys) == (0, [])


@pytest.mark.parametrize("data", [*TEXTS.values(), *ONLY_REPLAY.values()], ids=[*TEXTS, *ONLY_REPLAY])
def test_what_is_no_report_is_not_replayed(data, here, capsys):
    (here / "report.json").write_bytes(data)
    assert "report 'report.json'" in refused(["replay", "report.json"], capsys)


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS)
def test_what_is_no_report_is_no_column(data, here, capsys):
    (here / "report.json").write_bytes(data)
    assert "report 'report.json'" in refused(["matrix", "report.json"], capsys)


KNOWN = {
    **BYTES,
    "deep-array": b"known = " + DEEP.encode(),
    "text": b"known",
    "number": b"known = 3",
    "numbers": b"known = [3]",
    "other": b"[[knwon]]\nlaw = 'routing'",
    "no-reason": b"[[known]]\ntarget = 't'\nlaw = 'routing'",
    "control": b"[[known]]\ntarget = 't'\nlaw = '\x1b[2J'\nreason = 'r'",
    "escaped": b'[[known]]\ntarget = "t"\nlaw = "\\u001b[2J"\nreason = "r"',
    "huge-law": b"[[known]]\ntarget = 't'\nreason = 'r'\nlaw = '" + b"x" * 100_000 + b"'",
}
del KNOWN["empty"], KNOWN["blank"]


@pytest.mark.parametrize("data", KNOWN.values(), ids=KNOWN)
def test_what_is_no_list_of_known_failures_is_refused(data, here, capsys):
    (here / "known.toml").write_bytes(data)
    assert "known failures 'known.toml'" in refused(["check", "naive", "--known", "known.toml"], capsys)


READING = {
    "replay": ["replay", "{}"],
    "matrix": ["matrix", "{}"],
    "known": ["check", "--known", "{}"],
}
LONG = "x" * 5000
MISSING = ("none.json", "none/x.json", "\udcff.json", f"{LONG}.json", "a\0.json")
UNREADABLE = (*MISSING, "folder.json", "loop.json", "endless.json")


@pytest.mark.parametrize("name", UNREADABLE, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("command", READING)
def test_what_cannot_be_read_is_refused(command, name, here, capsys, monkeypatch):
    monkeypatch.setattr(files, "MOST_READ", 1000)
    (here / "folder.json").mkdir()
    (here / "loop.json").symlink_to("loop.json")
    (here / "endless.json").symlink_to("/dev/zero")
    assert "cannot be read" in refused([word.format(name) for word in READING[command]], capsys)


# Outputs.

OUTPUTS = {
    "check-json": ["check", "--json"],
    "proofs-json": ["check", "--exhaustive", "--json"],
    "matrix-json": ["matrix", "naive", "--json"],
    "matrix-markdown": ["matrix", "naive", "--markdown"],
    "bench-json": ["bench", "W5", "--json"],
    "bench-plot": ["bench", "W5", "--plot"],
}
UNWRITABLE = (".", "none/x", "x" * 5000, "folder", "file/x", "loop", "dangling/x", "a\0b", "/proc/x", "/dev/null/x")


@pytest.mark.parametrize("name", UNWRITABLE, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("words", OUTPUTS.values(), ids=OUTPUTS)
def test_what_cannot_be_written_is_refused_before_the_run(words, name, here, capsys):
    (here / "folder").mkdir()
    (here / "file").write_text("")
    (here / "loop").symlink_to("loop")
    (here / "dangling").symlink_to("nowhere")
    assert f"{words[-1]} " in refused([*words, name], capsys)
