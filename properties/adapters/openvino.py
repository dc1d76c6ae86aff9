"""OpenVINO on the CPU: MaxPool and AvgPool, each as a one-node model with a fixed shape; forward only."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import openvino
from openvino import Type, opset14, opset16

FLOATS = ("float16", *(["bfloat16"] if find_spec("ml_dtypes") else []), "float32")
OF_MAXIMA = (*FLOATS, "int8", "uint8", "int32")

name = "openvino"
version = openvino.__version__
dtypes = {"max_forward": OF_MAXIMA, "max_indices": OF_MAXIMA, "mean_forward": FLOATS}
ranks = (1, 2, 3)

core = openvino.Core()
core.set_property("CPU", {"INFERENCE_PRECISION_HINT": "f32"})
"""Without the hint, float32 is computed in bfloat16 or float16 where the processor has instructions for these."""


def max_forward(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """The first output of MaxPool alone, which OpenVINO computes with other kernels than both outputs together."""
    return run(x, "max_pool", 0, size, stride, settings)


def max_indices(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """The second output of MaxPool."""
    return run(x, "max_pool", 1, size, stride, settings)


def mean_forward(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """AvgPool."""
    return run(x, "avg_pool", 0, size, stride, settings)


def run(x: Any, operation: str, output: int, size: Any, stride: Any, settings: dict[str, Any]) -> Any:
    """One output of an operation."""
    attributes = attributes_of(operation, size, stride, settings)
    compiled = model(operation, output, x.dtype.name, x.shape, attributes)
    return array(compiled.infer_new_request({0: tensor(x)})[0], x.dtype)


def attributes_of(operation: str, size: Any, stride: Any, settings: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The attributes of a node, by name."""
    nowhere = ((0, 0),) * len(size)
    begins, ends = zip(*settings.get("padding", nowhere), strict=True)
    attributes = {
        "kernel_shape": size,
        "strides": stride,
        "dilations": settings.get("dilation", (1,) * len(size)),
        "pads_begin": begins,
        "pads_end": ends,
        "rounding_type": "ceil_torch" if settings.get("ceil_mode") else "floor",
    }
    if operation == "avg_pool":
        attributes["exclude_pad"] = not settings.get("count_include_pad", True)
    return tuple(attributes.items())


@lru_cache(maxsize=256)
def model(operation: str, output: int, dtype: str, shape: Any, attributes: Any, threads: int = 1) -> Any:
    """A compiled one-node model; MaxPool counts its indices from axis 2 on, that is, within each plane."""
    x = opset14.parameter(shape, Type.bf16 if dtype == "bfloat16" else np.dtype(dtype))
    if operation == "max_pool":
        node = opset14.max_pool(x, **dict(attributes), index_element_type="i64", axis=2)
    else:
        node = opset16.avg_pool(x, **dict(attributes))
    whole = openvino.Model([node.output(output)], [x], operation)
    return core.compile_model(whole, "CPU", {"INFERENCE_NUM_THREADS": threads})


def tensor(x: Any) -> Any:
    """The input of a request: an array, except for bfloat16, which OpenVINO would take for float16."""
    if x.dtype.name != "bfloat16":
        return x
    held = openvino.Tensor(Type.bf16, x.shape)
    held.data.view(x.dtype)[...] = x
    return held


def array(answer: Any, dtype: Any) -> Any:
    """An output as an array; OpenVINO presents bfloat16 as float16."""
    return answer.view(dtype) if dtype.name == "bfloat16" and answer.dtype == np.float16 else answer
