"""The libraries with a shipped adapter: where it is, and what must be installed for it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from ..adapters import FOLDER
from ..contract import Unusable
from .programs import interpreter


@dataclass(frozen=True)
class Peer:
    """An adapter: an object (or all) of a file in `adapters`, and the distributions whose versions matter for it."""

    name: str
    file: str
    attribute: str
    distributions: tuple[str, ...]
    what: str

    @property
    def path(self) -> str:
        """The path of the file: an adapter may run where poolproof is not installed."""
        return str(FOLDER / f"{self.file}.py")

    @property
    def install(self) -> str:
        """The command that installs what it needs."""
        return f"pip install {' '.join(map(quoted, self.distributions))}"


def quoted(requirement: str) -> str:
    """A requirement quoted for a shell."""
    return f"'{requirement}'" if "[" in requirement else requirement


TORCH = "torch.nn.functional, by autograd"
PEERS = {
    peer.name: peer
    for peer in (
        Peer("torch", "torch", "contiguous", ("torch",), TORCH),
        Peer("torch-channels-last", "torch", "channels_last", ("torch",), f"{TORCH}, channels innermost"),
        Peer("torch-mkldnn", "torch", "mkldnn", ("torch",), f"{TORCH}, in the memory of oneDNN"),
        Peer("onnxruntime", "onnxruntime", "", ("onnxruntime", "onnx"), "MaxPool and AveragePool, forward"),
        Peer("onnx", "onnx", "", ("onnx",), "MaxPool and AveragePool of the reference evaluator, forward"),
        Peer("openvino", "openvino", "", ("openvino",), "opset14.max_pool and opset16.avg_pool, forward"),
        Peer("jax", "jax", "", ("jax",), "lax.reduce_window with max, by jax.vjp"),
        Peer("flax", "flax", "", ("flax", "jax"), "linen.max_pool and avg_pool, by jax.vjp"),
        Peer("tensorflow", "tensorflow", "", ("tensorflow-cpu",), "tf.nn of one and two axes, by GradientTape"),
        Peer("tensorflow-3d", "tensorflow", "volumes", ("tensorflow-cpu",), "tf.nn of three axes, by GradientTape"),
        Peer("tinygrad", "tinygrad", "", ("tinygrad",), "Tensor.max_pool2d and avg_pool2d, by gradient"),
        Peer("mlx", "mlx", "", ("mlx[cpu]",), "mlx.nn, by mx.vjp"),
        Peer("paddle", "paddle", "", ("paddlepaddle",), "paddle.nn.functional, by autograd"),
        Peer("skimage", "skimage", "", ("scikit-image",), "measure.block_reduce, forward"),
        Peer("scipy", "scipy", "", ("scipy",), "ndimage.maximum_filter and uniform_filter, forward"),
    )
}

ASK = """
import sys
sys.path = [path for path in sys.path if path]  # with -c, the working folder is the first
import importlib.metadata, json
found = {}
for name in json.loads(sys.argv[1]):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = ""
print(json.dumps(found))
"""


def installed(python: str = sys.executable) -> dict[str, str]:
    """The installed version of every distribution that an adapter needs, or an empty text, for an interpreter.

    Raises Unusable if there is no such interpreter.
    """
    names = sorted({base(each) for peer in PEERS.values() for each in peer.distributions})
    command = [interpreter(python), "-c", ASK, json.dumps(names)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        found: dict[str, str] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Unusable(f"{python!r} should be an interpreter of Python 3.8 or newer: {error}") from None
    return found


def base(requirement: str) -> str:
    """A requirement without its extras."""
    return requirement.partition("[")[0]


def listing(python: str = sys.executable) -> list[str]:
    """One line for each adapter: its description, and the installed versions or the command that installs them."""
    found = installed(python)
    lines = []
    for peer in PEERS.values():
        versions = [f"{base(each)} {found[base(each)]}" for each in peer.distributions]
        missing = [each for each in peer.distributions if not found[base(each)]]
        state = f"not installed: {peer.install}" if missing else ", ".join(versions)
        lines.append(f"{peer.name:20} {state:44} {peer.what}")
    return lines
