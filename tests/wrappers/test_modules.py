"""PyTorch modules, autograd functions and operators: which windows they take or have; wrong ones are rejected."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from poolproof.properties import check, laws
from poolproof.properties.wrappers import module
from selection import once

torch = pytest.importorskip("torch")

from poolproof.properties.wrappers.kernelbench import kernelbench  # noqa: E402
from poolproof.properties.wrappers.named import wrapped  # noqa: E402
from poolproof.properties.wrappers.operators import autograd_function, function  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

pytestmark = once

FEW = "output-size,max-value,mean-value,routing,mean-spread,max-accumulation,dtype-preserved"


def accepted(target, pattern=FEW):
    """Assert that these laws pass."""
    check(target, examples=4, seed=1, pattern=pattern)
    assert laws(target, pattern=pattern)


def rejected(target, law):
    """Assert that this law fails."""
    with pytest.raises(AssertionError, match=f"^{law}: broken"):
        check(target, examples=40, seed=1, pattern=law)


class Kernel(nn.Module):
    """A module like generated ones: windows in a tuple, a function of PyTorch, zeros for padding."""

    pad = float("-inf")

    def __init__(self, kernel_size, stride, padding=0):
        super().__init__()
        self.windows, self.margin = (kernel_size, stride), padding

    def forward(self, x):
        margin = self.margin if isinstance(self.margin, int) else self.margin[0]
        return functional.max_pool2d(functional.pad(x, (margin,) * 4, value=self.pad), *self.windows)


class FromZero(Kernel):
    pad = 0.0


class Detached(Kernel):
    def forward(self, x):
        return super().forward(x.detach())


class Single(Kernel):
    """Takes only single ints, in float32."""

    def forward(self, x):
        if x.dtype != torch.float32:
            raise RuntimeError("expected scalar type Float")
        size, stride = (int(each) for each in self.windows)
        return functional.max_pool2d(x, size, stride, self.margin)


# Classes that take windows.


@pytest.mark.parametrize(
    ("cls", "kind", "rank", "settings"),
    [
        (nn.MaxPool1d, "max", 1, ["padding", "dilation", "ceil_mode"]),
        (nn.MaxPool2d, "max", 2, ["padding", "dilation", "ceil_mode"]),
        (nn.MaxPool3d, "max", 3, ["padding", "dilation", "ceil_mode"]),
        (nn.AvgPool1d, "mean", 1, ["padding", "ceil_mode", "count_include_pad"]),
        (nn.AvgPool2d, "mean", 2, ["padding", "ceil_mode", "count_include_pad"]),
        (nn.AvgPool3d, "mean", 3, ["padding", "ceil_mode", "count_include_pad"]),
    ],
)
def test_the_classes_of_pytorch_are_judged_on_all_windows(cls, kind, rank, settings):
    target = module(cls)
    assert (target.ranks, target.square, target.tiles) == ((rank,), False, False)
    assert target.settings[f"{kind}_forward"] == settings
    assert {"float32", "float64"} <= set(target.dtypes)
    assert not hasattr(target, "fixed")
    accepted(target, "output-size,*-value,routing,*-spread")


def test_a_class_that_needs_all_settings_is_passed_neutral_ones():
    class Everything(Kernel):
        def __init__(self, kernel_size, stride, padding, dilation, ceil_mode=True):
            super().__init__(kernel_size, stride, padding)
            self.settings = dilation, ceil_mode

        def forward(self, x):
            return functional.max_pool2d(x, *self.windows, self.margin, *self.settings)

    target = module(Everything)
    assert target.settings["max_forward"] == ["padding", "dilation", "ceil_mode"]
    accepted(target, "output-size,max-value,ceil-*")


def test_a_class_is_made_once_for_each_window():
    made = []

    class Counting(nn.MaxPool2d):
        def __init__(self, kernel_size, stride):
            made.append((kernel_size, stride))
            super().__init__(kernel_size, stride)

    target = module(Counting)
    made.clear()
    import numpy as np

    x = np.ones((1, 1, 6, 6))
    for _ in range(3):
        target.max_forward(x, (3, 3), (2, 1))
        target.max_backward(np.ones((1, 1, 2, 4)), x, (3, 3), (2, 1))
    assert made == [((3, 3), (2, 1))]


def test_what_a_class_refuses_is_declared():
    target = module(Single)
    assert (target.square, target.dtypes) == (True, ("float32",))
    assert any("float64 is not tested: Single refuses it, RuntimeError: expected scalar" in n for n in target.__notes__)
    accepted(target, "output-size,max-value,routing")

    class Tiles(nn.Module):
        def __init__(self, k):
            super().__init__()
            self.k = k

        def forward(self, x):
            return functional.avg_pool2d(x, self.k)

    assert module(Tiles).tiles is True
    accepted(module(Tiles), "output-size,mean-value")


def test_a_wrong_class_is_rejected():
    rejected(module(FromZero, dtypes=("float32",)), "max-value")


def test_a_result_that_was_detached_has_no_backward():
    target = module(Detached)
    assert not hasattr(target, "max_backward")
    assert "max_backward is not tested: the result of max_forward cannot be differentiated" in target.__notes__


# Modules with fixed windows.


class Inside(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def forward(self, x):
        return self.pool(x)


SOUND = {
    "of PyTorch": (
        lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        {"padding": ((1, 1), (1, 1)), "ceil_mode": True},
        "as",
    ),
    "inside": (lambda: Inside(nn.AvgPool2d(3, 2, 1)), {"padding": ((1, 1), (1, 1)), "count_include_pad": True}, "as"),
    "a volume": (lambda: nn.MaxPool3d((1, 3, 3), (1, 2, 2)), {}, "as its attributes say"),
    "by asking": (lambda: Kernel(3, 2, 1), {"padding": ((1, 1), (1, 1))}, "found by asking"),
}


@pytest.mark.parametrize("name", SOUND)
def test_windows_are_read_from_attributes_or_found_by_asking(name):
    make, settings, how = SOUND[name]
    target = module(make())
    assert target.fixed["size"][-2:] == (3, 3)
    assert target.fixed["stride"][-2:] == (2, 2)
    assert {word: value for word, value in target.fixed.items() if word not in ("size", "stride")} == settings
    assert how in target.__notes__[0]
    accepted(target)


def test_arguments_of_the_constructor_say_windows_by_their_names():
    target = module(FromZero, 3, 2, 1)
    assert target.fixed == {"size": (3, 3), "stride": (2, 2), "padding": ((1, 1), (1, 1))}
    assert "as its attributes say" in target.__notes__[0]
    rejected(target, "max-value")


class Forgetful(nn.Module):
    """It ignores the ceil mode that its attribute states."""

    def __init__(self):
        super().__init__()
        self.kernel_size, self.stride, self.ceil_mode = 2, 2, True

    def forward(self, x):
        return functional.max_pool2d(x, self.kernel_size, self.stride)


def test_attributes_are_believed_where_answers_look_different():
    target = module(Forgetful())
    assert target.fixed["ceil_mode"] is True
    assert "its answers look like max pooling with size=(2, 2), stride=(2, 2)" in target.__notes__
    rejected(target, "output-size")


def test_windows_may_be_declared():
    target = module(Kernel(3, 2, 1), kind="max", fixed={"size": (3, 3), "stride": (2, 2), "padding": ((0, 0), (0, 0))})
    assert target.fixed == {"size": (3, 3), "stride": (2, 2)}
    rejected(target, "output-size")


def test_what_is_compiled_is_judged_like_the_module():
    accepted(module(nn.MaxPool2d(2), compiled="eager", dtypes=("float32",)), "output-size,max-value,routing")
    rejected(module(FromZero(3, 2, 1), compiled="aot_eager", dtypes=("float32",)), "max-value")


class Global(nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Particular(nn.Module):
    def forward(self, x):
        if x.shape != (16, 3, 224, 224):
            raise NotImplementedError
        return functional.max_pool2d(x, 2)


REFUSED = {
    "no module": (lambda: module(3), r"module: 3 should be a torch.nn.Module, or a class of them"),
    "no name": (lambda: module(nn.MaxPool2d, dtype="float32"), "module: dtype='float32' is not in the contract"),
    "a kind": (lambda: module(nn.MaxPool2d, kind="avg"), "module: kind='avg' should be one of 'max', 'mean'"),
    "other arguments": (lambda: module(nn.Linear), "module: Linear needs in_features and out_features, which says no"),
    "more arguments": (lambda: module(nn.LPPool2d), "module: LPPool2d needs norm_type, which says nothing about"),
    "global": (lambda: module(Global()), "Global: one window covers axis 0 of the image"),
    "adaptive": (lambda: module(nn.AdaptiveMaxPool2d(5)), "AdaptiveMaxPool2d has windows that depend on the length of"),
    "adaptive inside": (lambda: module(Inside(nn.AdaptiveAvgPool2d(1))), "Inside: AdaptiveAvgPool2d has windows that"),
    "small images": (lambda: module(Particular()), "of ones, of 8 cells an axis or more: NotImplementedError$"),
    "power": (lambda: module(nn.LPPool2d(2, 3)), "no maximum, no mean; say what it should do, as kind='max'"),
    "divisor": (lambda: module(nn.AvgPool2d(3, divisor_override=5)), r"divided by 5 everywhere \(divisor_override\)"),
    "indices": (lambda: module(nn.MaxPool2d(2, return_indices=True)), "returned a tuple"),
    "nothing": (lambda: module(nn.ReLU()), "ReLU: it answers cell by cell"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_no_pooling_gets_one_clear_error(name):
    make, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        make()


# Files in the format of KernelBench.

PROBLEM = SimpleNamespace(
    __name__="problem", Model=lambda *a: Inside(nn.MaxPool2d(*a)), get_init_inputs=lambda: [3, 2, 1]
)


def test_a_solution_is_judged_on_the_windows_of_the_model():
    target = kernelbench(SimpleNamespace(__name__="generated", ModelNew=Kernel), PROBLEM)
    assert target.fixed == {"size": (3, 3), "stride": (2, 2), "padding": ((1, 1), (1, 1))}
    assert target.__notes__[0].endswith("like the Model of its problem")
    accepted(target)
    rejected(kernelbench(SimpleNamespace(ModelNew=FromZero), PROBLEM), "max-value")


def test_a_solution_that_pools_otherwise_is_rejected_and_told_so():
    class Halves(nn.Module):
        def __init__(self, *_):
            super().__init__()

        def forward(self, x):
            return functional.avg_pool2d(x, 2)

    target = kernelbench(SimpleNamespace(ModelNew=Halves), PROBLEM)
    assert "its answers look like mean pooling with size=(2, 2), stride=(2, 2)" in target.__notes__
    rejected(target, "output-size")


def test_a_solution_that_takes_images_of_any_rank_is_judged_at_that_of_the_model():
    class Unfolded(nn.Module):
        def forward(self, x):
            return functional.pad(x, (1, 1), value=-torch.inf).unfold(-1, 3, 2).amax(-1)

    lines = SimpleNamespace(Model=lambda: nn.MaxPool1d(3, 2, 1), get_init_inputs=list)
    target = kernelbench(Unfolded, lines)
    assert (target.ranks, target.fixed["size"]) == ((1,), (3,))
    accepted(target)


def test_a_file_may_have_problem_and_solution():
    both = SimpleNamespace(**vars(PROBLEM), ModelNew=Kernel)
    assert kernelbench(both).fixed == kernelbench(SimpleNamespace(ModelNew=Kernel), PROBLEM).fixed


def test_arguments_may_come_by_name_and_a_solution_as_its_class():
    named = SimpleNamespace(**{**vars(PROBLEM), "get_init_inputs": lambda: [[3], {"stride": 2, "padding": 1}]})
    named.Model = nn.MaxPool2d
    assert kernelbench(Kernel, named).fixed["padding"] == ((1, 1), (1, 1))
    assert kernelbench(Kernel, named).__name__ == "kernelbench(Kernel)"


def test_what_a_file_lacks_is_named():
    with pytest.raises(TypeError, match=r"kernelbench: problem should have a class ModelNew"):
        kernelbench(PROBLEM)
    with pytest.raises(TypeError, match=r"kernelbench: SimpleNamespace should have get_init_inputs\(\); name the file"):
        kernelbench(SimpleNamespace(ModelNew=Kernel))


# Autograd functions and operators.


class Max(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, kernel_size, stride, padding=0):
        y, places = functional.max_pool2d(x, kernel_size, stride, padding, return_indices=True)
        ctx.save_for_backward(x, places)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, places = ctx.saved_tensors
        dx = torch.zeros_like(x).flatten(2).scatter_add_(2, places.flatten(2), dy.flatten(2))
        return dx.view_as(x), None, None, None


class Overwriting(Max):
    @staticmethod
    def backward(ctx, dy):
        x, places = ctx.saved_tensors
        dx = torch.zeros_like(x).flatten(2).scatter_(2, places.flatten(2), dy.flatten(2))
        return dx.view_as(x), None, None, None


def test_an_autograd_function_is_called_by_its_apply():
    target = autograd_function(Max)
    assert target.settings["max_backward"] == ["padding"]
    accepted(target)
    rejected(autograd_function(Overwriting), "max-accumulation")
    with pytest.raises(TypeError, match=r"should be a subclass of torch.autograd.Function"):
        autograd_function(Kernel)


def test_functions_of_tensors_take_their_windows_by_name():
    def avg(images, k, s=None, pad=0, ceil=False):
        return functional.avg_pool2d(images, k, s, pad, ceil)

    target = function(avg)
    assert target.settings["mean_forward"] == ["padding", "ceil_mode"]
    accepted(target)


def test_an_operator_without_a_formula_has_no_backward():
    code = """
import torch
from poolproof.properties.wrappers.operators import function
from torch.nn import functional

@torch.library.custom_op("pools::max", mutates_args=())
def pool(x: torch.Tensor, kernel_size: list[int], stride: list[int]) -> torch.Tensor:
    return functional.max_pool2d(x, kernel_size, stride)

for each in (pool, torch.ops.pools.max, torch.ops.pools.max.default):
    target = function(each)
    assert not hasattr(target, "max_backward"), each
    assert target.dtypes == ("float32", "float64", "float16"), each
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr


# From a file.


def file_of(**named):
    """A Python module with these classes, as if it defined them."""
    from types import ModuleType

    made = ModuleType("kernel")
    for name, cls in named.items():
        setattr(made, name, type(name, (cls,), {"__module__": "kernel"}))
    return made


def test_of_a_file_the_new_model_is_taken_then_the_model_then_the_only_module():
    assert wrapped("module", file_of(Model=FromZero, ModelNew=Kernel)).__name__ == "module(ModelNew)"
    assert wrapped("module", file_of(Other=FromZero, Model=Kernel)).__name__ == "module(Model)"
    assert wrapped("module", file_of(Pool=Kernel)).__name__ == "module(Pool)"
    with pytest.raises(
        TypeError, match=r"kernel should define one torch.nn.Module, but has A, B; name one, as kernel.py:A"
    ):
        wrapped("module", file_of(A=Kernel, B=Kernel))
    with pytest.raises(TypeError, match=r"kernel should define one torch.nn.Module, but has none"):
        wrapped("module", file_of())
    assert wrapped("autograd_function", file_of(Pool=Max)).__name__ == "autograd_function(Pool)"


def test_a_gradient_that_autograd_passes_through_is_no_memory_of_dy():
    def pool(x, kernel_size, stride):
        (height, width), (down, right) = kernel_size, stride
        ends = (n - f + 1 for n, f in zip(x.shape[2:], kernel_size, strict=True))
        rows, columns = (slice(0, end, step) for end, step in zip(ends, (down, right), strict=True))
        best = x[:, :, rows, columns].clone()
        for tap in ((i, j) for i in range(height) for j in range(width)):
            shifted = x[:, :, tap[0] :, tap[1] :][:, :, ::down, ::right][:, :, : best.shape[2], : best.shape[3]]
            best = torch.where((best > shifted) | torch.isnan(best), best, shifted) if any(tap) else best
        return best

    accepted(function(pool), "no-aliasing,no-aliasing-of-identity,max-value,routing")
