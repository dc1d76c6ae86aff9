"""Vectors as node tests of ONNX: a folder each, with a model of one node, its input and its output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from poolproof.kernels.dtypes import IEEE_FLOATS

from ...contract import Unusable
from ...data.files import write
from .vector import Vector

OPSET, IR_VERSION = 22, 10
"""The opset from which a window of ceil mode that starts in the end padding is left out; and the IR version."""

OPERATORS = {"max_forward": "MaxPool", "mean_forward": "AveragePool"}
"""The operators. Gradients have none, and a test has a single index even if several are right."""

TAKEN = {"MaxPool": ("int8", "uint8", *IEEE_FLOATS), "AveragePool": IEEE_FLOATS}
"""The dtypes that the operators take."""


def has_node(vector: Vector) -> bool:
    """Whether a vector is a test of an operator, with a single right answer."""
    operator, found = OPERATORS.get(vector.call.function), vector.allowed
    if operator is None or vector.may_refuse or vector.call.arrays["x"].dtype.name not in TAKEN[operator]:
        return False
    return bool(np.array_equal(found.least, found.most))


def write_node(folder: str, vector: Vector) -> None:
    """Write the files of a node test. Raises Unusable if they cannot be written or onnx is missing."""
    helper, numpy_helper = modules()
    answer = vector.allowed.least[0]
    x = vector.call.arrays["x"]
    kinds = [
        (name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape) for name, array in (("x", x), ("y", answer))
    ]
    inputs, outputs = ([helper.make_tensor_value_info(*kind)] for kind in kinds)
    node = helper.make_node(OPERATORS[vector.call.function], ["x"], ["y"], **attributes(vector))
    graph = helper.make_graph([node], vector.origin.law, inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    data = Path(folder) / "test_data_set_0"
    data.mkdir(parents=True)
    write(str(Path(folder) / "model.onnx"), model.SerializeToString())
    write(str(data / "input_0.pb"), numpy_helper.from_array(x, "x").SerializeToString())
    write(str(data / "output_0.pb"), numpy_helper.from_array(answer, "y").SerializeToString())


def attributes(vector: Vector) -> dict[str, Any]:
    """The attributes of the node."""
    call = vector.call
    found: dict[str, Any] = {"kernel_shape": call.size, "strides": call.stride}
    if "padding" in call.settings:
        begins, ends = zip(*call.settings["padding"], strict=True)
        found["pads"] = (*begins, *ends)
    if "dilation" in call.settings:
        found["dilations"] = call.settings["dilation"]
    flags = ("ceil_mode", "count_include_pad")
    counted = {"count_include_pad": True} if call.function == "mean_forward" else {}
    return found | {name: int(value) for name, value in {**counted, **call.settings}.items() if name in flags}


def modules() -> tuple[Any, Any]:
    """The modules of onnx that make models and tensors. Raises Unusable if onnx is not installed."""
    try:
        from onnx import helper, numpy_helper
    except ImportError:
        raise Unusable("--formats onnx needs the package onnx: pip install 'poolproof[onnx]'") from None
    return helper, numpy_helper
