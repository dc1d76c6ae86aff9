"""Wrappers: each accepts a sound function of its form, and rejects a wrong one by the law about its mistake."""

import ast
import functools
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from poolproof.kernels import naive
from poolproof.properties import check, laws
from poolproof.properties.contract import Unusable
from poolproof.properties.lawbook import LAWS as EVERY_LAW
from poolproof.properties.remote import worker
from poolproof.properties.run.runner import run
from poolproof.properties.run.smoke import smoke_test
from poolproof.properties.run.trial import TrialSettings
from poolproof.properties.targets.isolated import Isolation
from poolproof.properties.targets.loading import load
from poolproof.properties.targets.target import wrap
from poolproof.properties.wrappers import arranged, cached, first, images, ints, layer, nhwc, onnx_model, planes
from poolproof.properties.wrappers.frameworks import Framework, differentiated
from poolproof.properties.wrappers.shapes import LAYOUTS
from selection import once_but, slow
from shell import FAULTY, poolproof

NAMES = ("max_forward", "max_backward", "mean_forward", "mean_backward", "max_indices")
LAWS = "output-size,gradient-shape,max-value,max-index,mean-value,routing,max-accumulation,mean-spread,inputs-unchanged"


def accepted(target, pattern=LAWS, examples=5):
    """Assert that these laws pass, and return how many."""
    check(target, examples=examples, seed=1, pattern=pattern)
    return len(laws(target, pattern=pattern))


def rejected(target, law):
    """Assert that this law fails."""
    with pytest.raises(AssertionError, match=f"^{law}: broken"):
        check(target, examples=20, seed=1, pattern=law)


def in_layout(layout, function):
    """A function of the contract as one on arrays with these axes, written with einsum, unlike the wrappers."""
    inner, letters = "NCHW", layout
    into = f"{letters}->{''.join(letter for letter in inner if letter in letters)}"
    lacking = tuple(axis for axis, letter in enumerate("NC") if letter not in letters)
    back = "->".join(reversed(into.split("->")))

    @functools.wraps(function)
    def call(*arguments, **settings):
        *arrays, size, stride = arguments
        full = [np.expand_dims(np.einsum(into, array), lacking) for array in arrays]
        return np.einsum(back, function(*full, size, stride, **settings).squeeze(lacking)).copy()

    return call


def kernel(layout):
    """The shipped kernel, on arrays in this layout."""
    return SimpleNamespace(**{name: in_layout(layout, getattr(naive, name)) for name in NAMES})


FAULTS = {}
exec(FAULTY, FAULTS)
overwriting = FAULTS["max_backward"]
"""A max_backward in which the last of two windows that share a maximum wins."""


# Layouts.


@slow
def test_functions_on_planes_keep_every_law():
    assert accepted(planes(kernel("HW")), "*", examples=2) > 35


@pytest.mark.parametrize("layout", once_but(LAYOUTS, "NHWC", others=slow))
def test_functions_on_any_layout_are_accepted(layout):
    assert accepted(arranged(layout, kernel(layout)), examples=3) == 9


@pytest.mark.parametrize(("wrapper", "layout"), [(planes, "HW"), (images, "HWC"), (nhwc, "NHWC")])
def test_a_layout_with_a_name(wrapper, layout):
    assert accepted(wrapper(kernel(layout)), "max-value,mean-accumulation", examples=3) == 2
    rejected(wrapper(max_backward=in_layout(layout, overwriting)), "max-accumulation")


def test_planes_of_images_with_one_and_three_axes():
    def pool(x, size, stride):
        return naive.max_forward(x[None, None], size, stride)[0, 0]

    target = planes(max_forward=pool, ranks=(1, 2, 3))
    assert accepted(target, "max-value,ranks-agree", examples=10) == 2


def test_the_suite_sees_what_a_function_does_to_memory():
    def writing(x, size, stride):
        y = naive.max_forward(x.transpose(0, 3, 1, 2), size, stride).transpose(0, 2, 3, 1)
        x[...] = 0
        return y

    rejected(nhwc(max_forward=writing), "inputs-unchanged")
    itself = nhwc(max_forward=lambda x, size, stride: x)
    assert np.shares_memory(itself.max_forward(x := np.ones((1, 2, 3, 3)), (1, 1), (1, 1)), x)


def test_results_are_handed_on_as_they_are():
    rejected(
        planes(max_forward=lambda x, size, stride: in_layout("HW", naive.max_forward)(x, size, stride)[0]), "max-value"
    )
    x = np.ones((1, 2, 3, 3), np.float32)
    assert planes(max_forward=lambda x, size, stride: [1.0]).max_forward(x, (3, 3), (1, 1)) == [1.0]
    doubled = planes(max_forward=lambda x, size, stride: np.ones((1, 1), np.float64))
    assert doubled.max_forward(x, (3, 3), (1, 1)).dtype == np.float64
    mixed = iter((np.float16, np.float32))
    changing = planes(max_forward=lambda x, size, stride: np.ones((1, 1), next(mixed)))
    with pytest.raises(ValueError, match=r"one shape and dtype, but returned float16\(1, 1\), float32\(1, 1\)"):
        changing.max_forward(x, (3, 3), (1, 1))


def test_a_buffer_that_is_used_for_every_plane_is_found():
    buffers = {}

    def pool(x, size, stride):
        y = in_layout("HW", naive.max_forward)(x, size, stride)
        buffer = buffers.setdefault((y.shape, y.dtype), y)
        buffer[...] = y
        return buffer

    rejected(planes(max_forward=pool), "max-value")


# Settings.


def keywords(function):
    return set(inspect.signature(function).parameters)


@pytest.mark.parametrize("wrapper", [planes, ints, cached])
def test_settings_that_a_function_names_are_asked_of_it(wrapper):
    def pool(x, F, S, dilation=1, *, ceil_mode=False): ...  # noqa: N803

    assert {"dilation", "ceil_mode"} < keywords(wrapper(max_forward=pool).max_forward)
    target = (
        wrapper(max_forward=pool, max_backward=lambda dy, cache: ...)
        if wrapper is cached
        else wrapper(max_forward=pool)
    )
    taken = wrap(target).declared.settings
    assert taken == dict.fromkeys(taken, ("dilation", "ceil_mode"))


def test_settings_are_handed_on_as_given():
    seen = []
    target = planes(mean_forward=lambda x, size, stride, **settings: seen.append((size, stride, settings)) or x)
    target.mean_forward(np.ones((1, 1, 2, 2)), (1, 2), (2, 1), padding=((0, 1), (1, 0)), ceil_mode=True)
    assert seen == [((1, 2), (2, 1), {"padding": ((0, 1), (1, 0)), "ceil_mode": True})]


# Single ints.


def squares(function):
    """A function of the contract as one that takes only single ints."""

    @functools.wraps(function)
    def call(*arguments, ceil_mode=False):
        *arrays, F, S = arguments  # noqa: N806
        assert type(F) is type(S) is int
        return function(*arrays, (F,) * 2, (S,) * 2, ceil_mode=ceil_mode)

    call.__signature__ = inspect.signature(lambda x, f, s, ceil_mode=False: ...)
    return call


def test_functions_of_single_ints_are_asked_for_squares_alone():
    target = ints(SimpleNamespace(**{name: squares(getattr(naive, name)) for name in NAMES}))
    assert accepted(target) == 9
    assert wrap(target).declared.square
    backward = squares(lambda dy, x, size, stride, ceil_mode: overwriting(dy, x, size, stride))
    backward.__signature__ = inspect.signature(overwriting)
    rejected(ints(max_backward=backward), "max-accumulation")


def test_equal_settings_are_single_ints_and_others_as_given():
    seen = []
    target = ints(mean_forward=lambda x, f, s, **settings: seen.append((f, s, settings)))
    target.mean_forward(0, (2, 2), (3, 3), padding=((1, 1), (1, 1)), dilation=(2, 2), count_include_pad=False)
    target.mean_forward(0, (2,), (3,), padding=((1, 1), (0, 0)), dilation=(2, 1))
    assert seen == [
        (2, 3, {"padding": 1, "dilation": 2, "count_include_pad": False}),
        (2, 3, {"padding": ((1, 1), (0, 0)), "dilation": (2, 1)}),
    ]
    assert (wrap(target).declared.square, wrap(target).declared.padding) == (True, "symmetric")


@slow
def test_a_function_of_single_ints_is_asked_with_padding_and_dilation_too():
    def max_forward(x, f, s, padding=0, dilation=1):
        assert {type(each) for each in (f, s, padding, dilation)} == {int}
        return naive.max_forward(x, f, s, padding=padding, dilation=dilation)

    check(ints(max_forward=max_forward), examples=10, seed=1, pattern="shape,settings,max-value")

    def unpadded(x, f, s, padding=0, dilation=1):
        return naive.max_forward(x, f, s, dilation=dilation)

    with pytest.raises(AssertionError, match="padding"):
        check(ints(max_forward=unpadded), examples=20, seed=1, pattern="max-value,padding-with-lowest")


# Caches.


def remembering(backward=naive.max_backward):
    """A forward that stores its arguments in its cache, and a backward that reads them from there."""

    def forward(x, size, stride, **settings):
        return naive.max_forward(x, size, stride, **settings), (x, size, stride, settings)

    def from_cache(dy, cache):
        x, size, stride, settings = cache
        return backward(dy, x, size, stride, **settings)

    return {"max_forward": forward, "max_backward": from_cache}


def test_a_backward_takes_the_cache_of_its_forward():
    assert accepted(cached(**remembering()), "shape,max-value,backward,other-settings") == 15
    rejected(
        cached(**remembering(lambda dy, x, size, stride, **_: overwriting(dy, x, size, stride))), "max-accumulation"
    )


def test_a_stale_cache_is_found():
    held = []

    def forward(x, size, stride):
        held.append((x.copy(), size, stride))
        return naive.max_forward(x, size, stride), None

    def backward(dy, _):
        return naive.max_backward(np.resize(dy, naive.max_forward(*held[0]).shape), *held[0])

    rejected(cached(max_forward=forward, max_backward=backward), "routing")


def test_wrappers_go_around_one_another():
    def forward(image, F, S):  # noqa: N803
        y = in_layout("HWC", naive.mean_forward)(image, (F, F), (S, S))
        return y, (image, F, S)

    def backward(dy, cache):
        image, F, S = cache  # noqa: N806
        return in_layout("HWC", naive.mean_backward)(dy, image, (F, F), (S, S))

    for target in (
        images(ints(cached(mean_forward=forward, mean_backward=backward))),
        ints(images(cached(mean_forward=forward, mean_backward=backward))),
    ):
        assert accepted(target, "gradient-shape,mean-value,mean-spread") == 3
    rejected(images(ints(cached(mean_forward=forward, mean_backward=lambda dy, c: 2 * backward(dy, c)))), "mean-spread")


def test_cached_around_a_layout_is_told_to_go_inside():
    with pytest.raises(TypeError, match=r"returned a tuple; is it \(y, cache\), for cached\(\)"):
        cached(planes(max_forward=lambda x, size, stride: (x, x))).max_forward(np.ones((2, 1, 2, 2)), (1, 1), (1, 1))


# The first of several results.


def test_the_first_of_several_results_is_taken_and_no_other_result_changed():
    several = first(
        max_forward=lambda x, size, stride: (naive.max_forward(x, size, stride), "mask"),
        max_backward=lambda dy, x, size, stride: [naive.max_backward(dy, x, size, stride)],
        mean_forward=naive.mean_forward,
    )
    assert accepted(several, "max-value,routing,mean-value") == 3
    rejected(first(max_backward=lambda *call: (overwriting(*call),)), "max-accumulation")
    assert first(max_forward=lambda x, size, stride: ()).max_forward(0, 1, 1) == ()


# Layers.


class Layer:
    """A teaching layer of max pooling."""

    def __init__(self, size, stride, padding=0):
        self.windows, self.settings = (size, stride), {"padding": padding}

    def forward(self, x):
        self.x = x
        return naive.max_forward(x, *self.windows, **self.settings)

    def backward(self, delta):
        return naive.max_backward(delta, self.x, *self.windows, **self.settings)


class Forward:
    """A layer without a backward."""

    def __init__(self, size, stride):
        self.windows = size, stride

    def forward(self, x):
        return naive.mean_forward(x, *self.windows)


class Overwriting(Layer):
    """A layer whose backward loses the gradient of the last window but one."""

    def backward(self, delta):
        return overwriting(delta, self.x, *self.windows)


def test_layers_are_accepted_with_the_settings_that_they_name():
    target = layer(max_layer=Layer, mean_layer=Forward)
    found = wrap(target)
    assert found.offers == ("max_forward", "mean_forward", "max_backward")
    assert found.declared.settings_of("max_forward", "max_backward") == ("padding",)
    assert accepted(target, "max-value,max-accumulation,mean-value,padding-with-lowest") == 4


def test_a_layer_may_be_made_by_a_function_and_inside_other_wrappers():
    of_ints = ints(layer(max_layer=lambda f, s: Layer((f, f), (s, s)), dtypes=("float32",)))
    assert wrap(of_ints).declared.square
    assert wrap(of_ints).declared.dtypes == ("float32",)
    assert accepted(of_ints, "max-value,routing") == 2


def test_a_wrong_layer_is_rejected():
    rejected(layer(max_layer=Overwriting), "max-accumulation")


def test_a_layer_that_cannot_be_tried_beforehand_is_asked_for_its_backward():
    assert "max_backward" in wrap(layer(max_layer=lambda size, stride: 1 / 0)).offers


# Arguments of wrappers.


def test_declarations_and_names_come_along():
    target = planes(SimpleNamespace(name="mine", version="3", dtypes=("float32",), max_forward=min), ranks=(1, 2))
    found = wrap(nhwc(target)).declared
    assert (found.name, found.version, found.dtypes, found.ranks) == ("nhwc(planes(mine))", "3", ("float32",), (1, 2))
    assert wrap(ints(target, name="ours", square=False)).declared.name == "ours"
    assert wrap(planes(max_forward=overwriting)).name == "planes(max_backward)"
    assert wrap(nhwc(naive, max_forward=max)).name == "nhwc(naive)"


WRONG = {
    "nothing": (
        planes,
        TypeError,
        r"planes: implementation=None has none of max_forward, .*max_forward=\.\.\.",
    ),
    "a-function": (
        lambda: nhwc(max),
        TypeError,
        r"nhwc: implementation=<built-in function max> has none of max_forward",
    ),
    "no-function": (lambda: ints(max_forward=3), TypeError, r"ints: max_forward=3 should be a function"),
    "unknown": (lambda: cached(max_foward=max), TypeError, r"cached: max_foward=.* did you mean 'max_forward'\?"),
    "no-forward": (lambda: cached(max_backward=max), TypeError, r"cached: max_backward should come with max_forward"),
    "layout": (lambda: arranged("WH", naive), ValueError, r"arranged: layout='WH' should be one of HW, CHW, HWC"),
    "no-layer": (layer, TypeError, r"layer: there is no layer; give max_layer=\.\.\. or mean_layer="),
    "a-made-layer": (lambda: layer(max_layer=3), TypeError, r"layer: max_layer=3 should be a class, or a function"),
    "unknown-layer": (lambda: layer(max_layer=Layer, rank=1), TypeError, r"layer: rank=1 .* did you mean 'ranks'\?"),
    "no-pair": (
        lambda: cached(max_forward=abs).max_forward(-1),
        TypeError,
        r"abs should return \(y, cache\), but returned",
    ),
    "runtime": (
        lambda: onnx_model("a", runtime="ort"),
        ValueError,
        r"runtime='ort' should be one of onnxruntime, refer",
    ),
    "declared": (lambda: onnx_model("a", rank=1), TypeError, r"onnx_model: rank=1 is not .* did you mean 'ranks'\?"),
}


@pytest.mark.parametrize(("call", "kind", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_gets_one_clear_error(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_wrappers_are_light_to_import():
    heavy = "{'hypothesis', 'numba', 'torch', 'jax', 'onnx', 'onnxruntime'}"
    code = f"import sys, poolproof.properties.wrappers; print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


# In an interpreter without poolproof.


WRAPPED = """
from numpy.lib.stride_tricks import sliding_window_view
from poolproof.properties.wrappers import planes

def pool(x, size, stride):
    return sliding_window_view(x, size)[:: stride[0], :: stride[1]].max(axis=(2, 3))

wrapped = planes(max_forward=pool)
"""


@pytest.fixture
def bare(tmp_path):
    """An interpreter with the standard library and NumPy, and nothing else."""
    (tmp_path / "site").mkdir()
    installed = Path(np.__file__).parent
    for folder in (installed, installed.with_name("numpy.libs")):
        if folder.is_dir():
            (tmp_path / "site" / folder.name).symlink_to(folder)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}/site" exec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    return python


def test_a_wrapped_target_needs_numpy_alone_where_it_runs(tmp_path, bare):
    said = subprocess.run([bare, "-c", "import poolproof"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "No module named 'poolproof'" in said.stderr
    (tmp_path / "kernel.py").write_text(WRAPPED)
    target = load(f"{tmp_path}/kernel.py:wrapped", Isolation(python=str(bare)))
    smoke_test(target)
    assert run(EVERY_LAW["max-value"], target, TrialSettings(20, seed=1)).verdict == "holds"


ARRAYS = """
from numpy.lib.stride_tricks import sliding_window_view

def pool(x, kernel_size, stride):
    return sliding_window_view(x, kernel_size, axis=(2, 3))[:, :, :: stride[0], :: stride[1]].max(axis=(4, 5))
"""


def test_what_takes_a_target_for_a_function_comes_along(tmp_path, bare):
    (tmp_path / "kernel.py").write_text(ARRAYS)
    target = load(f"function({tmp_path}/kernel.py)", Isolation(python=str(bare)))
    smoke_test(target)
    assert run(EVERY_LAW["max-value"], target, TrialSettings(20, seed=1)).verdict == "holds"


def test_nothing_of_the_suite_but_the_wrappers_is_shown_to_such_a_target(tmp_path, bare):
    (tmp_path / "kernel.py").write_text(f"{WRAPPED}\nfrom poolproof.properties import lawbook\n")
    with pytest.raises(Unusable, match="cannot import name 'lawbook'"):
        load(f"{tmp_path}/kernel.py:wrapped", Isolation(python=str(bare)))


def test_a_poolproof_that_is_installed_there_comes_first(tmp_path, bare):
    package = tmp_path / "site" / "poolproof" / "properties" / "wrappers"
    package.mkdir(parents=True)
    package.with_name("__init__.py").write_text("")
    (package / "__init__.py").write_text(
        "import types\ndef planes(**functions):\n    return types.SimpleNamespace(name='its own', **functions)\n"
    )
    (tmp_path / "kernel.py").write_text(WRAPPED)
    assert load(f"{tmp_path}/kernel.py:wrapped", Isolation(python=str(bare))).name == "its own"


def test_every_file_that_goes_with_the_worker_is_written_for_python_3_8_and_needs_numpy_and_frameworks_alone():
    frameworks = {"torch", "jax", "onnx", "onnxruntime"}
    folder = Path(worker.__file__).parent
    for file in (folder / "vocabulary.py", *(folder / "wrappers").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text, feature_version=(3, 8))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
        assert {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) <= {"numpy", *frameworks}
        assert not re.search(r"removeprefix|removesuffix|strict=|functools\.cache\b|collections\.abc|\|=", text)
        unions = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
        notes = [ast.unparse(each) for node in ast.walk(tree) for each in annotations(node)]
        assert all(any(ast.unparse(union) in note for note in notes) for union in unions)


def annotations(node):
    """The annotations of a node, which are not evaluated."""
    return [each for each in (getattr(node, "annotation", None), getattr(node, "returns", None)) if each]


# Frameworks.


class Traced(np.ndarray):
    """The array of a framework that differentiates everything computed with it."""


def differentiates(forward, x, size, stride):
    return isinstance(forward(x, size, stride), Traced)


FAKE = Framework(
    inward=lambda a: a.view(Traced),
    outward=np.asarray,
    gradient=lambda forward: lambda dy, x, size, stride: ("gradient of", forward),
    differentiates=differentiates,
)


def of_fake(**given):
    """A target made from functions of that framework."""
    return differentiated("fake_function", FAKE, None, given)


def traced(x, size, stride):
    return x[..., ::2, ::2]


def only(condition):
    """A forward that refuses all other arguments."""

    def forward(x, size, stride):
        if not condition(x, size):
            raise ValueError("no")
        return x[:1]

    return forward


NOTE = "max_backward is not tested: the result of max_forward cannot be differentiated"
DIFFERENTIABLE = {
    "sound": (traced, {}),
    "float16 alone": (only(lambda x, size: x.dtype == np.float16), {}),
    "rank 3 alone": (only(lambda x, size: len(size) == 3), {"ranks": (1, 3)}),
    "a dtype of its own": (only(lambda x, size: x.dtype == np.float32), {"dtypes": {"max_forward": ("float32",)}}),
    "planes": (only(lambda x, size: x.ndim == 2), {}),
    "ints": (only(lambda x, size: type(size) is int), {}),
}
DETACHED = {
    "NumPy's": (lambda x, size, stride: np.asarray(x), {}),
    "no array": (lambda x, size, stride: [x], {}),
    "raises": (only(lambda x, size: False), {}),
    "undeclared dtype": (only(lambda x, size: x.dtype == np.float16), {"dtypes": ("float32",)}),
    "undeclared rank": (only(lambda x, size: x.ndim == 5), {"ranks": (1, 2)}),
    "integers": (traced, {"dtypes": ("int8",)}),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_backward_is_offered_where_the_forward_can_be_differentiated(name):
    forward, declared = DIFFERENTIABLE[name]
    target = of_fake(max_forward=forward, **declared)
    assert target.max_backward.__wrapped__(0, 0, 0, 0) == ("gradient of", forward)
    assert wrap(target).notes == []


@pytest.mark.parametrize("name", DETACHED)
def test_no_backward_is_offered_where_the_forward_cannot_be_differentiated(name):
    forward, declared = DETACHED[name]
    target = of_fake(max_forward=forward, mean_forward=traced, **{"dtypes": ("float16", "float64"), **declared})
    assert not hasattr(target, "max_backward")
    assert NOTE in wrap(target).notes


def test_a_backward_that_is_given_is_taken_as_it_is():
    target = of_fake(max_forward=DETACHED["NumPy's"][0], max_backward=overwriting)
    assert target.max_backward.__wrapped__ is overwriting
    assert wrap(target).notes == []


@pytest.mark.parametrize("declared", [{"ranks": 2}, {"dtypes": None}, {"dtypes": {}}, {"ranks": ("two",)}], ids=str)
def test_a_wrong_declaration_is_left_to_those_that_read_it(declared):
    assert of_fake(max_forward=traced, **declared).max_forward is not None


@slow
def test_notes_come_through_wrappers_and_processes_to_the_reader_of_a_run(tmp_path):
    inner = of_fake(max_forward=DETACHED["NumPy's"][0])
    assert wrap(nhwc(inner)).notes == [NOTE]
    (tmp_path / "kernel.py").write_text(f"from poolproof.kernels.naive import max_forward\n__notes__ = [{NOTE!r}]\n")
    assert load(f"{tmp_path}/kernel.py", Isolation()).notes == [NOTE]
    status, said = poolproof(tmp_path, "check", "kernel.py", "-n", "0", "--examples", "1", "--laws", "max-value")
    assert status == 0
    assert f"note: {NOTE}" in said


def test_autograd_decides_whether_a_torch_function_has_a_backward():
    torch = pytest.importorskip("torch")
    from poolproof.properties.wrappers import torch_function

    pool2d = torch.nn.functional.max_pool2d

    class Forward(torch.autograd.Function):
        """A forward without a backward."""

        @staticmethod
        def forward(ctx, x, size, stride):
            return pool2d(x, size, stride)

    def in_place(x, size, stride):
        return pool2d(x.relu_(), size, stride)

    without = {
        "detached": lambda x, f, s: pool2d(x.detach(), f, s),
        "NumPy's": lambda x, f, s: torch.from_numpy(pool2d(torch.from_numpy(x.numpy()), f, s).numpy()),
        "no-grad": torch.no_grad()(pool2d),
        "in place": in_place,
        "of something else": lambda x, f, s: pool2d(x.detach(), f, s) * torch.ones((), requires_grad=True),
        "no backward": Forward.apply,
    }
    for name, forward in without.items():
        assert not hasattr(torch_function(max_forward=forward), "max_backward"), name
    for forward in (pool2d, lambda x, f, s: pool2d(x.float(), f, s)):
        assert hasattr(torch_function(max_forward=forward), "max_backward")


def test_vjp_decides_whether_a_jax_function_has_a_backward():
    pytest.importorskip("jax")
    from jax import numpy
    from poolproof.properties.wrappers import jax_function

    assert not hasattr(jax_function(max_forward=lambda x, f, s: numpy.array(np.asarray(x))), "max_backward")
    assert hasattr(jax_function(max_forward=lambda x, f, s: x[..., ::2, ::2]), "max_backward")


def test_torch_functions_are_differentiated():
    pool2d = pytest.importorskip("torch.nn.functional").max_pool2d
    from poolproof.properties.wrappers import torch_function

    def pool(x, size, stride):
        return pool2d(x, size, stride)

    dtypes = ("float16", "float32", "float64")
    assert accepted(torch_function(max_forward=pool, dtypes=dtypes), "shape,max-*,backward,conduct") > 20
    of_planes = nhwc(torch_function(max_forward=lambda x, f, s: pool(x.movedim(3, 1), f, s).movedim(1, 3)))
    assert accepted(of_planes, "max-value,routing") == 2
    rejected(torch_function(max_forward=lambda x, f, s: -pool(-x, f, s)), "routing")
    rejected(torch_function(max_forward=lambda x, f, s: pool(x, f, s).double()), "dtype-preserved")
    rejected(torch_function(max_forward=lambda x, f, s: pool(x.zero_(), f, s)), "inputs-unchanged")


def test_jax_functions_are_differentiated():
    lax = pytest.importorskip("jax.lax")
    from poolproof.properties.wrappers import jax_function

    def pool(x, size, stride):
        return lax.reduce_window(x, -float("inf"), lax.max, (1, 1, *size), (1, 1, *stride), "VALID")

    target = jax_function(max_forward=pool)
    assert wrap(target).declared.dtypes == ("float16", "float32")
    assert accepted(target, "dtype-preserved,max-value,routing", examples=2) == 3
    rejected(jax_function(max_forward=lambda x, f, s: -pool(-x, f, s)), "routing")


# ONNX.


def saved(folder, *operators, opset=13, outputs=1, **attributes):
    """Write a file with a node for each of these operators."""
    helper = pytest.importorskip("onnx").helper
    import onnx

    values = [helper.make_tensor_value_info(name, 1, [None] * 4) for name in "xy"]
    nodes = [helper.make_node(each, ["x"], ["y", "i"][:outputs], **attributes) for each in operators]
    graph = helper.make_graph(nodes, "pool", values[:1], values[1:])
    file = folder / "pool.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), file)
    return file


WINDOW = {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}


@pytest.mark.parametrize("runtime", ["onnxruntime", "reference"])
def test_the_node_of_an_onnx_file_is_judged_as_an_operator_of_its_opset(tmp_path, runtime):
    pytest.importorskip("onnxruntime")
    target = onnx_model(saved(tmp_path, "MaxPool", opset=9, outputs=2, **WINDOW), runtime=runtime, ranks=(2,))
    assert target.version.startswith("MaxPool of opset 9, IR version 8, onnx")
    assert wrap(target).declared.settings == {"max_forward": ("padding",), "max_indices": ("padding",)}
    assert wrap(target).name == "onnx_model(pool.onnx)"
    assert accepted(target, "output-size,max-value,padding-with-lowest", examples=3) == 3


def test_onnx_means_divide_as_they_are_asked(tmp_path):
    pytest.importorskip("onnxruntime")
    target = onnx_model(saved(tmp_path, "AveragePool", opset=19, **WINDOW))
    assert target.dtypes == ("float16", "float32")
    assert accepted(target, "output-size,mean-value,padding-with-zero", examples=3) == 3
    x, over = np.ones((1, 1, 1, 1), np.float32), {"padding": ((0, 1), (0, 0))}
    assert target.mean_forward(x, (2, 1), (1, 1), **over) == 0.5
    assert target.mean_forward(x, (2, 1), (1, 1), **over, count_include_pad=False) == 1


@pytest.mark.parametrize(("operator", "law"), [("GlobalMaxPool", "max-value"), ("GlobalAveragePool", "mean-value")])
def test_a_global_pooling_is_handed_each_window(tmp_path, operator, law):
    pytest.importorskip("onnxruntime")
    target = onnx_model(saved(tmp_path, operator))
    assert accepted(target, f"output-size,depth-preserved,{law}") == 3


def test_a_mistake_of_the_runtime_is_found(tmp_path):
    # onnx 1.23 reduces the wrong axes of an image unless it has two.
    pytest.importorskip("onnx")
    rejected(onnx_model(saved(tmp_path, "GlobalMaxPool"), runtime="reference", ranks=(1,)), "output-size")


def test_indices_count_rows_in_their_own_plane(tmp_path):
    pytest.importorskip("onnxruntime")
    target = onnx_model(saved(tmp_path, "MaxPool", outputs=2, **WINDOW))
    x = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    assert target.max_indices(x, (2, 2), (1, 1)).tolist() == [[[[4, 5]], [[4, 5]]]]
    by_columns = saved(tmp_path, "MaxPool", outputs=2, storage_order=1, **WINDOW)
    assert not hasattr(onnx_model(by_columns), "max_indices")


def test_an_onnx_file_that_cannot_be_judged_says_why(tmp_path):
    with pytest.raises(ValueError, match=r"file='none.onnx' should be an ONNX file, but .*none.onnx is not a file"):
        pytest.importorskip("onnx") and onnx_model("none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ValueError, match=r"text.onnx' should be an ONNX model, but cannot be read"):
        onnx_model(tmp_path / "text.onnx")
    for operators, told in ((("Relu", "Abs"), "Relu, Abs"), (("MaxPool", "MaxPool"), "MaxPool, MaxPool")):
        with pytest.raises(ValueError, match=rf"one pooling node \(MaxPool, .*\), but has {told}$"):
            onnx_model(saved(tmp_path, *operators))
    pytest.importorskip("onnxruntime")
    with pytest.raises(ValueError, match=r"onnxruntime refuses MaxPool of opset 99: "):
        onnx_model(saved(tmp_path, "MaxPool", opset=99, kernel_shape=[1, 1]))
