"""Files in KernelBench's format: six problems, right kernels for them, and wrong ones that differ in one line."""

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PROBLEMS = {file.stem: file for file in sorted((HERE / "problems").glob("*.py"))}
RIGHT = {kind: HERE / "generated" / f"{kind}.py" for kind in ("maximum", "mean")}


class Wrong(NamedTuple):
    """A mistake: `old` is replaced by `new` in the right kernel of a kind. `accepted`: by the problem's own check."""

    problem: str
    kind: str
    old: str
    new: str
    accepted: bool


START = "torch.full_like(cells[0], -math.inf), torch.zeros_like(real[0])"
WRONG = {
    "starts at zero": Wrong("max_1d", "maximum", START, "torch.zeros_like(cells[0]), torch.ones_like(real[0])", True),
    "starts at -1e38": Wrong(
        "max_2d", "maximum", START, "torch.full_like(cells[0], -1e38), torch.ones_like(real[0])", True
    ),
    "loses NaN": Wrong("max_3d", "maximum", "(cell > best) | (cell.isnan() & ~best.isnan())", "cell > best", True),
    "has no backward": Wrong("max_2d", "maximum", "return best", "return best.detach()", True),
    "ignores dilation": Wrong("max_1d", "maximum", "tap * self.dilation for", "tap for", False),
    "is one window short": Wrong(
        "max_2d", "maximum", "self.dilation * (self.size - 1) for", "self.dilation * self.size for", False
    ),
    "divides by a line": Wrong("mean_2d", "mean", "self.size ** (x.dim() - 2)", "self.size", False),
    "divides by real cells": Wrong(
        "mean_1d", "mean", "self.size ** (x.dim() - 2)", "sum(self.taps(x.new_ones(x.shape)))", False
    ),
    "has no backward either": Wrong("mean_3d", "mean", ".to(x.dtype)", ".to(x.dtype).detach()", True),
}


def written(folder, name):
    """Write the file of a wrong kernel."""
    _, kind, old, new, _ = WRONG[name]
    text = RIGHT[kind].read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old} should stand once in {RIGHT[kind]}"
    file = folder / f"{name.replace(' ', '_').replace('-', '_')}.py"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file
