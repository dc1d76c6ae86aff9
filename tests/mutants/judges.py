"""The judges that should notice a mistake: tests, and laws on kernels that are known to be right or wrong.

This runs in the process of one mutant. Each judge says whether it notices a mistake in a function of its file.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

TESTS = Path(__file__).resolve().parent.parent
ROOT = TESTS.parent

SIDE_EFFECTS = "hypothesis.errors.HypothesisSideeffectWarning"

OFTEN = 5
"""How many seeds a law about threads gets to reject a kernel: another thread does not always interfere."""


class Planted(SourceFileLoader, MetaPathFinder):
    """A module made from another source than its file's."""

    def __init__(self, file, source):
        module = file.removesuffix(".py").removesuffix("/__init__")
        super().__init__("poolproof." + module.replace("/", "."), str(ROOT / file))
        self.source = source

    def find_spec(self, name, path=None, target=None):
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec")


def noticed(file, source, function):
    """Whether some judge notices the mistake; all see the planted module, because it is imported first."""
    sys.meta_path.insert(0, Planted(file, source))
    import poolproof.kernels
    import poolproof.properties.lawbook  # noqa: F401

    return any(judge(file, function) for judge in JUDGES[file])


def suite(*names, among=""):
    """A judge that runs tests, perhaps only those with some word in their names."""

    def fail(file, function):
        import pytest

        # Laws may have run in this process before, and a warning about that is not a failure.
        quiet = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-W", f"ignore::{SIDE_EFFECTS}"]
        quiet += ["-m", "", "--hypothesis-profile", "ci"]
        return pytest.main([*quiet, "-k", among, *(str(TESTS / name) for name in names)])

    return fail


def equal_to_others(name):
    """A judge that runs the laws for reference kernels: bitwise equality with the two others, and refusals."""

    def fail(file, function):
        from poolproof.properties.lawbook import LAWS

        return any(rejects_right_ones(law, [name]) for law in LAWS.values() if law.reference)

    return fail


def equal_without_float32(name):
    """The same without numba: in Python, adding a float32 to a float64 gives a float32."""

    def fail(file, function):
        from poolproof.kernels import compiled, img2col, naive
        from poolproof.properties.contract import CALLABLES
        from poolproof.properties.lawbook import LAWS

        kernel = {"naive": naive, "compiled": compiled, "img2col": img2col}[name]
        functions = {each: getattr(kernel, each) for each in CALLABLES}
        narrowed = SimpleNamespace(dtypes=("int64", "uint64", "float64"), **functions)
        return any(fails(law, narrowed) for law in LAWS.values() if law.reference)

    return fail


def all_laws(file, function):
    """Whether any law rejects correct kernels of the tests, which find windows with code of their own."""
    from poolproof.properties.lawbook import LAWS

    return any(rejects_right_ones(law, ["plain", "general"]) for law in LAWS.values())


def own_laws(file, function):
    """Whether the laws of a file, or the function's own, misjudge right kernels or faults that they should reject."""
    return any(
        rejects_right_ones(law, ("plain", "general", "naive")) or accepts_a_wrong_one(law)
        for law in laws_of(file, function)
    )


def laws_of(file, function):
    """The law that a function implements, or all laws of its file, which may use the function."""
    from poolproof.properties.lawbook import LAWS

    family = [law for law in LAWS.values() if law.check.__code__.co_filename == str(ROOT / file)]
    return [law for law in family if law.check.__name__ == function] or family


def rejects_right_ones(law, names):
    """Whether a law rejects a right kernel; laws for the reference kernels are tried only on these."""
    from faults.base import Sound
    from faults.general import General
    from poolproof.kernels import compiled, img2col, naive

    reference = {"naive": naive, "compiled": compiled, "img2col": img2col}
    known = reference if law.reference else {"plain": Sound, "general": General, **reference}
    return any(fails(law, known[name]) for name in names if name in known)


def accepts_a_wrong_one(law):
    """Whether a law accepts a fault that names it, or one of the faults listed here."""
    from faults import FAULTS

    seeds = range(OFTEN) if "threads" in law.evidence else (0,)
    wrong = [fault for name, fault in FAULTS.items() if law.name in fault.laws or name in BESIDE.get(law.name, ())]
    return any(not any(fails(law, fault, seed) for seed in seeds) for fault in wrong)


def fails(law, implementation, seed=0):
    """Whether a law rejects an implementation."""
    from poolproof.properties.run.runner import run
    from poolproof.properties.run.trial import TrialSettings
    from poolproof.properties.targets.target import wrap

    return run(law, wrap(implementation), TrialSettings(seed=seed, brief=True, explain=False)).failed


BESIDE = {
    "translation": ("edges.HeightForBoth", "edges.ReshapedAcross"),
    "increasing-maps": ("others.ZeroSentinel", "edges.HeightForBoth"),
    "max-adjoint": ("gradients.WindowTurned", "gradients.DividedByBatch", "others.GarbageInGaps"),
    "max-differences": ("gradients.WindowTurned", "others.DropsNegativeGradients"),
    "mean-differences": ("others.BackwardNotDivided", "gradients.DividedByBatch", "others.MeanIsMax"),
    "ranks-agree": ("settings.LastAxisFirst", "overhang.PadsReadAsSides", "settings.PaddingOfHeightAlone"),
    "no-aliasing": ("edges.SqueezesSingleCells",),
}
"""Faults that laws reject although the faults do not name them."""

KERNELS = ("test_contract.py", "kernels/test_kernels.py", "bench/test_document.py", "kernels/test_layer.py")
COMPILED = [
    equal_to_others("compiled"),
    suite("kernels/test_speed.py", "kernels/test_large.py"),
    suite(*KERNELS, among="compiled"),
]
LOOPS = [
    suite("kernels/test_speed.py", among="(every_loop or its_loop or sums or large) and not float32"),
    equal_without_float32("compiled"),
    suite("kernels/test_large.py", among="gradients_at_any_indices and float64"),
]
"""Judges for code that runs without numba, where large images are slow."""
LAWS = [own_laws, suite("lawbook/test_lawbook.py", "failures/test_messages.py", "lawbook/test_verdicts.py")]

JUDGES = {
    "kernels/geometry.py": [
        suite("kernels/test_geometry.py"),
        all_laws,
        suite("kernels/test_arguments.py", "kernels/test_layer.py"),
    ],
    "kernels/naive.py": [equal_to_others("naive"), suite(*KERNELS, among="naive")],
    "kernels/img2col.py": [
        equal_to_others("img2col"),
        suite("kernels/test_img2col.py"),
        suite("kernels/test_speed.py", "kernels/test_large.py", among="img2col or columns or overlapping_windows"),
        suite(*KERNELS, among="img2col"),
    ],
    "kernels/compiled/__init__.py": COMPILED,
    "kernels/compiled/choice.py": COMPILED,
    "kernels/compiled/plans.py": COMPILED,
    "kernels/compiled/large.py": [suite("kernels/test_large.py"), suite("kernels/test_speed.py", among="compiled")],
    "kernels/compiled/loops/general.py": LOOPS,
    "kernels/compiled/loops/separate.py": LOOPS,
    "kernels/compiled/loops/overlapping.py": LOOPS,
    "kernels/compiled/loops/whole_plane.py": LOOPS,
    "kernels/compiled/loops/indices.py": LOOPS,
    "properties/oracle.py": [suite("test_oracle.py", "test_expected.py"), all_laws],
    "properties/lawbook/shape.py": LAWS,
    "properties/lawbook/forward.py": LAWS,
    "properties/lawbook/backward.py": LAWS,
    "properties/lawbook/settings.py": LAWS,
    "properties/lawbook/conduct.py": [*LAWS, suite("targets/test_fences.py", among="store")],
    "properties/lawbook/reference.py": [own_laws, suite("lawbook/test_reference.py")],
    "properties/lawbook/registry.py": [suite("lawbook/test_lawbook.py", "test_contract.py")],
}
