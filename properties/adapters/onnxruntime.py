"""ONNX Runtime on the CPU: MaxPool and AveragePool, each as a model of one node; forward only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

OPSET, IR_VERSION = 22, 10

name = "onnxruntime"
version = onnxruntime.__version__
dtypes = {
    "max_forward": ("float16", "float32", "float64", "int8", "uint8"),
    "max_indices": ("float16", "float32", "float64", "int8", "uint8"),
    "mean_forward": ("float16", "float32"),
}


def max_forward(x: Any, size: Any, stride: Any) -> Any:
    """MaxPool, its first output."""
    return run(x, "MaxPool", size, stride)[0]


def max_indices(x: Any, size: Any, stride: Any) -> Any:
    """MaxPool, its second output, which counts through the whole tensor: less the offset of each plane."""
    indices = run(x, "MaxPool", size, stride)[1]
    n, c, height, width = x.shape
    return indices - np.arange(n * c).reshape(n, c, 1, 1) * (height * width)


def mean_forward(x: Any, size: Any, stride: Any) -> Any:
    """AveragePool."""
    return run(x, "AveragePool", size, stride)[0]


def run(x: Any, operator: str, size: Any, stride: Any) -> list[Any]:
    """All outputs of a model."""
    outputs: list[Any] = session(operator, x.dtype.name, tuple(size), tuple(stride)).run(None, {"x": x})
    return outputs


@lru_cache(maxsize=256)
def session(operator: str, dtype: str, size: tuple[int, ...], stride: tuple[int, ...]) -> Any:
    """A session for one node with these attributes."""
    element, shape = helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), [None] * (2 + len(size))
    outputs = {"y": element, "i": TensorProto.INT64} if operator == "MaxPool" else {"y": element}
    node = helper.make_node(operator, ["x"], list(outputs), kernel_shape=size, strides=stride)
    x = helper.make_tensor_value_info("x", element, shape)
    ys = [helper.make_tensor_value_info(each, kind, shape) for each, kind in outputs.items()]
    graph = helper.make_graph([node], "pool", [x], ys)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
