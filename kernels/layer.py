"""The pooling layer of the teaching framework, under its names, on top of the compiled and the img2col kernels."""

from __future__ import annotations

import json
from enum import Enum
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import compiled, img2col
from .arguments import MEAN_SETTINGS, SETTINGS, refuse_unknown
from .checks import all_scalars, as_array, checked_dy, checked_shape, show
from .dtypes import Array, Ints, is_number
from .geometry import Geometry, Words
from .threads import checked

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .arguments import MeanSettings


WORDS = Words(size="pool_shape", image="input_shape")


class PoolingType(str, Enum):
    """What a window is reduced to. The strings "MAX" and "MEAN" work as well."""

    MAX = "MAX"
    MEAN = "MEAN"


class Remembered(NamedTuple):
    """What a backward pass needs from the forward pass before it. `argmax` is None for a mean."""

    shape: Ints
    dtype: np.dtype[Any]
    argmax: Array | None


class PoolingLayer:
    """Max or mean pooling of batches (N, C, H, W), or of images with one or three axes.

    `input_shape` is (C, H, W), `pool_shape` (h, w) or an int, `stride` an int or (down, across), and `pooling_type`
    a PoolingType or its name. `settings` are those of the kernels: `padding`, `dilation`, `ceil_mode`, and for a mean
    `count_include_pad`. Only the compiled methods use `threads`. The attribute `output_shape` is (C, OH, OW), and
    `output_size` the product of these. Raises TypeError or ValueError naming a wrong argument.
    """

    def __init__(
        self,
        input_shape: Ints,
        pool_shape: Any,
        stride: Any,
        pooling_type: PoolingType | str,
        *,
        threads: int = 1,
        **settings: Unpack[MeanSettings],
    ) -> None:
        self.pooling_type = as_type(pooling_type)
        refuse_unknown(settings, MEAN_SETTINGS if self.pooling_type is PoolingType.MEAN else SETTINGS)
        plane = all_scalars(pool_shape, stride, *settings.values())
        self.input_shape: Ints = checked_shape(input_shape, "input_shape", ("C",), plane=plane)
        spatial = self.input_shape[1:]
        self.geometry = Geometry.of(pool_shape, stride, **settings, rank=len(spatial), words=WORDS)
        self.output_shape: Ints = self.input_shape[:1] + self.geometry.output(spatial, WORDS)
        self.geometry.refuse_empty_windows(spatial, WORDS)
        self.output_size = prod(self.output_shape)
        self.threads = checked(threads)
        self._settings: dict[str, Any] = {name: getattr(self.geometry, name) for name in settings}
        self.parameters_file: Path | None = None
        self._remembered: dict[str, Remembered] = {}
        self._last = "numba"

    def forward(self, x: ArrayLike, train: bool = True) -> Array:
        """Pool x (N, C, H, W) to (N, C, OH, OW), in the dtype of x. In training, remember what `backward` needs."""
        return self.forward_numba(x, train)

    def backward(self, delta_in: ArrayLike, layer_idx: int) -> Array:
        """Pass delta_in (N, C, OH, OW) back to (N, C, H, W), by the method of the last forward pass.

        The framework passes `layer_idx`; pooling does not use it. Raises RuntimeError without an earlier forward pass
        in training, TypeError or ValueError for a delta of the wrong dtype or shape.
        """
        method = self.backward_numba if self._last == "numba" else self.backward_col2img
        return method(delta_in, layer_idx)

    def forward_numba(self, x: ArrayLike, train: bool = True) -> Array:
        """`forward` by compiled loops."""
        return self._forward("numba", compiled, x, train, threads=self.threads)

    def backward_numba(self, delta_in: ArrayLike, layer_idx: int) -> Array:  # noqa: ARG002  (the framework passes it)
        """`backward` after `forward_numba`."""
        shape, dtype, argmax = self._recall("numba", delta_in)
        if argmax is None:
            x = stand_in(shape, dtype)
            return compiled.mean_backward(delta_in, x, *self._window, threads=self.threads, **self._settings)
        return compiled.max_backward_argmax(delta_in, argmax, shape, dtype, threads=self.threads)

    def forward_img2col(self, x: ArrayLike, train: bool = True) -> Array:
        """`forward` over a column matrix."""
        return self._forward("img2col", img2col, x, train)

    def backward_col2img(self, delta_in: ArrayLike, layer_idx: int) -> Array:  # noqa: ARG002  (the framework passes it)
        """`backward` after `forward_img2col`."""
        shape, dtype, argmax = self._recall("img2col", delta_in)
        if argmax is None:
            return img2col.mean_backward(delta_in, stand_in(shape, dtype), *self._window, **self._settings)
        return img2col.max_backward_argmax(delta_in, argmax, shape, dtype, *self._window, **self._settings)

    def initialize(self, folder: str | Path, name: str) -> None:
        """Choose the file for the settings: `folder`/`name`.json."""
        self.parameters_file = Path(folder) / f"{name}.json"

    def save_parameters(self) -> None:
        """Write the settings. There is nothing else to save, because pooling has no weights."""
        file = self._file()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self._saved(), indent=2) + "\n", encoding="utf-8")

    def load_parameters(self) -> None:
        """Check the saved settings against this layer's.

        Raises ValueError, in one line, if the file is missing, unreadable, not written by `save_parameters`, or has
        different settings, naming the first of these. Raises RuntimeError before `initialize`.
        """
        file = self._file()
        saved = read_settings(file)
        for name, value in self._saved().items():
            if name not in saved:
                raise ValueError(f"{file} has no {name}, but should have {name}={show(value)}, like this layer")
            # As text, because 2.0 equals 2, and 1 equals True.
            if repr(saved[name]) != repr(value):
                raise ValueError(
                    f"{file} has {name}={show(saved[name])}, but should have {show(value)}, like this layer"
                )

    @property
    def _window(self) -> tuple[Ints, Ints]:
        return self.geometry.size, self.geometry.stride

    def _forward(self, method: str, kernel: Any, x: ArrayLike, train: bool, **threads: int) -> Array:
        x = self._checked(x)
        argmax = None
        if self.pooling_type is PoolingType.MEAN:
            y = kernel.mean_forward(x, *self._window, **threads, **self._settings)
        elif train:
            y, argmax = kernel.max_forward_argmax(x, *self._window, **threads, **self._settings)
        else:
            y = kernel.max_forward(x, *self._window, **threads, **self._settings)
        self._last = method
        self._remembered.pop(method, None)
        if train:
            self._remembered[method] = Remembered(x.shape, x.dtype, argmax)
        result: Array = y
        return result

    def _checked(self, x: ArrayLike) -> Array:
        array = as_array("x", x)
        if is_number(array.dtype) and array.shape[1:] != self.input_shape:
            expected = ", ".join(map(str, self.input_shape))
            raise ValueError(f"x has shape {array.shape}, but should have (N, {expected})")
        return array

    def _recall(self, method: str, delta_in: ArrayLike) -> Remembered:
        if method not in self._remembered:
            raise RuntimeError(f"backward needs forward_{method}(x, train=True) before it; there was none")
        remembered = self._remembered[method]
        checked_dy(delta_in, remembered.shape[:1] + self.output_shape, remembered.dtype, "delta_in")
        return remembered

    def _file(self) -> Path:
        if self.parameters_file is None:
            raise RuntimeError("initialize(folder, name) should come before saving and loading parameters")
        return self.parameters_file

    def _saved(self) -> dict[str, Any]:
        return {
            "input_shape": list(self.input_shape),
            "pool_shape": list(self.geometry.size),
            "stride": list(self.geometry.stride),
            "pooling_type": self.pooling_type.value,
            "padding": [list(pair) for pair in self.geometry.padding],
            "dilation": list(self.geometry.dilation),
            "ceil_mode": self.geometry.ceil_mode,
            "count_include_pad": self.geometry.count_include_pad,
        }


def read_settings(file: Path) -> dict[str, Any]:
    """The settings in a file. Raises ValueError, in one line, for a file not written by `save_parameters`."""
    try:
        if not file.is_file():
            raise ValueError("it is not a file" if file.exists() else "there is no such file")
        saved = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(saved, dict):
            raise ValueError(f"it holds {show(saved)}, not settings")
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{file} should be a file that save_parameters wrote: {reason}") from None
    return saved


def stand_in(shape: Ints, dtype: np.dtype[Any]) -> Array:
    """An x of this shape and dtype that takes no memory: the gradient of a mean does not depend on its values."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def as_type(pooling_type: Any) -> PoolingType:
    """`pooling_type` as the enum."""
    try:
        return PoolingType(pooling_type)
    except ValueError:
        names = " or ".join(repr(kind.value) for kind in PoolingType)
        raise ValueError(f"pooling_type={show(pooling_type)} should be {names}") from None
