"""How the search for a maximum begins, what NaN does, what types numbers pass through, and the dtype of results."""

import numpy as np

from .base import Sound
from .general import General


class _Begins(Sound):
    """The scan for the maximum begins with a number, not with a cell."""

    def max_forward(self, x, size, stride):
        return np.maximum(super().max_forward(x, size, stride), self.initial(x.dtype)).astype(x.dtype)


class SmallestPositive(_Begins):
    """The scan begins with the smallest positive normal number, which C calls FLT_MIN."""

    laws = ("max-value",)
    mistake = "initial value"

    def initial(self, dtype):
        return np.finfo(dtype).tiny


class MinusThousands(_Begins):
    """The scan begins with -9999, which seemed low enough."""

    laws = ("max-value",)
    mistake = "initial value"

    def initial(self, dtype):
        return dtype.type(-9999)


class LowestInt32(_Begins):
    """The scan begins with the lowest int32, also for int64."""

    laws = ("max-value",)
    mistake = "initial value"
    dtypes = ("int32", "int64")

    def initial(self, dtype):
        return dtype.type(np.iinfo(np.int32).min)


class FirstPixel(Sound):
    """The scan of every window begins with the first pixel of its plane."""

    laws = ("max-value", "locality")
    mistake = "initial value"

    def max_forward(self, x, size, stride):
        return np.maximum(super().max_forward(x, size, stride), x[:, :, :1, :1])


class NoGradientBelowFloat32(Sound):
    """The search for the maximum begins at the lowest float32, so that lower float64 cells get no gradient."""

    laws = ("routing",)
    mistake = "initial value"
    models = "paddle-float32-lowest-in-float64"

    def max_backward(self, dy, x, size, stride):
        seen = self.max_forward(x, size, stride).astype(np.float64) >= np.finfo(np.float32).min
        return super().max_backward(np.where(seen, dy, 0), x, size, stride).astype(x.dtype)


class LowestHasIndexZero(Sound):
    """Nothing is larger than the lowest number of the type, so a window of only that number has the index 0."""

    laws = ("max-index",)
    mistake = "initial value"
    models = "openvino-index-of-lowest"

    def max_indices(self, x, size, stride):
        lowest = np.finfo(x.dtype).min if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        return super().max_indices(x, size, stride) * (self.max_forward(x, size, stride) != lowest)


class NaNFillsPlane(Sound):
    """A sum over the plane shows whether there is a NaN; if so, every maximum is NaN."""

    laws = ("locality",)
    mistake = "NaN"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        y[np.isnan(x).any(axis=(2, 3))] = np.nan
        return y


class NaNStaysInRow(Sound):
    """A running maximum is searched again when it leaves the window: a NaN never equals the cell that leaves."""

    laws = ("locality",)
    mistake = "NaN"
    models = "scipy-nan-outside"

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        for j in range(1, y.shape[3]):
            y[..., j] = np.where(np.isnan(y[..., j - 1]), np.nan, y[..., j])
        return y


class NaNRestartsSearch(Sound):
    """A number is kept only if it is at least the next one: a NaN replaces the maximum so far, and what follows it."""

    laws = ("nan-kept-or-skipped",)
    mistake = "NaN"

    def max_forward(self, x, size, stride):
        best, *others = self.taps(x, self.grid(x, size, stride))
        for tap in others:
            best = np.where(best >= tap, best, tap)
        return best


class NaNReplacedInInput(Sound):
    """Before the scan, every NaN of the input is replaced by -inf, in the caller's memory."""

    laws = ("inputs-unchanged",)
    mistake = "NaN"

    def max_forward(self, x, size, stride):
        np.copyto(x, -np.inf, where=np.isnan(x))
        return super().max_forward(x, size, stride)


class NaNIndexPastThePlane(Sound):
    """No cell equals a maximum that is NaN, so that its index is the number of cells in the plane."""

    laws = ("index-in-plane",)
    mistake = "NaN"
    models = "tinygrad-nan-index"

    def max_indices(self, x, size, stride):
        lost = np.isnan(self.max_forward(x, size, stride))
        return np.where(lost, x.shape[2] * x.shape[3], super().max_indices(x, size, stride))


class NothingFoundKeepsFirstCell(Sound):
    """The search starts from -inf in the first cell of the plane, which gets the gradient if nothing is larger."""

    laws = ("gradient-in-window",)
    mistake = "index"

    def max_backward(self, dy, x, size, stride):
        grid = self.grid(x, size, stride)
        taps = self.taps(x, grid)
        pixels = np.where((taps > -np.inf).any(axis=0), self.pixels(self.winner(taps), grid), 0)
        return self.scatter(self.gradient(dy), pixels, grid).astype(x.dtype)


class SamplesWithNaNDropped(Sound):
    """Samples with a NaN are removed from the batch."""

    laws = ("depth-preserved",)
    mistake = "NaN"

    def max_forward(self, x, size, stride):
        return super().max_forward(x[~np.isnan(x).any(axis=(1, 2, 3))], size, stride)

    def mean_forward(self, x, size, stride):
        return super().mean_forward(x[~np.isnan(x).any(axis=(1, 2, 3))], size, stride)


class NaNMarksPadding(Sound):
    """Padded cells would be NaN, which no integer can be: images of integers are refused, padded or not."""

    laws = ("max-value",)
    mistake = "NaN"
    models = "onnx-int8-refused"
    dtypes = ("int8", "float32")

    def max_forward(self, x, size, stride):
        x.dtype.type(np.nan)
        return super().max_forward(x, size, stride)


def saturated(numbers, dtype):
    """Numbers in this type; those too large for an integer become the largest one."""
    if dtype.kind == "f":
        return numbers.astype(dtype)
    inside = np.nextafter(numbers.dtype.type(np.iinfo(dtype).max), 0, dtype=numbers.dtype)
    return np.where(numbers > inside, np.iinfo(dtype).max, np.minimum(numbers, inside).astype(dtype)).astype(dtype)


class IntegersThroughFloat64(Sound):
    """Maxima of int64 pass through float64."""

    laws = ("max-value",)
    mistake = "accumulation"
    models = "scipy-integers-through-float64, scipy 11816"
    dtypes = ("int64", "float64")

    def max_forward(self, x, size, stride):
        return saturated(super().max_forward(x.astype(np.float64), size, stride), x.dtype)


class IntegersThroughFloat32(Sound):
    """Maxima of int32 pass through float32."""

    laws = ("max-value",)
    mistake = "accumulation"
    models = "openvino-int32-through-float32"
    dtypes = ("int32", "float32")

    def max_forward(self, x, size, stride):
        return saturated(super().max_forward(x.astype(np.float32), size, stride), x.dtype)


class MeanGradientInFloat32(Sound):
    """The gradient of a float64 mean is divided in float32."""

    laws = ("mean-spread", "mean-accumulation")
    mistake = "accumulation"
    models = "paddle-float64-mean-gradient"

    def mean_backward(self, dy, x, size, stride):
        narrow = np.float32 if x.dtype == np.float64 else x.dtype
        with np.errstate(over="ignore"):
            return super().mean_backward(dy.astype(narrow), x.astype(narrow), size, stride).astype(x.dtype)


class GradientRoundedToFloat32(Sound):
    """The gradient of float64 maxima is accumulated in a float32 image."""

    laws = ("max-accumulation",)
    mistake = "accumulation"

    def scatter(self, dy, pixels, grid):
        with np.errstate(over="ignore"):
            return super().scatter(dy, pixels, grid).astype(np.float32)


class HalfMeansAreSingle(Sound):
    """The mean of float16 is returned in float32, in which it was computed."""

    laws = ("dtype-preserved",)
    mistake = "dtype"

    def mean_forward(self, x, size, stride):
        y = super().mean_forward(x, size, stride)
        return y.astype(np.float32) if x.dtype == np.float16 else y


class GradientsAreDouble(Sound):
    """dx is float64, whatever x is."""

    laws = ("dtype-preserved",)
    mistake = "dtype"

    def max_backward(self, dy, x, size, stride):
        return super().max_backward(dy, x, size, stride).astype(np.float64)


class IndicesAreFloats(Sound):
    """Indices are returned as floating-point numbers, as in languages that have no others."""

    laws = ("dtype-preserved",)
    mistake = "dtype"

    def max_indices(self, x, size, stride):
        return super().max_indices(x, size, stride).astype(np.float64)


class IntegersBecomeInt64(Sound):
    """Maxima of every integer type are int64."""

    laws = ("dtype-preserved",)
    mistake = "dtype"
    dtypes = ("int8", "int16", "int64", "float32")

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return y.astype(np.int64) if x.dtype.kind == "i" else y


class TruthBecomesBytes(Sound):
    """Maxima of bool are bytes."""

    laws = ("dtype-preserved",)
    mistake = "dtype"
    dtypes = ("bool", "uint8", "float32")

    def max_forward(self, x, size, stride):
        y = super().max_forward(x, size, stride)
        return y.astype(np.uint8) if x.dtype == bool else y


class UncountedMeanIsSingle(General):
    """A mean that does not count padding has the default dtype, float32."""

    laws = ("dtype-preserved", "mean-value")
    mistake = "dtype"
    models = "flax-uncounted-dtype"

    def mean_forward(self, x, size, stride, padding=None, dilation=None, ceil_mode=False, count_include_pad=True):
        y = super().mean_forward(x, size, stride, padding, dilation, ceil_mode, count_include_pad)
        return y if count_include_pad else y.astype(np.float32)


class InfinitySkipped(Sound):
    """Only finite numbers are compared, where only NaN was to be left out."""

    laws = ("max-value", "identity")
    mistake = "initial value"

    def max_forward(self, x, size, stride):
        if x.dtype.kind != "f":
            return super().max_forward(x, size, stride)
        return super().max_forward(np.where(np.isinf(x), np.asarray(-np.inf, x.dtype), x), size, stride)
