"""The mistakes that explain a failure: simple ones are named, wherever they are made, and unknown ones are not."""

from types import SimpleNamespace

import numpy as np
import pytest
from faults import FAULTS
from faults.general import General
from msgspec import UNSET
from poolproof.kernels import naive
from poolproof.properties.failures import evidence as evidence_room
from poolproof.properties.failures.diagnosis import diagnosis
from poolproof.properties.failures.evidence import Evidence
from poolproof.properties.failures.hypotheses import CONFIRMED, Hypothesis
from poolproof.properties.failures.judging import judged
from poolproof.properties.failures.mistakes import MISTAKES
from poolproof.properties.failures.mistakes.conduct import VARIES
from poolproof.properties.lawbook import LAWS
from poolproof.properties.run.runner import run
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.call import Call
from poolproof.properties.targets.target import wrap
from selection import slow
from test_messages import backward, evenly, forward, to_every_tie, to_first

pytestmark = pytest.mark.once


def mistakes(law, implementation, **settings):
    """The mistakes that a run of one law names."""
    found = run(LAWS[law], wrap(implementation, "mine"), TrialSettings(seed=0, **settings)).counterexample
    return [] if found is None or found.mistakes is UNSET else found.mistakes


def nonzero_mean(cells):
    return cells.sum() / max(np.count_nonzero(cells), 1)


def swapped(kernel):
    """A kernel that exchanges the axes of size and stride if the windows still fit."""

    def exchanged(*given):
        *arrays, size, stride = given
        fits = all(f <= n for f, n in zip(size[::-1], arrays[-1].shape[2:], strict=True))
        return kernel(*arrays, size[::-1], stride[::-1]) if fits else kernel(*arrays, size, stride)

    return exchanged


def positive_only(share):
    return lambda d, cells: share(max(d, 0), cells)


PLANTED = {
    "max-is-mean": ("max-value", {"max_forward": forward(np.mean)}),
    "max-begins-at-zero": ("max-value", {"max_forward": forward(lambda c: max(c.max(), 0))}),
    "max-is-minimum": ("max-value", {"max_forward": forward(np.min)}),
    "max-of-absolute-values": ("max-value", {"max_forward": forward(lambda c: np.abs(c).max())}),
    "mean-is-maximum": ("mean-value", {"mean_forward": forward(np.max)}),
    "mean-not-divided": ("mean-value", {"mean_forward": forward(np.sum)}),
    "divisor-skips-zeros": ("mean-value", {"mean_forward": forward(nonzero_mean)}),
    "divisor-off-by-one": ("mean-value", {"mean_forward": forward(lambda c: c.sum() / (c.size + 1))}),
    "first-cell": ("max-value", {"max_forward": forward(lambda c: c[0])}),
    "size-and-stride-exchanged": ("output-size", {"mean_forward": swapped(forward(np.mean))}),
    "gradients-overwritten": ("max-accumulation", {"max_backward": backward(to_first, assign=True)}),
    "every-tie-gets-gradient": ("tied-maxima", {"max_backward": backward(to_every_tie)}),
    "gradient-spread-over-window": ("routing", {"max_backward": backward(evenly)}),
    "negative-gradients-dropped": ("routing", {"max_backward": backward(positive_only(to_first))}),
    "nothing-passed-back": ("routing", {"max_backward": backward(lambda _, cells: np.zeros(cells.shape))}),
    "gradient-to-maximum": ("mean-spread", {"mean_backward": backward(to_first)}),
}
"""For each mistake, a law that detects it and a kernel in plain loops that makes it."""


@slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_simple_mistake_is_named(name):
    law, kernel = PLANTED[name]
    assert mistakes(law, SimpleNamespace(**kernel, dtypes=("float64",)))[:1] == [name]


def under(function, mistaken):
    """A sound kernel that is called with other settings than the caller's."""

    def kernel(*given, padding=((0, 0), (0, 0)), dilation=(1, 1), ceil_mode=False):
        return getattr(naive, function)(*given, **mistaken(padding, dilation, ceil_mode))

    return SimpleNamespace(**{function: kernel}, dtypes=("float64",))


SETTINGS = {
    "padding-sides-exchanged": lambda p, d, c: {
        "padding": tuple(pair[::-1] for pair in p), "dilation": d, "ceil_mode": c
    },
    "dilations-exchanged": lambda p, d, c: {"padding": p, "dilation": d[::-1], "ceil_mode": c},
    "ceil-mode-ignored": lambda p, d, c: {"padding": p, "dilation": d},
}  # fmt: skip


@slow
@pytest.mark.parametrize("name", SETTINGS)
def test_a_mistake_about_settings_is_named(name):
    law = "max-value" if name.startswith("padding") else "output-size"
    assert mistakes(law, under("max_forward", SETTINGS[name]))[:1] == [name]


@slow
def test_an_error_is_explained_by_windows_that_do_not_fit_where_other_answers_are_wrong_for_the_same_reason():
    found = run(LAWS["output-size"], wrap(under("max_forward", SETTINGS["dilations-exchanged"])), TrialSettings(seed=0))
    assert (found.verdict, found.counterexample.mistakes) == ("raised", ["dilations-exchanged"])


def test_an_error_beside_wrong_answers_for_another_reason_is_not_explained_by_them():
    def max_forward(x, size, stride, dilation=(1, 1)):
        if dilation[0] > 1:
            raise IndexError("out of bounds")
        return naive.max_forward(x, size, stride, dilation=dilation[::-1])

    found = run(LAWS["output-size"], wrap(SimpleNamespace(max_forward=max_forward)), TrialSettings(seed=0))
    assert (found.verdict, found.counterexample.mistakes) == ("raised", UNSET)


@slow
@pytest.mark.parametrize("law", ["gradient-shape", "routing"])
def test_an_error_where_a_mistake_reads_past_the_image_is_explained_by_it(law):
    def max_backward(dy, x, size, stride, dilation=(1, 1)):
        # The column of a maximum is found with the dilation of the rows.
        dx = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(dy.shape):
            top, left = i * stride[0], j * stride[1]
            ends = [start + (f - 1) * d + 1 for start, f, d in zip((top, left), size, dilation, strict=True)]
            window = x[n, c, top : ends[0] : dilation[0], left : ends[1] : dilation[1]]
            h, w = np.unravel_index(window.argmax(), size)
            dx[n, c, top + h * dilation[0], left + w * dilation[0]] += dy[n, c, i, j]
        return dx.astype(x.dtype)

    kernel = SimpleNamespace(max_backward=max_backward, dtypes=("float64",))
    found = run(LAWS[law], wrap(kernel), TrialSettings(seed=0))
    assert (found.verdict, found.counterexample.mistakes) == ("raised", ["place-by-other-axis"])


@slow
def test_an_error_of_a_gradient_whose_forward_pass_has_a_wrong_shape_is_explained_by_that():
    def max_forward(x, size, stride):
        return naive.max_forward(x, size, stride)[..., 1:, :]

    def max_backward(dy, x, size, stride):
        if dy.shape != max_forward(x, size, stride).shape:
            raise RuntimeError("dy has another shape than the result")
        return naive.max_backward(dy, x, size, stride)

    kernel = SimpleNamespace(max_forward=max_forward, max_backward=max_backward, dtypes=("float64",))
    found = run(LAWS["routing"], wrap(kernel), TrialSettings(seed=0))
    assert (found.verdict, found.counterexample.mistakes[0]) == ("raised", "one-window-too-few")
    alone = SimpleNamespace(max_backward=max_backward, dtypes=("float64",))
    assert run(LAWS["routing"], wrap(alone), TrialSettings(seed=0)).counterexample.mistakes is UNSET


@slow
@pytest.mark.parametrize("law", ["gradient-in-window", "conservation"])
@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_a_gradient_of_a_window_wholly_in_padding_is_told_whichever_cell_gets_it(law, place):
    class Passes(FAULTS["settings.IndexPastThePlane"]):
        def scattered(self, dy, winners, x):
            cells = x[0, 0].size
            return General.scattered(self, dy, np.where(winners < cells, winners, place % cells), x)

    assert mistakes(law, Passes) == ["gradient-of-padding"]


def padded_first(padding, value):
    """Maxima of images that are first padded with a number, and the gradients that a framework derives from them."""
    sides = ((0, 0), (0, 0), *padding)
    real = tuple(slice(begin, -end or None) for begin, end in sides)

    def max_forward(x, size, stride, padding):
        return naive.max_forward(np.pad(x, sides, constant_values=value), size, stride)

    def max_backward(dy, x, size, stride, padding):
        return naive.max_backward(dy, np.pad(x, sides, constant_values=value), size, stride)[real]

    fixed = {"size": (3, 3), "stride": (2, 2), "padding": padding}
    return SimpleNamespace(max_forward=max_forward, max_backward=max_backward, fixed=fixed, dtypes=("float64",))


@slow
@pytest.mark.parametrize("law", ["max-value", "routing", "max-differences", "conservation"])
@pytest.mark.parametrize(("value", "name"), [(0, "zero-padding-wins"), (-1, "padding-not-low-enough")])
def test_what_lies_in_padding_is_named_where_windows_are_fixed(law, value, name):
    # Gradients of integers look the same with either number.
    assert name in mistakes(law, padded_first(((1, 1), (1, 1)), value))


@slow
def test_a_mistake_on_a_path_of_its_own_is_named():
    def mean_forward(x, size, stride):
        # Rows of more than four windows are not divided.
        y = naive.mean_forward(x, size, stride)
        return y * np.prod(size).astype(y.dtype) if y.shape[3] > 4 else y

    assert (
        mistakes("mean-value", SimpleNamespace(mean_forward=mean_forward, dtypes=("float64",)))[0] == "mean-not-divided"
    )


@pytest.mark.parametrize(
    ("law", "function", "kernel"),
    [
        ("max-value", "max_forward", forward(lambda c: c[0] + 17)),
        ("routing", "max_backward", backward(lambda d, c: np.full(c.shape, d + 17))),
        ("mean-value", "mean_forward", forward(lambda c: np.sort(c)[c.size // 2] * 3 - 1)),
    ],
)
def test_a_mistake_that_nobody_knows_is_not_named(law, function, kernel):
    assert mistakes(law, SimpleNamespace(**{function: kernel}, dtypes=("float64",))) == []


def test_an_answer_that_depends_on_earlier_calls_is_told():
    class Remembers:
        def __init__(self):
            self.kept = {}

        def max_forward(self, x, size, stride):
            return self.kept.setdefault((x.shape, size, stride), naive.max_forward(x, size, stride)).copy()

    assert mistakes("nothing-remembered", Remembers) == ["depends-on-earlier-calls"]


def test_memory_that_is_read_in_another_order_is_told():
    def max_forward(x, size, stride):
        read = x.T.copy().reshape(x.shape) if x.flags.f_contiguous and not x.flags.c_contiguous else x
        return naive.max_forward(np.ascontiguousarray(read), size, stride)

    assert mistakes("memory-layouts", SimpleNamespace(max_forward=max_forward)) == ["layout-ignored"]


def test_a_valid_call_that_is_refused_is_told():
    def max_forward(x, size, stride):
        if x.dtype.kind != "f":
            raise TypeError("floats only")
        return naive.max_forward(x, size, stride)

    kernel = SimpleNamespace(max_forward=max_forward, dtypes=("int8", "float64"))
    assert mistakes("max-value", kernel) == ["refuses-integers"]


def test_known_failures_have_their_mistakes_too():
    law, kernel = PLANTED["max-is-minimum"]
    assert mistakes(law, SimpleNamespace(**kernel, dtypes=("float64",)), brief=True)[:1] == ["max-is-minimum"]


# Hypotheses.


def call(**arrays):
    """A call of max_forward on two windows."""
    return Call("max_forward", {"x": np.array([[[-1.0, -2.0, 3.0, 4.0]]])} | arrays, (2,), (2,))


def test_a_hypothesis_is_dropped_by_a_wrong_answer_that_it_does_not_give():
    mistake = MISTAKES["max-is-minimum"]
    one = Hypothesis(mistake, mistake.answers[0])
    assert one.test(judged(call(), np.array([[[-2.0, 3.0]]])))
    assert (one.confirmed, one.precision) == (1, 1.0)
    assert not one.test(judged(call(), np.array([[[-2.0, 7.0]]])))


def test_a_hypothesis_is_as_precise_as_its_wrong_cells_are_many():
    mistake = MISTAKES["max-is-minimum"]
    one = Hypothesis(mistake, mistake.answers[0])
    assert one.test(judged(call(), np.array([[[-2.0, 4.0]]])))
    assert one.precision == 0.5


@pytest.mark.parametrize(("answers", "holds"), [([[-8, -6], [5, -6]], False), ([[-8, 1], [-8, 1]], True)])
def test_a_mistake_in_a_place_where_other_numbers_are_pooled_rightly_does_not_hold(answers, holds):
    # Both windows should give 5 and 1; by absolute values they give -8 and -6.
    mistake, images = MISTAKES["max-of-absolute-values"], ([-8.0, 5.0, -6.0, 1.0], [-8.0, 5.0, 1.0, -6.0])
    one = Hypothesis(mistake, mistake.answers[0])
    for x, answer in [*zip(images, answers, strict=True)] * CONFIRMED:
        assert one.test(judged(call(x=np.array([[x]])), np.array([[answer]], float)))
    assert one.holds is holds


def test_a_mistake_that_is_always_made_is_dropped_by_a_right_answer():
    mistake = MISTAKES["last-cell"]
    assert not Hypothesis(mistake, mistake.answers[0]).test(judged(call(), np.array([[[-1.0, 4.0]]])))


def minimum(**limits):
    """A failing call of a kernel that returns the minimum, as evidence."""
    kernel = SimpleNamespace(max_forward=forward(np.min))
    failing = Call("max_forward", {"x": np.arange(4.0).reshape(1, 1, 1, 4)}, (1, 2), (1, 2))
    return Evidence(wrap(kernel), LAWS["max-value"].plan, [[failing]], "ties", **limits)


@pytest.mark.parametrize("limits", [{"seconds": 0.0}, {"latest": 0.0}])
def test_no_time_is_no_hint(limits):
    assert diagnosis(minimum())[0] == "max-is-minimum"
    assert diagnosis(minimum(**limits)) == []


class Clock:
    """Instead of the module time: seconds on the wall, and those in which this process worked."""

    def __init__(self):
        self.wall = self.worked = 0.0

    def time(self):
        return self.wall

    monotonic = time

    def thread_time(self):
        return self.worked


def test_what_it_takes_to_start_a_target_is_no_time_for_its_hints(monkeypatch):
    monkeypatch.setattr(evidence_room, "time", clock := Clock())
    evidence = minimum()
    start = evidence.target.afresh
    evidence.target.afresh = lambda: (setattr(clock, "wall", clock.wall + 60), start())[1]
    assert diagnosis(evidence)[0] == "max-is-minimum"
    assert clock.wall >= 60


@pytest.mark.parametrize(("working", "waiting", "over"), [(0, 9, False), (9, 0, False), (0, 11, True), (6, 5, True)])
def test_time_for_hints_is_work_here_and_waiting_for_the_target(monkeypatch, working, waiting, over):
    monkeypatch.setattr(evidence_room, "time", clock := Clock())
    evidence = minimum()
    clock.wall, clock.worked = 600.0, float(working)  # the machine is busy with others
    assert not evidence.over
    ask = evidence.target.ask
    evidence.target.ask = lambda call: (setattr(clock, "wall", clock.wall + waiting), ask(call))[1]
    evidence.ask(evidence.runs[0][0])
    assert evidence.over is over


def test_answers_that_change_from_call_to_call_are_no_other_mistake():
    count = iter(range(1 << 30))

    def racing(dy, x, size, stride):
        """Some gradients get lost, now here and now there."""
        lost = np.random.default_rng(next(count)).random(dy.shape) < 0.5
        return naive.max_backward(np.where(lost, 0, dy).astype(dy.dtype), x, size, stride)

    assert mistakes("max-accumulation", SimpleNamespace(max_backward=racing)) in ([], [VARIES.name])


def test_a_gradient_of_more_taps_than_a_wrong_answer_is_computed_for_has_no_hint():
    def mean_backward(dy, x, size, stride):
        return naive.mean_backward(dy, x, size, stride) + 17

    x = np.zeros((1, 1, 80, 80))
    failing = Call("mean_backward", {"dy": np.ones((1, 1, 41, 41)), "x": x}, (40, 40), (1, 1))
    kernel = wrap(SimpleNamespace(mean_backward=mean_backward))
    assert diagnosis(Evidence(kernel, LAWS["mean-spread"].plan, [[failing]], "ties", seconds=0.5)) == []


@pytest.mark.parametrize("size", [(40, 40), (3, 3)])
def test_an_error_of_a_gradient_of_many_taps_is_examined(size):
    def max_backward(dy, x, size, stride):
        if x.shape[2] > 50:
            raise IndexError("out of bounds")
        return naive.max_backward(dy, x, size, stride)[:, :, ::-1]

    output = tuple(80 - f + 1 for f in size)
    failing = Call("max_backward", {"dy": np.ones((1, 1, *output)), "x": np.zeros((1, 1, 80, 80))}, size, (1, 1))
    kernel = wrap(SimpleNamespace(max_backward=max_backward))
    assert diagnosis(Evidence(kernel, LAWS["routing"].plan, [[failing]], "ties", seconds=2.0)) == []
