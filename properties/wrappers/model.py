"""A pooling node of an ONNX file, run by ONNX Runtime or by the reference evaluator of ONNX."""

from __future__ import annotations

import importlib
import os
from functools import lru_cache
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple, Tuple

import numpy as np

from ..remote.vocabulary import DECLARATION_NAMES
from .given import Function, Taken, check_names

RUNTIMES = ("onnxruntime", "reference")
GLOBAL = ("GlobalMaxPool", "GlobalAveragePool")
OPERATORS = ("MaxPool", "AveragePool", *GLOBAL)
SETTINGS = {
    "padding": "pads",
    "dilation": "dilations",
    "ceil_mode": "ceil_mode",
    "count_include_pad": "count_include_pad",
}
FLOATS = {"float16": "float16", "float": "float32", "double": "float64"}
"""The attributes and element types of ONNX, with the contract's names for them."""

Attributes = Tuple[Tuple[str, Any], ...]


def onnx_model(file: str | os.PathLike[str], /, *, runtime: str = "onnxruntime", **declared: Any) -> SimpleNamespace:
    """The one pooling node of an ONNX file, run alone by `runtime`: "onnxruntime", or "reference" for onnx's own.

    What is judged is the operator in that runtime, with the opset and IR version of the file. kernel_shape, strides,
    pads, dilations, ceil_mode and count_include_pad are set by the suite, auto_pad is dropped, and the rest of the
    graph is left out. x is (N, C, H, W), of one to three axes. MaxPool and AveragePool are tested with the settings of
    their opset, and for indices if the node returns them in row-major order; GlobalMaxPool and GlobalAveragePool get
    each window as an image of its own. Dtypes are those for which the runtime takes the node. Raises ValueError if
    there is no such file, it is not an ONNX model or does not have exactly one pooling node, or the runtime is unknown
    or refuses it.
    """
    check_names("onnx_model", declared, DECLARATION_NAMES)
    if runtime not in RUNTIMES:
        raise ValueError(f"onnx_model: runtime={runtime!r} should be one of {', '.join(RUNTIMES)}")
    return node_target(read_node(file, runtime), Path(file).name, declared)


class Node(NamedTuple):
    """A pooling node of a file, the versions that the file was written for, and the runtime."""

    operator: str
    opset: int
    ir_version: int
    storage_order: int
    outputs: int
    runtime: str

    @property
    def schema(self) -> Any:
        """The operator's schema in the opset."""
        from onnx.defs import get_schema

        return get_schema(self.operator, self.opset)


def read_node(file: str | os.PathLike[str], runtime: str) -> Node:
    """The one pooling node of a file."""
    import onnx

    told = f"onnx_model: file={os.fspath(file)!r}"
    if not Path(file).is_file():
        beside = f"Path(__file__).with_name({Path(file).name!r})"
        raise ValueError(f"{told} should be an ONNX file, but {Path(file).resolve()} is not a file; try {beside}")
    try:
        model = onnx.load(file, load_external_data=False)
    except Exception as error:
        raise ValueError(f"{told} should be an ONNX model, but cannot be read: {error}") from error
    nodes = [each for each in model.graph.node if each.domain in ("", "ai.onnx") and each.op_type in OPERATORS]
    if len(nodes) != 1:
        seen = ", ".join(each.op_type for each in nodes or model.graph.node) or "no node at all"
        raise ValueError(f"{told} should have one pooling node ({', '.join(OPERATORS)}), but has {seen}")
    storage_order = sum(each.i for each in nodes[0].attribute if each.name == "storage_order")
    (opset,) = (each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return Node(nodes[0].op_type, opset, model.ir_version, storage_order, len(nodes[0].output), runtime)


def node_target(node: Node, file: str, declared: dict[str, Any]) -> SimpleNamespace:
    """A target that runs this node."""
    first = "max_forward" if "Max" in node.operator else "mean_forward"
    functions = {first: over_windows(node) if node.operator in GLOBAL else output_of(node)}
    if node.outputs == 2 and not node.storage_order:
        functions["max_indices"] = indices_of(node)
    settings = [setting for setting, attribute in SETTINGS.items() if attribute in node.schema.attributes]
    library = importlib.import_module("onnx" if node.runtime == "reference" else node.runtime)
    versions = f"opset {node.opset}, IR version {node.ir_version}, {library.__name__} {library.__version__}"
    defaults: dict[str, Any] = {
        "version": f"{node.operator} of {versions}",
        "dtypes": dtypes_of(node),
        "ranks": (1, 2, 3),
        "padding_limit": "window",
        "settings": dict.fromkeys(functions, settings),
    }
    return Taken(functions, declared, f"onnx_model({file})").made(functions, **defaults)


def dtypes_of(node: Node) -> tuple[str, ...]:
    """The dtypes that the operator has and the runtime takes. Raises ValueError if there are none."""
    (of_x,) = (each for each in node.schema.type_constraints if each.type_param_str == node.schema.inputs[0].type_str)
    names = [each[len("tensor(") : -1] for each in of_x.allowed_type_strs if each.startswith("tensor(")]
    dtypes = [FLOATS.get(name, name) for name in names if name in FLOATS or "int" in name]
    refusals = {dtype: refusal(node, dtype) for dtype in dtypes}
    able = tuple(dtype for dtype in dtypes if not refusals[dtype])
    if not able:
        why = next(iter(refusals.values()))
        raise ValueError(f"onnx_model: {node.runtime} refuses {node.operator} of opset {node.opset}: {why}")
    return able


def refusal(node: Node, dtype: str) -> str:
    """The runtime's error for a node of this dtype; empty if it takes the node."""
    try:
        runner(node, dtype, 2, 1, attributes_of(node, (1, 1), (1, 1), {}))
    except Exception as error:
        return str(error)
    return ""


def output_of(node: Node, which: int = 0) -> Function:
    """The node with requested attributes, as a function that returns one of its outputs."""

    def call(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        attributes = attributes_of(node, size, stride, settings)
        return runner(node, x.dtype.name, len(size), which + 1, attributes)(x)[which]

    return call


def indices_of(node: Node) -> Function:
    """The second output of MaxPool, which counts through the whole tensor, minus the offset of each plane."""
    counted = output_of(node, 1)

    def call(x: Any, size: Any, stride: Any, **settings: Any) -> Any:
        before = np.arange(prod(x.shape[:2])).reshape(*x.shape[:2], *(1 for _ in size))
        return counted(x, size, stride, **settings) - before * prod(x.shape[2:])

    return call


def over_windows(node: Node) -> Function:
    """A global pooling of each window as its own image; results other than a cell per window stay as they are."""

    def call(x: Any, size: Any, stride: Any) -> Any:
        rank, channels = len(size), x.shape[1]
        windows = np.lib.stride_tricks.sliding_window_view(x, size, tuple(range(2, x.ndim)))
        steps = (slice(None), slice(None), *(slice(None, None, step) for step in stride))
        outer = (x.shape[0], *windows[steps].shape[2 : 2 + rank])
        cut = np.moveaxis(windows[steps], 1, 1 + rank).reshape(prod(outer), channels, *size)
        y = runner(node, x.dtype.name, rank, 1, ())(cut)[0]
        fits = y.shape == (prod(outer), channels, *(1 for _ in size))
        return np.moveaxis(y.reshape(*outer, channels), -1, 1) if fits else y

    return call


def attributes_of(node: Node, size: Any, stride: Any, settings: dict[str, Any]) -> Attributes:
    """The attributes of the node for a call: the requested ones, and the node's own storage order."""
    if node.operator in GLOBAL:
        return ()
    counted = {"count_include_pad": True} if "count_include_pad" in node.schema.attributes else {}
    asked = {SETTINGS[name]: value for name, value in {**counted, **settings}.items()}
    if "pads" in asked:
        asked["pads"] = tuple(cells for side in zip(*asked["pads"]) for cells in side)
    asked.update({name: int(asked[name]) for name in ("ceil_mode", "count_include_pad") if name in asked})
    own = {"storage_order": node.storage_order} if node.storage_order else {}
    return tuple({"kernel_shape": size, "strides": stride, **asked, **own}.items())


@lru_cache(maxsize=256)
def runner(node: Node, dtype: str, rank: int, outputs: int, attributes: Attributes) -> Callable[[Any], list[Any]]:
    """A function of x that returns the first outputs of a model with only this node."""
    from onnx import TensorProto, helper

    element, shape = helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), [None] * (2 + rank)
    y, i = (helper.make_tensor_value_info(*each, shape) for each in (("y", element), ("i", TensorProto.INT64)))
    one = helper.make_node(node.operator, ["x"], ["y", "i"][:outputs], **dict(attributes))
    graph = helper.make_graph([one], "pool", [helper.make_tensor_value_info("x", element, shape)], [y, i][:outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", node.opset)], ir_version=node.ir_version)
    run = evaluator(model, node.runtime).run
    return lambda x: run(None, {"x": x})


def evaluator(model: Any, runtime: str) -> Any:
    """The object that runs a model: the evaluator of onnx, or a session of ONNX Runtime with one thread."""
    if runtime == "reference":
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(model)
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
