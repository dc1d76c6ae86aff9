"""The reference evaluator of ONNX: MaxPool and AveragePool, each as a one-node model; forward only."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

OPSET, IR_VERSION = 22, 10

name = "onnx"
version = onnx.__version__
dtypes = ("float16", "float32", "float64")
ranks = (1, 2, 3)
padding_limit = "window"


def max_forward(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """The first output of MaxPool."""
    return run(x, "MaxPool", ("y",), size, stride, settings)[0]


def max_indices(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """The second output of MaxPool, which counts through the whole tensor, less the offset of each plane."""
    indices = run(x, "MaxPool", ("y", "i"), size, stride, settings)[1]
    planes = np.arange(prod(x.shape[:2])).reshape(*x.shape[:2], *(1 for _ in size))
    return indices - planes * prod(x.shape[2:])


def mean_forward(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
    """AveragePool."""
    return run(x, "AveragePool", ("y",), size, stride, settings)[0]


def run(x: Any, operator: str, outputs: tuple[str, ...], size: Any, stride: Any, settings: dict[str, Any]) -> list[Any]:
    """All outputs of a model."""
    attributes = {"kernel_shape": size, "strides": stride}
    if "padding" in settings:
        begins, ends = zip(*settings["padding"], strict=True)
        attributes["pads"] = (*begins, *ends)
    if "dilation" in settings:
        attributes["dilations"] = settings["dilation"]
    attributes.update({name: int(settings[name]) for name in ("ceil_mode", "count_include_pad") if name in settings})
    answers: list[Any] = evaluator(operator, outputs, x.dtype.name, tuple(sorted(attributes.items()))).run(
        None, {"x": x}
    )
    return answers


@lru_cache(maxsize=256)
def evaluator(operator: str, outputs: tuple[str, ...], dtype: str, attributes: tuple[tuple[str, Any], ...]) -> Any:
    """An evaluator for one node with these attributes."""
    given = dict(attributes)
    element, shape = helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), [None] * (2 + len(given["kernel_shape"]))
    node = helper.make_node(operator, ["x"], list(outputs), **given)
    kinds = {"y": element, "i": TensorProto.INT64}
    ys = [helper.make_tensor_value_info(each, kinds[each], shape) for each in outputs]
    graph = helper.make_graph([node], "pool", [helper.make_tensor_value_info("x", element, shape)], ys)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return ReferenceEvaluator(model)
