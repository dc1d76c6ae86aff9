"""Every library with an adapter, in an environment of its own; run by `tox -e peers-all`.

A library that cannot be installed here is named and left out, as is PyTorch unless POOLPROOF_TORCH names a build of it.
Fails if an installed library differs from its known failures, or if none could be installed.
"""

import os
import subprocess
import sys

TOX = [sys.executable, "-m", "tox", "run"]
LIBRARIES = ("openvino", "jax", "tensorflow", "tinygrad", "mlx", "paddle", "torch")
ENVIRONMENTS = ("peers", *(f"peers-{library}" for library in LIBRARIES))


def tox(*words):
    """Whether tox succeeds."""
    return subprocess.run([*TOX, *words], check=False).returncode == 0


def outcome(environment):
    """The outcome of one environment."""
    if environment == "peers-torch" and not os.environ.get("POOLPROOF_TORCH"):
        return "left out: POOLPROOF_TORCH names no build"
    if not tox("--notest", "-e", environment):
        return "left out: cannot be installed here"
    return "as known" if tox("--skip-pkg-install", "-e", environment) else "NOT AS KNOWN"


def main():
    """Run all environments, one after another. Returns 0 if those that could be made gave the known results."""
    outcomes = {environment: outcome(environment) for environment in ENVIRONMENTS}
    for environment, what in outcomes.items():
        print(f"{environment:20} {what}")
    judged = [what for what in outcomes.values() if not what.startswith("left out")]
    return 0 if judged and set(judged) == {"as known"} else 1


if __name__ == "__main__":
    sys.exit(main())
