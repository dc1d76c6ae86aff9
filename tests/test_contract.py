"""What an implementation may be and declare, how it is found by its name, and the messages if it is not."""

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.kernels.dtypes import ORDERED
from poolproof.properties.contract import (
    CALLABLES,
    DECLARATIONS,
    MEAN,
    MEAN_SETTINGS,
    SETTINGS,
    Declared,
    Unusable,
    did_you_mean,
)
from poolproof.properties.lawbook import LAWS
from poolproof.properties.remote.vocabulary import DECLARATION_NAMES
from poolproof.properties.report.render import declarations
from poolproof.properties.run.request import Request
from poolproof.properties.run.runner import run
from poolproof.properties.run.session import Session
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import REFERENCE, is_kernel, load
from poolproof.properties.targets.target import wrap
from selection import slow

KERNEL = """
    import numpy as np

    name = {name!r}

    def max_forward(x, size, stride):
        return x[:, :, :1, :1].copy()
"""


def maximum(x, size, stride):
    """A maximum of the whole image."""
    return x.max(axis=(2, 3), keepdims=True)


def test_every_declaration_has_a_name_that_wrappers_know():
    names = [each.name for each in fields(Declared) if each.name != "count_include_pad"]
    assert list(DECLARATION_NAMES) == names == [each.name for each in DECLARATIONS]


def write(folder, file, text=KERNEL, name="it"):
    """Write a file of Python."""
    lines = text.replace("{name!r}", repr(name)).split("\n")
    (folder / file).write_text("\n".join(line[4:] for line in lines))


ways = pytest.mark.parametrize("isolation", [None, Isolation()], ids=["in-process", "isolated"])


# Declarations.

WRONG = {
    "dtypes": [
        ("float32", "float8"),
        "float32",
        3,
        ("complex64",),
        {"max_forward": ("float8",)},
        {"max_foward": ("int8",)},
    ],
    "ranks": [(4,), 2, "2", (2, 0)],
    "lacks": ["max_indices * 1", 3, ("max_indices",), ("max_indices float8 2",)],
    "square": ["yes", None, 2],
    "tiles": ["yes", None, 2],
    "padding": ["same", 0, None],
    "padding_limit": ["full", 1],
    "ceil_rule": ["keeps", True],
    "deterministic": ["no", None],
    "threads": ["no", None],
    "layout": ["NHWC", "channels last", None],
    "max_cells": [0, 4095, True, "many", 4096.0],
}


@pytest.mark.parametrize(
    ("declaration", "value"), [(name, value) for name, values in WRONG.items() for value in values], ids=str
)
def test_a_wrong_declaration_is_named(declaration, value):
    with pytest.raises(Unusable, match=f"declaration {declaration}") as caught:
        wrap(SimpleNamespace(max_forward=maximum, **{declaration: value}))
    assert "should be" in str(caught.value) or "did you mean" in str(caught.value)


RIGHT = {
    "dtypes": [("float32",), ["int8", "bool"], (np.float64,), {"max_forward": ("int8",)}],
    "ranks": [(1, 2, 3), [2]],
    "lacks": [("max_indices * 1", "mean_* float16 3")],
    "square": [True, False],
    "tiles": [True, False],
    "padding": ["none", "symmetric", "any"],
    "padding_limit": ["half", "window", None],
    "ceil_rule": ["drop", "keep"],
    "deterministic": [True, False],
    "threads": [True, False],
    "layout": ["C", "channels_last"],
    "max_cells": [None, 4096, 1 << 40],
    "name": ["my_pool"],
    "version": ["1.2"],
}


def declared(**declarations):
    """The declarations read from an implementation with these attributes."""
    return wrap(SimpleNamespace(max_forward=maximum, **declarations), "it").declared


@pytest.mark.parametrize(
    ("declaration", "value"),
    [(n, v) for n, values in RIGHT.items() for v in values if n not in ("dtypes", "ranks")],
    ids=str,
)
def test_a_declaration_is_read(declaration, value):
    assert getattr(declared(**{declaration: value}), declaration) == value


FIXED = {"size": (3, 2), "stride": (2, 1), "padding": ((1, 1), (0, 1))}


def fixing(**changed):
    """The declarations read from a mean that fixes its windows, with and without settings."""
    stated = {name: value for name, value in {**FIXED, **changed}.items() if value is not None}

    def mean_forward(x, size, stride, padding=0, ceil_mode=False, count_include_pad=True):
        return x

    return wrap(SimpleNamespace(mean_forward=mean_forward, max_forward=mean_forward, fixed=stated)).declared


def test_fixed_windows_bind_rank_and_settings():
    found = fixing(count_include_pad=False)
    assert (found.fixed.size, found.fixed.stride, found.ranks) == ((3, 2), (2, 1), (2,))
    assert found.fixed.passed("mean_forward") == {"padding": ((1, 1), (0, 1)), "count_include_pad": False}
    assert found.fixed.passed("max_forward") == {"padding": ((1, 1), (0, 1))}
    assert found.settings_of("mean_forward") == ("padding", "count_include_pad")
    assert fixing(size=[3], stride=[1], padding=[[1, 1]]).ranks == (1,)


def test_the_image_of_fixed_windows_has_one_whole_window_at_least():
    fixed = fixing(stride=(2, 3), padding=((1, 1), (1, 0))).fixed
    assert (fixed.first_whole, fixed.image) == ((1, 1), (4, 4))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": None}, "fixed={'stride': (2, 1), 'padding': ((1, 1), (0, 1))} should be a dict with size and stride"),
        ({"size": 3}, "fixed: size=3 should be a tuple of one to three ints"),
        ({"size": (1, 1, 1, 1)}, "fixed: size=(1, 1, 1, 1) should be a tuple of one to three ints"),
        ({"stride": (0, 1)}, "fixed: stride=(0, 1)"),
        ({"strides": 1}, "fixed has 'strides'; did you mean 'stride'?"),
        ({"padding": ((3, 0), (0, 0))}, "fixed: padding=(3, 0) should be less than the extent of a window, 3"),
        ({"ceil_mode": 1}, "fixed: ceil_mode=1"),
        ({"dilation": (1, 1)}, "fixed has dilation, which max_forward does not take"),
    ],
    ids=str,
)
def test_a_wrong_window_that_is_fixed_is_named(changed, message):
    with pytest.raises(Unusable) as caught:
        fixing(**changed)
    assert message in str(caught.value)


def test_fixed_windows_should_be_a_dict():
    with pytest.raises(Unusable, match=r"fixed=\(3, 3\) should be a dict with size and stride"):
        declared(fixed=(3, 3))


def test_dtypes_and_ranks_are_read_in_one_order():
    assert declared(dtypes=["float64", "bool", "float16"]).dtypes == ("bool", "float16", "float64")
    assert declared(dtypes=(np.dtype("float32"),)).dtypes == ("float32",)
    assert declared(ranks=(3, 1, 2)).ranks == (1, 2, 3)


@pytest.mark.parametrize("kernel", REFERENCE)
def test_a_reference_kernel_is_asked_everything(kernel):
    found = load(kernel)
    assert (found.name, found.offers) == (kernel, CALLABLES)
    assert (found.declared.dtypes, found.declared.ranks) == (ORDERED, (1, 2, 3))
    assert all(found.declared.settings[each] == (MEAN_SETTINGS if each in MEAN else SETTINGS) for each in CALLABLES)


def test_what_is_not_declared_has_its_default():
    found = declared()
    assert found.dtypes == ("float16", "float32", "float64")
    assert found.ranks == (2,)
    assert (found.square, found.deterministic, found.threads) == (False, True, True)
    assert (found.name, found.version) == ("it", "")


def test_what_lacks_in_combination_is_not_taken():
    found = declared(lacks=["max_forward float16 3", "max_forward float64 *"], ranks=(2, 3))
    assert found.takes("max_forward", "float16", 2)
    assert not found.takes("max_forward", "float16", 3)
    assert found.ranks_of("float16", "max_forward", "mean_forward") == (2,)
    assert found.dtypes_of("max_forward") == ("float16", "float32")
    assert found.ranks_of("float16", "mean_forward") == (2, 3)


def test_a_dtype_that_is_declared_for_one_callable_is_asked_of_it_alone():
    found = declared(dtypes={"max_forward": ("int8", "float32")})
    assert found.dtypes_of("max_forward") == ("int8", "float32")
    assert found.dtypes_of("mean_forward") == ("float16", "float32", "float64")
    assert found.dtypes_of("max_forward", "mean_forward") == ("float32",)


# Callables.


@pytest.mark.parametrize("name", CALLABLES)
def test_each_callable_can_be_offered_alone(name):
    assert wrap(SimpleNamespace(**{name: maximum})).offers == (name,)


def test_all_callables_are_offered_in_one_order():
    assert wrap(SimpleNamespace(**dict.fromkeys(reversed(CALLABLES), maximum))).offers == CALLABLES


def test_what_cannot_be_called_is_not_offered():
    assert wrap(SimpleNamespace(max_forward=maximum, mean_forward=3)).offers == ("max_forward",)


def test_an_implementation_that_offers_nothing_is_unusable():
    with pytest.raises(Unusable, match="thing offers none of max_forward, mean_forward, max_backward"):
        wrap(SimpleNamespace(pool=maximum), "thing")


def test_what_was_probably_meant_is_told_when_nothing_is_offered():
    with pytest.raises(
        Unusable, match="thing has 'max_foward', which is not in the contract; did you mean 'max_forward'"
    ):
        wrap(SimpleNamespace(max_foward=maximum), "thing")


@pytest.mark.parametrize("near", ["mean_foward", "Mean_forward", "mean_forwards", "meanforward", "men_foward"])
def test_a_name_within_two_letters_is_warned_about(near):
    warnings = wrap(SimpleNamespace(max_forward=maximum, **{near: maximum}), "it").warnings
    assert warnings == [f"it has {near!r}, which is not in the contract; did you mean 'mean_forward'?"]


@pytest.mark.parametrize("isolation", [None, Isolation()], ids=["in-process", "isolated"])
def test_a_module_that_a_file_imports_is_not_warned_about(here, isolation):
    (here / "it.py").write_text("import ctypes\n\ndef max_forward(x, size, stride):\n    return x\n")
    assert load("it.py", isolation).warnings == []


@pytest.mark.parametrize(("near", "meant"), [("dtype", "dtypes"), ("max_cell", "max_cells"), ("setings", "settings")])
def test_a_name_within_a_letter_of_a_declaration_is_warned_about(near, meant):
    warnings = wrap(SimpleNamespace(max_forward=maximum, **{near: 1}), "it").warnings
    assert warnings == [f"it has {near!r}, which is not in the contract; did you mean {meant!r}?"]
    given = {"dtypes": ("float64",), "max_cells": None, "settings": {}}[meant]
    assert wrap(SimpleNamespace(max_forward=maximum, **{near: 1, meant: given})).warnings == []


OTHERS = ("rank", "tile", "files", "locks", "mixed", "mean", "forward", "_mean_foward", "max_pool", "min_forward_pass")


@pytest.mark.parametrize("other", OTHERS)
def test_another_name_is_not_warned_about(other):
    assert wrap(SimpleNamespace(max_forward=maximum, **{other: maximum})).warnings == []


def test_a_name_near_one_that_is_offered_is_not_warned_about():
    assert wrap(SimpleNamespace(max_forward=maximum, max_forward2=maximum)).warnings == []


def test_a_near_word_is_suggested_else_all_there_are():
    assert did_you_mean("nave", ["naive", "compiled"]) == "did you mean 'naive'?"
    assert did_you_mean("xyzzy", ["naive", "compiled"]) == "there are: naive, compiled"


def test_a_class_is_instantiated():
    class Pool:
        def __init__(self):
            self.name = "an instance"

        def max_forward(self, x, size, stride):
            return maximum(x, size, stride)

    answer = wrap(Pool).ask(Call("max_forward", {"x": np.ones((1, 1, 2, 2))}, (2, 2), (2, 2)))
    assert wrap(Pool).name == "an instance"
    assert answer.value.tolist() == [[[[1.0]]]]


def test_a_class_that_wants_arguments_is_unusable():
    class Pool:
        def __init__(self, size):
            self.size = size

    with pytest.raises(Unusable, match=r"Pool is a class, but cannot be instantiated without arguments: .*'size'"):
        wrap(Pool)


# Finding a target by its name.


@ways
@pytest.mark.parametrize("spec", ["mine:Best", "mine.py:Best", "./mine.py:Best"])
def test_an_object_is_found_in_a_module_or_a_file(here, spec, isolation):
    text = """
    class Best:
        name = "the best"
        max_forward = staticmethod(lambda x, size, stride: x)
    """
    write(here, "mine.py", text)
    assert load(spec, isolation).name == "the best"


@pytest.mark.parametrize("spec", ["mine", "mine.py", "./mine.py", "sub/mine.py", "mine:"])
def test_a_module_or_a_file_is_found(here, spec):
    (here / "sub").mkdir()
    write(here, "mine.py")
    write(here / "sub", "mine.py")
    assert load(spec).name == "it"


def test_an_absolute_path_is_found(here):
    write(here, "mine.py")
    assert load(str(here / "mine.py")).name == "it"


def test_a_dotted_object_is_found(here):
    text = """
    class A:
        class B:
            max_forward = staticmethod(lambda x, size, stride: x)
    """
    write(here, "mine.py", text)
    assert load("mine.py:A.B").name == "mine:A.B"


def test_a_module_in_a_package_is_found(here):
    (here / "package").mkdir()
    (here / "package" / "__init__.py").write_text("")
    write(here / "package", "inner.py")
    assert load("package.inner").name == "it"


@ways
def test_a_file_may_import_its_neighbour(here, isolation):
    (here / "sub").mkdir()
    write(here / "sub", "neighbour.py")
    (here / "sub" / "mine.py").write_text("from neighbour import max_forward\nname = 'with a neighbour'\n")
    assert load("sub/mine.py", isolation).name == "with a neighbour"


@pytest.mark.parametrize("spec", ["naive", "compiled", "img2col"])
def test_a_shipped_name_wins_over_a_file(here, spec):
    write(here, f"{spec}.py", name="an impostor")
    target = load(spec)
    assert target.name == spec
    assert is_kernel(spec)


@ways
@pytest.mark.parametrize("spec", ["./naive.py", "naive.py", "naive:"])
def test_a_file_of_a_shipped_name_can_be_forced(here, spec, isolation):
    write(here, "naive.py", name="an impostor")
    target = load(spec, isolation)
    assert target.name == "an impostor"
    assert not is_kernel(spec)


def test_a_target_without_a_name_is_called_by_its_file_and_object(here):
    (here / "mine.py").write_text(
        "class P:\n    max_forward = staticmethod(lambda x, size, stride: x)\nmax_forward = P.max_forward\n"
    )
    assert load("mine.py").name == "mine"
    assert load("mine.py:P").name == "mine:P"
    assert load("mine:P").name == "mine:P"


MISSING = {
    "no-file": ("min.py", ["min.py", "there is no such file", "did you mean 'mine.py'?"]),
    "no-file-in-folder": ("nowhere/mine.py", ["nowhere/mine.py", "there is no such file"]),
    "no-module": ("mime", ["there is no module 'mime'", "did you mean 'mine'?"]),
    "no-submodule": ("mine.inner", ["mine.inner"]),
    "no-attribute": ("mine:max_foward", ["mine has no 'max_foward'", "did you mean 'max_forward'?"]),
    "no-dotted-attribute": ("mine.py:name.inner", ["has no 'inner'"]),
    "near-a-shipped-name": ("nave", ["nave", "did you mean 'naive'?"]),
    "near-another-shipped-name": ("img2cool", ["img2cool", "did you mean 'img2col'?"]),
}


@slow
@pytest.mark.parametrize(("spec", "words"), MISSING.values(), ids=MISSING)
@ways
def test_what_is_missing_is_told_with_what_may_be_meant(here, spec, words, isolation):
    write(here, "mine.py")
    with pytest.raises(Unusable) as caught:
        load(spec, isolation)
    assert all(word in str(caught.value) for word in words), str(caught.value)


BROKEN = {
    "import-of-another": (
        "import not_there_at_all",
        ["mine", "cannot be imported", "No module named 'not_there_at_all'"],
    ),
    "exception": ("1 / 0", ["mine", "cannot be imported", "ZeroDivisionError: division by zero (mine.py, line 1)"]),
    "syntax": ("def f(:", ["mine", "cannot be imported", "SyntaxError"]),
    "exit": ("raise SystemExit(0)", ["mine", "cannot be imported", "SystemExit"]),
}


def test_a_file_that_imports_from_its_package_should_be_named_as_a_module(here):
    (here / "package" / "below").mkdir(parents=True)
    for folder in (here / "package", here / "package" / "below"):
        (folder / "__init__.py").touch()
    (here / "package" / "below" / "mine.py").write_text("from . import other\n")
    with pytest.raises(Unusable, match=r"mine.py, line 1\); name it as a module of its package, package.below.mine$"):
        load("package/below/mine.py")
    with pytest.raises(Unusable, match="cannot import name 'other'"):
        load("package.below.mine")


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("spec", ["mine", "mine.py"])
def test_an_error_in_the_module_of_a_target_is_told_as_its_own(here, spec, text, words):
    (here / "mine.py").write_text(text + "\n")
    with pytest.raises(Unusable) as caught:
        load(spec)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "did you mean" not in str(caught.value)


@ways
def test_a_class_in_a_file_that_wants_arguments_is_unusable(here, isolation):
    (here / "mine.py").write_text("class P:\n    def __init__(self, size):\n        pass\n    max_forward = 0\n")
    with pytest.raises(Unusable, match="size"):
        load("mine.py:P", isolation)


@ways
def test_a_module_that_offers_nothing_is_unusable(here, isolation):
    (here / "mine.py").write_text("def max_foward(x, size, stride):\n    return x\n")
    with pytest.raises(Unusable, match=r"mine offers none of .* did you mean 'max_forward'"):
        load("mine.py", isolation)


# The smoke test.

SMOKE = {
    "raises": ("raise RuntimeError('no device')", "RuntimeError: no device"),
    "no-array": ("return 3", "int"),
    "exits": ("raise SystemExit(4)", "4"),
}


@pytest.mark.parametrize("in_process", [True, False], ids=["in-process", "isolated"])
@pytest.mark.parametrize(("body", "words"), SMOKE.values(), ids=SMOKE)
def test_a_target_that_answers_nothing_fails_its_smoke_test(here, body, words, in_process):
    (here / "mine.py").write_text(f"def max_forward(x, size, stride):\n    {body}\n")
    with pytest.raises(Unusable, match="mine fails its smoke test, one 2x2 window: max_forward: ") as caught:
        Session(Request(in_process=in_process)).target("mine.py")
    assert words in str(caught.value)


def test_one_callable_that_answers_is_enough(here):
    text = "def max_forward(*_):\n    1 / 0\ndef max_indices(x, size, stride):\n    return x[:, :, :1, :1]\n"
    (here / "mine.py").write_text(text)
    assert Session(Request(in_process=True)).target("mine.py").offers == ("max_forward", "max_indices")


@pytest.mark.parametrize("dtypes", ["('float16',)", "('int8',)", "{'max_forward': ('uint8',)}"])
def test_the_smoke_test_asks_with_a_dtype_that_is_declared(here, dtypes):
    text = (
        f"dtypes = {dtypes}\ndef max_forward(x, size, stride):\n    assert x.dtype.name in str(dtypes)\n    return x\n"
    )
    (here / "mine.py").write_text(text)
    assert Session(Request(in_process=True)).target("mine.py").offers == ("max_forward",)


# Settings.

ALL = ("padding", "dilation", "ceil_mode")


def taken(**functions):
    """The settings of each callable of a target."""
    return wrap(SimpleNamespace(**functions)).declared.settings


def test_a_callable_takes_the_settings_that_it_names():
    assert taken(max_forward=lambda x, size, stride, ceil_mode=False, *, padding=0: x) == {
        "max_forward": ("padding", "ceil_mode")
    }
    assert taken(mean_forward=lambda x, size, stride: x) == {"mean_forward": ()}


def test_two_asterisks_take_every_setting_and_a_maximum_counts_nothing():
    found = taken(max_forward=lambda x, *window, **settings: x, mean_forward=lambda x, *window, **settings: x)
    assert found == {"max_forward": ALL, "mean_forward": (*ALL, "count_include_pad")}


def test_what_is_declared_goes_before_what_is_named():
    found = taken(max_forward=lambda x, *window, **settings: x, settings={"max_forward": ["dilation"]})
    assert found == {"max_forward": ("dilation",)}


def test_who_pads_nothing_takes_no_padding():
    found = taken(max_forward=lambda x, *window, **settings: x, padding="none")
    assert found == {"max_forward": ("dilation", "ceil_mode")}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["padding"], "should be a dict of lists"),
        ({"max_foward": ["padding"]}, "did you mean 'max_forward'"),
        ({"max_forward": ["pading"]}, "'pading' should be one of padding, dilation, ceil_mode"),
        ({"max_forward": ["count_include_pad"]}, "'count_include_pad' should be one of padding, dilation, ceil_mode"),
    ],
)
def test_settings_that_cannot_be_declared_are_refused(settings, words):
    with pytest.raises(Unusable, match=words):
        taken(max_forward=lambda x, size, stride: x, settings=settings)


def test_a_function_that_is_called_like_a_declaration_declares_nothing():
    declared = wrap(SimpleNamespace(max_forward=lambda x, size, stride: x, padding=lambda x: x)).declared
    assert declared.padding == "any"


def test_the_settings_that_several_callables_share_leave_the_divisor_to_means():
    declared = Declared(
        settings={"max_forward": ("padding",), "mean_forward": ("padding", "dilation", "count_include_pad")}
    )
    assert declared.settings_of("max_forward", "mean_forward") == ("padding", "count_include_pad")
    assert declared.settings_of("max_forward") == ("padding",)
    assert declared.settings_of("mean_backward") == ()


@slow
@pytest.mark.parametrize(("counted", "expected"), [(True, True), (False, False)])
def test_a_mean_that_does_not_say_what_it_divides_by_is_asked_once(counted, expected):
    def mean_forward(x, size, stride, padding=0):
        return naive.mean_forward(x, size, stride, padding=padding, count_include_pad=counted)

    target = wrap(SimpleNamespace(mean_forward=mean_forward))
    smoke_test(target)
    assert target.declared.count_include_pad is expected
    results = [run(LAWS[law], target, TrialSettings(60)) for law in ("mean-value", "mean-exact", "padding-with-zero")]
    assert [result.verdict for result in results] == ["holds"] * 3


def test_what_is_not_tested_is_told():
    def mean_forward(x, size, stride, padding=0):
        return x

    target = wrap(SimpleNamespace(max_forward=lambda x, size, stride, dilation=1: x, mean_forward=mean_forward))
    line = declarations(target)
    assert "settings padding dilation; not tested: " in line
    for missing in (
        "max_indices",
        "rank 1",
        "rank 3",
        "padding of max_forward",
        "dilation of mean_forward",
        "ceil_mode",
    ):
        assert missing in line.partition("not tested: ")[2]
