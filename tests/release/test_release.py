"""The distributions in POOLPROOF_DIST, built by `tox -e release`: their files, their bytes, and the wheel in use."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from places import ROOT
from selection import once

DIST = os.environ.get("POOLPROOF_DIST", "")
PYTHONS = re.findall(r'Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
"""The versions of Python that pyproject.toml names."""

pytestmark = [once, pytest.mark.skipif(not DIST, reason="POOLPROOF_DIST names no folder with distributions")]


def built(folder):
    """The sdist and the wheel in a folder that contains nothing else."""
    sdist, wheel = sorted(Path(folder).iterdir(), key=lambda path: path.suffix)
    assert (sdist.suffixes[-2:], wheel.suffix) == ([".tar", ".gz"], ".whl")
    return sdist, wheel


def in_git(*folders):
    """The files of the repository, in its root or in these folders, that Git tracks or would add."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(name for name in names if (ROOT / name).is_file())


def contents(wheel):
    """The files of a wheel, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def unpacked(tmp_path):
    """The sources of the sdist."""
    with tarfile.open(built(DIST)[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    return sources


def test_the_sdist_has_the_files_of_the_repository(unpacked):
    files = sorted(str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file())
    assert files == sorted([*in_git(), "PKG-INFO"])


def test_the_wheel_has_the_files_of_the_packages():
    names = [name for name in contents(built(DIST)[1]) if ".dist-info/" not in name]
    assert sorted(name.removeprefix("poolproof/") for name in names) == in_git("kernels", "properties")


def litter(sources):
    """Litter sources as work does: other times and modes, caches, a module that no longer exists."""
    for path in filter(Path.is_file, sources.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
        os.utime(path, (2e9, 2e9))
    stale = ("build/lib/poolproof/kernels/stale.py", "kernels/__pycache__/stale.pyc", "poolproof.egg-info/SOURCES.txt")
    for name in stale:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text("kernels/__pycache__/stale.pyc\n")


def build(sources, folder, *kinds):
    """Build distributions under an unusual umask; without `kinds` both, the wheel from the sdist."""
    command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", folder, sources]
    subprocess.run(command, check=True, capture_output=True, umask=0o077)


def test_other_sources_at_another_time_give_the_same_bytes(unpacked, tmp_path):
    litter(unpacked)
    build(unpacked, tmp_path / "again")
    for first, again in zip(built(DIST), built(tmp_path / "again"), strict=True):
        assert first.name == again.name
        assert first.read_bytes() == again.read_bytes()


def test_a_wheel_straight_from_the_sources_has_the_same_files(unpacked, tmp_path):
    litter(unpacked)
    build(unpacked, tmp_path / "again", "--wheel")
    (wheel,) = (tmp_path / "again").iterdir()
    assert contents(wheel) == contents(built(DIST)[1])


def environment(python, folder):
    """A new environment with only the wheel, in a folder; skips the test if there is no such Python."""
    command = [sys.executable, "-m", "virtualenv", "--python", python, folder]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if "failed to find interpreter" in made.stderr:
        pytest.skip(f"Python {python} is not installed")
    assert made.returncode == 0, made.stderr
    programs = folder / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", built(DIST)[1]], check=True)
    return programs


@pytest.mark.parametrize("python", PYTHONS)
def test_the_wheel_works_without_the_sources(python, tmp_path):
    programs = environment(python, tmp_path / "environment")
    (tmp_path / "empty").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_", "CI"))}
    elsewhere = {"cwd": tmp_path / "empty", "env": kept}
    imports = "import poolproof.kernels, poolproof.properties"
    subprocess.run([programs / "python", "-W", "error", "-c", imports], check=True, **elsewhere)
    command = [programs / "poolproof", "check", "--laws", "output-size", "--examples", "5"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, **elsewhere).stdout
    assert re.search(r"^3 implementations, 1 law, \d+ cases: all passed$", said, re.MULTILINE), said
