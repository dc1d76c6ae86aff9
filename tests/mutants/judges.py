"""What should notice a mistake: tests, and laws on kernels that are known to be right or wrong.

Runs in the process of one mutant. A judge is asked whether it notices one in a function of the file it is for.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent

SIDE_EFFECTS = "hypothesis.errors.HypothesisSideeffectWarning"

OFTEN = 5
"""How many seeds a law about threads has for rejecting what it should: another thread is not always in the way."""


class Planted(SourceFileLoader, MetaPathFinder):
    """A module made from another source than that of its file."""

    def __init__(self, file, source):
        super().__init__("poolproof." + file.removesuffix(".py").replace("/", "."), str(ROOT / file))
        self.source = source

    def find_spec(self, name, path=None, target=None):
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec")


def noticed(file, source, function):
    """Whether some judge notices what was planted; all see the planted module, because it is imported first."""
    sys.meta_path.insert(0, Planted(file, source))
    import poolproof.kernels
    import poolproof.properties.lawbook  # noqa: F401

    return any(judge(file, function) for judge in JUDGES[file])


def suite(*names, among=""):
    """Tests, of which only those with some word in their names."""

    def fail(file, function):
        import pytest

        # Laws may have run in this process before, and the warning about that is no failure.
        quiet = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-W", f"ignore::{SIDE_EFFECTS}"]
        return pytest.main([*quiet, "-k", among, *(str(TESTS / name) for name in names)])

    return fail


def laws_on(*names):
    """All laws, on kernels that are right; first those for the reference kernels, which ask for equality."""

    def fail(file, function):
        from poolproof.properties.lawbook import LAWS

        return any(rejects_right_ones(law, names) for law in reversed(LAWS.values()))

    return fail


def own_laws(file, function):
    """The laws of a file, or the one law that is meant, on right kernels and on those of which they say they reject."""
    return any(
        rejects_right_ones(law, ("plain", "general", "naive")) or accepts_a_wrong_one(law)
        for law in laws_of(file, function)
    )


def laws_of(file, function):
    """The law that a function is; or all laws of its file, which may use it."""
    from poolproof.properties.lawbook import LAWS

    family = [law for law in LAWS.values() if law.check.__code__.co_filename == str(ROOT / file)]
    return [law for law in family if law.check.__name__ == function] or family


def rejects_right_ones(law, names):
    """Whether a law rejects a kernel that is right; laws for the reference kernels are for these alone."""
    from faults.base import Sound
    from faults.general import General
    from poolproof.kernels import compiled, img2col, naive

    reference = {"naive": naive, "compiled": compiled, "img2col": img2col}
    known = reference if law.reference else {"plain": Sound, "general": General, **reference}
    return any(fails(law, known[name]) for name in names if name in known)


def accepts_a_wrong_one(law):
    """Whether a law accepts a fault that says it is rejected by it, or one of those beside."""
    from faults import FAULTS

    seeds = range(OFTEN) if "threads" in law.evidence else (0,)
    wrong = [fault for name, fault in FAULTS.items() if law.name in fault.laws or name in BESIDE.get(law.name, ())]
    return any(not any(fails(law, fault, seed) for seed in seeds) for fault in wrong)


def fails(law, implementation, seed=0):
    """Whether a law rejects an implementation."""
    from poolproof.properties.runner import Settings, run
    from poolproof.properties.target import wrap

    return run(law, wrap(implementation), Settings(seed=seed, brief=True)).failed


BESIDE = {
    "translation": ("edges.HeightForBoth", "edges.ReshapedAcross"),
    "increasing-maps": ("others.ZeroSentinel", "edges.HeightForBoth"),
    "max-adjoint": ("gradients.WindowTurned", "gradients.DividedByBatch", "others.GarbageInGaps"),
    "max-differences": ("gradients.WindowTurned", "others.DropsNegativeGradients"),
    "mean-differences": ("others.BackwardNotDivided", "gradients.DividedByBatch", "others.MeanIsMax"),
    "ranks-agree": ("settings.LastAxisFirst", "overhang.PadsReadAsSides", "settings.PaddingOfHeightAlone"),
    "no-aliasing": ("others.ReturnsInput",),
}
"""Faults that laws reject which no fault names."""

KERNELS = ("test_contract.py", "test_kernels.py", "test_document.py", "test_layer.py")
COMPILED = [laws_on("compiled"), suite(*KERNELS, among="compiled")]
LAWS = [own_laws, suite("test_lawbook.py", "test_messages.py")]

JUDGES = {
    "kernels/geometry.py": [suite("test_geometry.py"), laws_on("general"), suite("test_arguments.py", "test_layer.py")],
    "kernels/naive.py": [laws_on("naive"), suite(*KERNELS, among="naive")],
    "kernels/img2col.py": [laws_on("img2col"), suite(*KERNELS, among="img2col"), suite("test_img2col.py")],
    "kernels/compiled.py": COMPILED,
    "kernels/loops.py": COMPILED,
    "kernels/blocks.py": COMPILED,
    "kernels/lines.py": COMPILED,
    "properties/oracle.py": [suite("test_oracle.py"), laws_on("plain", "general")],
    "properties/lawbook/shape.py": LAWS,
    "properties/lawbook/forward.py": LAWS,
    "properties/lawbook/backward.py": LAWS,
    "properties/lawbook/settings.py": LAWS,
    "properties/lawbook/conduct.py": LAWS,
    "properties/lawbook/reference.py": [own_laws, suite("test_reference.py")],
    "properties/lawbook/registry.py": [suite("test_lawbook.py", "test_contract.py")],
}
