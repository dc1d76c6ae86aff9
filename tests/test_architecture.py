"""What is imported when, what is packaged, and the form of every module and law."""

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import rooms
from poolproof.properties.lawbook import LAWS
from poolproof.properties.targets.peers import PEERS
from selection import once, slow

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(file for folder in ("kernels", "properties") for file in (ROOT / folder).rglob("*.py"))


def module(file):
    """kernels.naive, properties.lawbook.forward, properties.lawbook"""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(file): file for file in FILES}
LAW_MODULES = [name for name in MODULES if name.startswith("properties.lawbook.") and "huge" not in name]


def imported(name):
    """The distributions and standard modules that a module imports, at import time or inside functions."""
    found = set()
    for node in rooms.running(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


# import-linter checks which module may import which (`tox -e types`); these tests check when.


@slow
def test_the_page_shows_the_rooms_as_they_are():
    page = rooms.PAGE.read_text(encoding="utf-8")
    assert rooms.written(page) == page, "python tests/rooms.py writes it"


@once
def test_every_file_that_the_page_names_is_there():
    page = rooms.PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+/[a-z_]+\.py)`", page)
    assert len(named) > 30
    assert [name for name in named if not (rooms.SUITE / name).is_file()] == []


@once
@pytest.mark.parametrize("name", MODULES)
def test_numba_is_imported_for_the_loops_and_the_textbooks_alone(name):
    loops = {"kernels.compiled.loops.jit", "kernels.cuda.device", "kernels.cuda.gathers"}
    assert ("numba" in imported(name)) == (name in {*loops, "properties.bench.device", "properties.bench.textbook"})


def fresh(code):
    """The output of a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["properties.doors.plugin", "properties.doors.cli", "properties"])
def test_a_door_is_light_to_import(name):
    heavy = "{'numpy', 'hypothesis', 'numba', 'poolproof.kernels', 'poolproof.properties.lawbook'}"
    assert fresh(f"import sys, poolproof.{name}; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_every_module_but_the_adapters_and_the_kernel_for_a_gpu_can_be_imported():
    for name in MODULES:
        if not name.startswith(("properties.adapters.", "kernels.cuda")) and not name.endswith("__main__"):
            importlib.import_module(f"poolproof.{name}")


def test_the_kernels_are_imported_without_numba():
    assert fresh("import sys, poolproof.kernels; print('numba' in sys.modules)") == "False"


# Packaging.


def project():
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@once
def test_every_folder_of_python_is_packaged_and_nothing_else():
    folders = {file.parent.relative_to(ROOT) for file in FILES}
    tree = {"poolproof." + ".".join(folder.parts) for folder in folders}
    assert set(project()["tool"]["setuptools"]["packages"]) == tree
    assert all((ROOT / folder / "__init__.py").is_file() for folder in folders)


@once
def test_both_packages_say_that_they_are_typed():
    assert (ROOT / "kernels" / "py.typed").is_file()
    assert (ROOT / "properties" / "py.typed").is_file()
    data = project()["tool"]["setuptools"]["package-data"]
    assert all("py.typed" in data[name] for name in ("poolproof.kernels", "poolproof.properties"))


@slow
def test_everything_that_is_imported_is_a_dependency():
    given = {re.split(r"[><=; ]", each)[0].replace("-", "_") for each in project()["project"]["dependencies"]}
    given = {{"pytest_xdist": "xdist"}.get(name, name) for name in given}
    optional = {
        "tomllib",
        "ml_dtypes",
        "matplotlib",
        "poolproof",
        *(peer.file for peer in PEERS.values()),
        "onnx",
        "keras",
        "distributed",
        "fsspec",
    }
    for name in MODULES:
        assert imported(name) - set(sys.stdlib_module_names) <= given | optional, name


# Form.


@once
@pytest.mark.parametrize("name", MODULES)
def test_every_module_begins_with_a_line_that_says_what_it_is(name):
    docstring = ast.get_docstring(ast.parse(MODULES[name].read_text()))
    first, _, rest = (docstring or "").partition("\n")
    assert 10 < len(first) <= 120
    assert not rest or rest.startswith("\n")


@once
@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_and_class_says_what_it_is(name):
    for node in ast.parse(MODULES[name].read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def bases(node):
    """The names of the classes that a class extends: Base, or module.Base."""
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


@slow
def test_no_two_classes_share_a_name():
    found = Counter(
        node.name
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        # The public Case is the suite's own, with checks of its arguments.
        if isinstance(node, ast.ClassDef) and node.name not in bases(node)
    )
    assert [name for name, count in found.items() if count > 1] == []


def decorated(tree):
    """The functions of a module that are registered as laws."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [f for f in functions if any(ast.unparse(d).startswith("law(") for d in f.decorator_list)]


@once
def test_no_two_files_of_tests_share_a_name():
    """pytest imports them by their names alone, and fails at the second of the same name."""
    names = Counter(file.name for file in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_law_is_a_function_whose_docstring_is_its_formula():
    written = {}
    for name in LAW_MODULES:
        for function in decorated(ast.parse(MODULES[name].read_text())):
            law = function.name.replace("_", "-")
            assert law not in written
            written[law] = (name.rpartition(".")[2], ast.get_docstring(function))
    assert written == {name: (law.family, law.formula) for name, law in LAWS.items()}


@once
@pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
def test_a_formula_is_one_line(law):
    assert 10 < len(law.formula) <= 125
    assert not law.formula.endswith(".")


@once
def test_no_two_laws_say_the_same():
    assert len({law.formula for law in LAWS.values()}) == len(LAWS)
    assert len({law.check for law in LAWS.values()}) == len(LAWS)
    assert all(name == law.name for name, law in LAWS.items())


@once
def test_laws_come_in_the_order_of_their_families():
    families = list(dict.fromkeys(law.family for law in LAWS.values()))
    assert families == ["shape", "forward", "backward", "settings", "conduct", "reference"]
    assert [law.family for law in LAWS.values()] == sorted((law.family for law in LAWS.values()), key=families.index)
