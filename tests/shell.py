"""The command as users run it: in a folder with a faulty kernel, a sound one and one that offers little."""

import io
import os
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from poolproof.properties.doors.cli import main
from working import working_in

FAULTY = """
import numpy as np


def max_backward(dy, x, size, stride):
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        window = x[n, c, i * stride[0] :, j * stride[1] :][: size[0], : size[1]]
        h, w = np.unravel_index(window.argmax(), size)
        dx[n, c, i * stride[0] + h, j * stride[1] + w] = dy[n, c, i, j]
    return dx
"""
FIXED = FAULTY.replace("= dy[n", "+= dy[n")
FORWARD = "from poolproof.kernels.naive import max_forward\n"


def environment(**more):
    """The environment without the variables of an outer pytest or a CI."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_")) and k != "CI"}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "80", **more}


def python(folder, *words, **more):
    """Run Python with these arguments in a folder. Returns its exit status and output."""
    command = [sys.executable, *words]
    done = subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout + done.stderr


def poolproof(folder, *words, **more):
    """Run the command."""
    return python(folder, "-m", "poolproof.properties", *words, **more)


def check(folder, *words, n="0", **more):
    """Run `poolproof check` with few cases and targets called in process; the command itself too, if possible."""
    given = ["check", "--examples", "20", "--seed", "1", "--in-process", "-n", n, *words]
    return poolproof(folder, *given, **more) if more or n != "0" else called(folder, *given)


def called(folder, *words):
    """Call the command in this process. Returns its exit status and output."""
    said = io.StringIO()
    with working_in(folder), patch.dict(os.environ, environment(), clear=True), warnings.catch_warnings():
        warnings.simplefilter("default")
        with redirect_stdout(said), redirect_stderr(said):
            status = status_of(words)
    return status, said.getvalue()


def status_of(words):
    """The exit status of a command line."""
    try:
        return main(words)
    except SystemExit as end:
        return end.code


def kernels_in(folder):
    """The folder, with the three kernels in it."""
    (folder / "faulty.py").write_text(FAULTY)
    (folder / "fixed.py").write_text(FIXED)
    (folder / "forward.py").write_text(FORWARD)
    return folder


def ended(words, capsys):
    """The exit status of a command line, and its lines on standard error."""
    return status_of(words), capsys.readouterr().err.splitlines()


def refused(words, capsys):
    """The one line with which a command line is refused."""
    status, said = ended(words, capsys)
    assert status == 2
    assert len(said) == 1, said
    assert said[0].startswith("poolproof")
    assert said[0].isprintable()
    assert len(said[0]) < 1500
    return said[0]
