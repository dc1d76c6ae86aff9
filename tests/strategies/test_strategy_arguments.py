"""The public strategies: their arguments, and the page that lists them."""

import re
from dataclasses import replace
from inspect import signature
from math import prod

import numpy as np
import pytest
from drawn import ONE, assert_all_examples, find_any, made, minimal
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from places import ROOT
from poolproof.properties.cases.choices import Drawn
from poolproof.properties.cases.palettes import NAMES
from poolproof.properties.data.layouts import LAYOUTS
from poolproof.properties.strategies import Case, Pooling, cases, check, gradients, images, poolings
from poolproof.properties.strategies.arguments import GRADIENT_NAMES
from poolproof.properties.strategies.public import PLANS
from selection import slow

pytestmark = pytest.mark.once


TWO = Pooling((1,), (1,), (2,))

WRONG = [
    (lambda: poolings(ranks=2), "ranks=2 should be a tuple of one or more of 1, 2, 3"),
    (lambda: poolings(ranks=()), r"ranks=\(\) should be a tuple of one or more"),
    (lambda: poolings(ranks=(4,)), r"ranks=\(4,\) has 4; there are: 1, 2, 3"),
    (lambda: poolings(ranks=(True,)), "has True"),
    (lambda: poolings(settings="padding"), "settings='padding' should be a tuple of any of 'padding', "),
    (lambda: poolings(settings=("paddings",)), "did you mean 'padding'"),
    (lambda: poolings(settings=("count_include_pad",)), "has 'count_include_pad'; there are: padding, "),
    (lambda: poolings(windows="overlaping"), "windows='overlaping' should be one of 'any', 'overlapping'"),
    (lambda: poolings(windows="vast"), "windows='vast'"),
    (lambda: poolings(windows="overlapping", tiles=True), "tiles=True, .* rules out windows='overlapping'"),
    (lambda: poolings(square=1), "square=1 should be one of False, True"),
    (lambda: poolings(tiles=None), "tiles=None should be one of False, True"),
    (lambda: poolings(padding="some"), "padding='some' should be one of 'any', 'symmetric', 'none'"),
    (lambda: poolings(padding_limit="whole"), "padding_limit='whole' should be one of 'half', 'window', None"),
    (lambda: poolings(max_cells=0), "max_cells=0 should be an integer of at least 1"),
    (lambda: poolings(max_cells=True), "max_cells=True should be an integer"),
    (lambda: poolings(max_cells=2.5), "max_cells=2.5 should be an integer"),
    (
        lambda: poolings(max_cells=2, windows="overlapping"),
        "max_cells=2 should be at least 3 for windows='overlapping'",
    ),
    (lambda: cases("uncovered-pixels", max_cells=1), "max_cells=1 should be at least 3 for windows='gaps'"),
    (lambda: poolings(rank=2), "poolings: rank=2 is not a keyword; did you mean 'ranks'"),
    (lambda: images(TWO, dtype="int8"), "images: dtype='int8' is not a keyword; did you mean 'dtypes'"),
    (lambda: gradients(TWO, ROW, palette=("lattice",)), "is not a keyword; did you mean 'palettes'"),
    (lambda: cases("max_forward", shape=(2, 2)), r"cases: shape=\(2, 2\) is not a keyword; there are: ranks, dtypes, "),
    (lambda: images((2, 2)), r"pooling=\(2, 2\) should be a Pooling"),
    (lambda: images(poolings()), r"pooling=poolings\(\) should be a Pooling, but is a strategy; draw from it first"),
    (lambda: images(TWO, dtypes="float32"), "dtypes='float32' should be a tuple of one or more of 'bool', "),
    (lambda: images(TWO, dtypes=("float33",)), "has 'float33'; did you mean 'float32'"),
    (lambda: images(TWO, dtypes=(np.complex64,)), "has 'complex64'; there are: "),
    (lambda: images(TWO, palettes=("tie",)), "palettes=.* did you mean 'ties'"),
    (lambda: images(TWO, layouts=("channels_last",)), "layouts=.* did you mean 'channels last'"),
    (lambda: images(TWO, max_samples=0), "max_samples=0 should be an integer of at least 1"),
    (lambda: images(TWO, max_channels="3"), "max_channels='3' should be an integer"),
    (lambda: gradients(TWO, np.zeros((1, 1, 3))), r"x has shape \(1, 1, 3\) .* should be an array \(N, C, 2\)"),
    (
        lambda: gradients(TWO, np.zeros((1, 1, 2), int)),
        "x has .* dtype int64, but should be an array .* of floats",
    ),
    (lambda: gradients(TWO, np.zeros(2)), r"x has shape \(2,\)"),
    (lambda: gradients(TWO, np.zeros((1, 1, 2)), palettes=("onehot",)), "did you mean 'one-hot'"),
    (lambda: cases("max_forwards"), "about='max_forwards' should be a callable or a law; did you mean 'max_forward'"),
    (lambda: cases(["max_forward"]), r"about=.* pass several as separate arguments: cases\('max_forward'\)"),
    (lambda: cases(3), "about=3 should be a callable or a law; there are: 'max_forward', "),
    (lambda: cases("max_forward", settings=("count_include_pad",)), "'count_include_pad', which only means take"),
    (lambda: cases(settings=("count_include_pad",)), "settings=.* should be a tuple with one of 'padding', "),
    (lambda: cases("max_forward", gradients=("lattice",)), r"gradients=\('lattice',\) has no effect"),
    (lambda: cases(dtypes=("int8",), palettes=("not_a_number",)), "palettes=.* has 'not_a_number', which needs floats"),
    (lambda: images(TWO, dtypes=("bool",), palettes=("ties", "infinite")), "palettes=.* has 'infinite'"),
    (lambda: poolings(settings=(), padding="symmetric"), "without it padding='symmetric' has no effect"),
    (lambda: poolings(settings=(), padding_limit="half"), "without it padding_limit='half' has no effect"),
    (lambda: poolings(padding="none", padding_limit="half"), "padding_limit='half' has no effect with padding='none'"),
    (lambda: poolings(padding="none", settings=("padding",)), "has 'padding', which padding='none' rules out"),
    (lambda: poolings(tiles=True, settings=("dilation",)), "has 'dilation', which tiles=True rules out"),
    (lambda: cases(palettes=()), r"palettes=\(\) should be a tuple of one or more"),
    (lambda: cases(palettes=(["ties"],)), r"has \['ties'\]; there are: 'ties', "),
    (lambda: cases(gradients=("one_hot",)), "gradients=.* did you mean 'one-hot'"),
    (lambda: cases("mean_forward", dtypes=("int8",)), r"dtypes=\('int8',\) should have a float, for mean_forward"),
    (lambda: cases("max_forward", "mean_forward", dtypes=("int8",)), "should have a float, for mean_forward"),
    (lambda: cases("padding-with-lowest", settings=()), "settings should have 'padding'"),
    (lambda: cases("neutral-settings", settings=()), "settings should have one of 'padding', 'dilation', 'ceil_mode'"),
    (lambda: cases("ranks-agree", ranks=(2,)), r"ranks=\(2,\) should be 2 or more of 1, 2, 3"),
    (lambda: cases("dilation-by-gathering", tiles=True), "tiles=True, .* rules out .* dilation"),
]


ROW = np.array([[[1.0, 2.0]]])

WRITTEN = [
    (lambda: Pooling(2, 1, (2, 2)), "size=2 should be a tuple of integers .* one for each of the 2 spatial axes"),
    (lambda: Pooling((1,), (1,), 4), "spatial=4 should be a tuple of one to three integers"),
    (lambda: Pooling((1,), (0,), (4,)), r"stride=\(0,\) should be a tuple of integers of at least 1"),
    (lambda: Pooling((1.5,), (1,), (2,)), r"size=\(1.5,\) should be"),
    (lambda: Pooling((1, 1), (1, 1), (2,)), r"size=\(1, 1\) should be .* one for the spatial axis"),
    (lambda: Pooling((3,), (1,), (2,)), "should be at most 2, the width of the image"),
    (lambda: Pooling((2,), (1,), (2,), {"dilation": (2,)}), "should be at most 2, the width of the image"),
    (lambda: Pooling((1,), (1,), (2,), {"padding": 1}), r"padding=1 should be a pair .* such as \(\(1, 1\),\)"),
    (lambda: Pooling((1,), (1,), (2,), {"padding": ((1, -1),)}), "padding=.* should be a pair"),
    (lambda: Pooling((1,), (1,), (2,), {"dilation": 2}), "dilation=2 should be a tuple"),
    (lambda: Pooling((1,), (1,), (2,), {"ceil_mode": 1}), "ceil_mode=1 should be True or False"),
    (lambda: Pooling((1,), (1,), (2,), {"pading": 1}), "settings=.* did you mean 'padding'"),
    (lambda: Pooling((1,), (1,), (2,), ("padding",)), "settings=.* should be a dict"),
    (lambda: Case("max_backwrd", ROW, (1,), (1,)), "function='max_backwrd' .* did you mean 'max_backward'"),
    (lambda: Case("max_forward", [[[1.0]]], (1,), (1,)), "x=.* should be an array"),
    (lambda: Case("max_forward", ROW[0], (1,), (1,)), r"x has shape \(1, 2\) .* should be an array \(N, C, H, W\)"),
    (lambda: Case("max_forward", ROW[:, :, :0], (1,), (1,)), r"x has shape \(1, 1, 0\)"),
    (lambda: Case("mean_forward", ROW.astype(int), (1,), (1,)), "x has .* dtype int64, but should be .* of floats,"),
    (lambda: Case("max_forward", ROW.astype(complex), (1,), (1,)), "dtype complex128, but should be .* or bool"),
    (lambda: Case("max_forward", ROW, (1,), 1), "stride=1 should be a tuple"),
    (lambda: Case("max_forward", ROW, (3,), (1,)), "should be at most 2, the width of the image"),
    (lambda: made(ROW, settings={"count_include_pad": True}), "has 'count_include_pad'; there are: padding, "),
    (lambda: made(ROW, layouts={"x": "F"}), "layouts=.* has 'F'; there are: C, Fortran, "),
    (lambda: made(ROW, layouts={"dy": "Fortran"}), "layouts=.* has 'dy'; there are: x"),
    (lambda: made(ROW, layouts="Fortran"), "layouts='Fortran' should be a dict"),
    (lambda: made(ROW, values="tie"), "values='tie' should be one of 'ties', "),
    (lambda: made(ROW, spot=1), "spot=1 should be a float"),
    (lambda: Case("max_backward", ROW, (1,), (1,)), r"dy is missing: .* shape \(1, 1, 2\) and dtype float64"),
    (lambda: Case("max_backward", ROW, (1,), (1,), [1.0]), "dy=.* should be an array of shape"),
    (lambda: Case("max_backward", ROW, (2,), (1,), ROW), r"dy has shape \(1, 1, 2\) .* should be .* shape \(1, 1, 1\)"),
    (lambda: Case("max_backward", ROW, (1,), (1,), ROW.astype("float32")), "dtype float32, but should be .* float64"),
    (lambda: replace(made(ROW), size=(3,)), "should be at most 2"),
    (lambda: check(ROW, made(ROW)), r"case=.* should be a Case; .* check\(case, result\)"),
]


@pytest.mark.parametrize(("call", "text"), WRONG + WRITTEN, ids=[text[:40] for _, text in WRONG + WRITTEN])
def test_a_wrong_argument_is_an_error_at_once_with_its_name_and_value(call, text):
    with pytest.raises(InvalidArgument, match=text):
        call()


@pytest.mark.parametrize("strategy", [poolings, images, gradients])
def test_options_are_keywords_only(strategy):
    with pytest.raises(TypeError, match="positional argument"):
        strategy(ONE, np.zeros((1, 1, 1, 1)), (2,))


@slow
@pytest.mark.parametrize("windows", ["overlapping", "gaps"])
@pytest.mark.parametrize("tiles", [False, True])
def test_the_least_number_of_cells_is_enough(windows, tiles):
    if windows == "gaps" or not tiles:
        least = poolings(windows=windows, tiles=tiles, max_cells=3)
        assert_all_examples(least, lambda p: prod(p.spatial) <= 3)


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        (poolings(), "poolings()"),
        (poolings(ranks=(1, 2), tiles=True), "poolings(ranks=(1, 2), tiles=True)"),
        (images(TWO, max_samples=1), f"images({TWO}, max_samples=1)"),
        (gradients(TWO, ROW), f"gradients({TWO}, np.array([[[1.0, 2.0]]]))"),
        (cases("max_forward", "linearity", settings=()), "cases('max_forward', 'linearity', settings=())"),
    ],
)
def test_a_strategy_prints_as_it_was_written(strategy, text):
    assert repr(strategy) == text


def test_the_page_names_every_keyword_palette_and_layout():
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    strategies = (poolings, images, gradients, cases)
    keywords = {
        name for each in strategies for name, p in signature(each).parameters.items() if p.kind == p.KEYWORD_ONLY
    }
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    assert not {*keywords, *NAMES, *LAYOUTS, "one-hot"} - {*re.findall(r"`([^`]+)`", prose)}


def table(heading):
    """The cells of each row under a heading of the page, as the names in them."""
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    rows = page[page.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[tuple(re.findall(r"`([^`]+)`", cell)) for cell in row.strip("|").split("|")] for row in rows]


def test_the_page_lists_palettes_in_the_order_of_messages():
    assert tuple(name for (name,), _ in table("| palette |")) == GRADIENT_NAMES


def test_the_page_has_the_defaults_of_palettes():
    plans = {f'cases("{name}")': plan for name, plan in PLANS.items()}
    default = {each.__name__: signature(each).parameters["palettes"].default for each in (images, gradients)}
    expected = {name: (tuple(dict.fromkeys(plan.values)), plan.gradients) for name, plan in plans.items()}
    expected |= {"images": (default["images"], ()), "gradients": ((), default["gradients"])}
    found = {name: (x, dy) for names, x, dy in table("| default of |") for name in names}
    assert found == {
        name: (x, dy if "forward" not in name and "indices" not in name else ()) for name, (x, dy) in expected.items()
    }


@slow
@pytest.mark.parametrize("count", [1, 2, 11, 12, 28, 99])
def test_every_option_is_drawn_and_the_first_is_the_simplest(count):
    @st.composite
    def places(draw):
        return Drawn(draw).index(count)

    drawn = []
    Drawn(lambda strategy: drawn.append(strategy.wrapped_strategy.end) or 0).index(count)
    assert max(drawn) <= 10
    assert_all_examples(places(), lambda place: 0 <= place < count)
    assert minimal(places()) == 0
    assert find_any(places(), lambda place: place == count - 1) == count - 1


@slow
def test_lists_and_sets_are_taken_as_tuples_are():
    assert_all_examples(poolings(ranks=[1], settings=set()), lambda p: len(p.size) == 1 and not p.settings)
