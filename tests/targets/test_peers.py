"""Adapters: each is found by name, is one file for any interpreter, and does not change its library."""

import ast
import importlib.metadata
import sys
from pathlib import Path

import pytest
from places import ROOT
from poolproof.properties.contract import Unusable
from poolproof.properties.targets.loading import at_interpreter, located
from poolproof.properties.targets.peers import PEERS, installed, listing
from selection import slow
from shell import kernels_in, poolproof

FOLDER = ROOT / "properties" / "adapters"
FILES = sorted(file for file in FOLDER.glob("*.py") if file.stem != "__init__")
REPAIRS = {"clip", "nan_to_num", "isnan", "isfinite", "nanmax", "where", "minimum", "round", "fmax"}
"""Functions with which an adapter might repair the answers of its library."""


@pytest.fixture
def here(tmp_path):
    return kernels_in(tmp_path)


def test_every_adapter_has_a_name_and_every_name_an_adapter():
    assert {Path(peer.path) for peer in PEERS.values()} == set(FILES)
    assert all(name == peer.name for name, peer in PEERS.items())


@pytest.mark.parametrize("peer", PEERS.values(), ids=lambda peer: peer.name)
def test_an_adapter_has_the_object_that_is_looked_for(peer):
    tree = ast.parse(Path(peer.path).read_text(encoding="utf-8"))
    names = [ast.unparse(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert peer.attribute in names if peer.attribute else "max_forward" in functions


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_adapter_repairs_nothing_and_runs_on_older_interpreters(file):
    tree = ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Name))
    }
    assert not names & REPAIRS
    assert not any(isinstance(node, ast.Try) for node in ast.walk(tree))
    assert len(file.read_text(encoding="utf-8").splitlines()) < 140


WITH_ML_DTYPES = {"flax", "jax", "tensorflow"}
"""Libraries that install ml_dtypes themselves."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_adapter_declares_bfloat16_only_where_numpy_has_it(file):
    source = file.read_text(encoding="utf-8")
    declares = '"bfloat16"' in source and file.stem not in WITH_ML_DTYPES
    assert declares == ('*(["bfloat16"] if find_spec("ml_dtypes") else [])' in source)


def test_a_name_of_an_adapter_wins_over_a_module_and_can_be_forced_otherwise():
    assert located("torch-mkldnn") == (PEERS["torch"].path, "mkldnn", [])
    assert located("torch:")[:2] == ("torch", "")
    assert located("./torch.py")[0].endswith("torch.py")
    assert located("./torch.py")[0] != PEERS["torch"].path


def test_peers_are_listed_with_their_versions_or_how_to_install_them(here):
    status, said = poolproof(here, "peers")
    assert status == 0
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert set(lines) == set(PEERS)
    for peer in PEERS.values():
        try:
            versions = [importlib.metadata.version(each.partition("[")[0]) for each in peer.distributions]
        except importlib.metadata.PackageNotFoundError:
            assert f"not installed: pip install {peer.distributions[0].partition('[')[0]}" in lines[peer.name].replace(
                "'", ""
            )
        else:
            assert all(version in lines[peer.name] for version in versions)


def test_peers_of_another_interpreter_are_listed():
    assert installed(sys.executable) == installed()
    assert len(listing(sys.executable)) == len(PEERS)
    with pytest.raises(Unusable, match="'no-such-python' should be an interpreter"):
        installed("no-such-python")


def test_an_adapter_without_its_library_says_what_to_install(here):
    missing = next((peer for peer in PEERS.values() if not installed()[peer.distributions[0].partition("[")[0]]), None)
    assert missing is not None
    status, said = poolproof(here, "check", missing.name)
    assert status == 2
    assert f"the adapter needs its library: {missing.install}" in said


# Interpreters.


def test_what_follows_the_last_at_is_an_interpreter():
    assert at_interpreter(f"torch@{sys.executable}") == ("torch", sys.executable)
    assert at_interpreter("torch") == ("torch", "")
    with pytest.raises(Unusable, match="target 'torch@nowhere': 'nowhere' should be an interpreter"):
        at_interpreter("torch@nowhere")


@slow
def test_a_file_may_have_an_at_in_its_name(here):
    (here / "a@b.py").write_text((here / "fixed.py").read_text())
    assert at_interpreter(str(here / "a@b.py")) == (str(here / "a@b.py"), "")
    words = ("--laws", "routing", "--examples", "5", "--seed", "1", "-n", "0")
    assert poolproof(here, "check", "a@b.py", *words)[0] == 0
    assert poolproof(here, "check", f"a@b.py@{sys.executable}", *words)[0] == 0
