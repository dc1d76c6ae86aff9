"""Who imports whom, what is packaged, and the form of every module and law."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from poolproof.properties.lawbook import LAWS
from poolproof.properties.peers import PEERS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(file for folder in ("kernels", "properties") for file in (ROOT / folder).rglob("*.py"))
GEOMETRY = "kernels.geometry"


def module(file):
    """kernels.naive, properties.lawbook.forward, properties.lawbook"""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(file): file for file in FILES}
BELOW = {GEOMETRY, "kernels.cache", "kernels.checks", "kernels.dtypes"}
COMPILED = {name for name in MODULES if name.startswith("kernels.compiled")}
LOOPS = {name for name in COMPILED if name.startswith("kernels.compiled.loops.")} - {"kernels.compiled.loops.jit"}
KERNELS = [name for name in MODULES if name.startswith("kernels.")]
PROPERTIES = [name for name in MODULES if name.startswith("properties")]
LAW_MODULES = [name for name in MODULES if name.startswith("properties.lawbook")]
STRATEGIES = {name for name in MODULES if name.startswith("properties.strategies")}
FOR_PEOPLE = {f"properties.strategies.{name}" for name in ("arguments", "checking", "pooling", "public")}
"""What the strategies for people's own tests need beside the builders of cases."""
BUILDERS = sorted(STRATEGIES - FOR_PEOPLE - {"properties.strategies"})
BENCH = {name for name in MODULES if name.startswith("properties.bench")}
DOORS = {
    "properties.plugin",
    "properties.cli",
    "properties.console",
    "properties.api",
    "properties.proofs.run",
    *BENCH,
}


def is_for_types(node):
    """Whether this is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def statements(body, *, inside):
    """Every statement that runs: at import alone, or those inside of functions too."""
    for node in body:
        if is_for_types(node):
            yield from statements(node.orelse, inside=inside)
            continue
        yield node
        if inside or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for field in ("body", "orelse", "finalbody", "handlers"):
                yield from statements(getattr(node, field, []), inside=inside)


def resolved(name, node):
    """The modules that an import statement names, without the distribution's own prefix."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    package = name.split(".") if MODULES[name].name == "__init__.py" else name.split(".")[:-1]
    base = package[: len(package) - node.level + 1] if node.level else []
    base = ".".join([*base, *([node.module] if node.module else [])])
    inner = [f"{base}.{alias.name}" for alias in node.names if f"{plain(base)}.{alias.name}" in MODULES]
    rest = [base] if len(inner) < len(node.names) else []
    return [*inner, *rest]


def plain(name):
    """A module's name without the distribution's own prefix."""
    return name.removeprefix("poolproof.")


def imports(name, *, inside=True):
    """What a module imports: at import alone, or inside of functions too."""
    body = ast.parse(MODULES[name].read_text()).body
    nodes = [node for node in statements(body, inside=inside) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return {plain(target) for node in nodes for target in resolved(name, node)}


def ours(name, **how):
    """What a module imports of this repository."""
    return {target for target in imports(name, **how) if target.split(".")[0] in ("kernels", "properties")}


def reached_from(name, *, inside=False):
    """All modules of this repository that the import of a module brings in; not those of the packages around it."""
    seen, waiting = set(), [name]
    while waiting:
        for target in ours(waiting.pop(), inside=inside) & set(MODULES):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


# The reader of imports itself.


def test_imports_are_read_as_they_are_meant():
    assert ours("kernels.naive") == {GEOMETRY, "kernels.arguments", "kernels.checks", "kernels.dtypes"}
    assert "properties.lawbook" in ours("properties.runner")
    compiled = "kernels.compiled.choice"
    assert ours(compiled) - ours(compiled, inside=False) == LOOPS - {"kernels.compiled.loops.indices"}
    assert "properties.lawbook.registry" in reached_from("properties.lawbook.forward")


def test_every_import_of_ours_names_a_module_that_exists():
    for name in MODULES:
        assert ours(name) <= {*MODULES, "kernels", "properties"}


# Layers, from the ground up.


def test_geometry_stands_on_checks_and_dtypes_alone():
    assert ours(GEOMETRY) == {"kernels.cache", "kernels.checks", "kernels.dtypes"}
    assert ours("kernels.checks") == {"kernels.dtypes"}
    assert ours("kernels.dtypes") == {"kernels.cache"}
    assert ours("kernels.cache") == set()


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_know_nothing_of_properties(name):
    assert not any(target.startswith("properties") for target in imports(name))


@pytest.mark.parametrize("name", ["kernels.naive", "kernels.img2col", *sorted(COMPILED)])
def test_kernels_share_nothing_but_the_geometry_and_how_arguments_are_checked(name):
    of_its_own = COMPILED | {"kernels.threads"} if name in COMPILED else set()
    assert ours(name) - of_its_own <= BELOW | {"kernels.arguments"}


def test_the_layer_stands_on_the_fast_kernels():
    below = BELOW | {"kernels.arguments", "kernels.threads"}
    assert ours("kernels.layer") <= {*below, "kernels", "kernels.compiled", "kernels.img2col"}


@pytest.mark.parametrize("name", sorted(LOOPS))
def test_loops_stand_alone_and_only_the_compiled_kernel_asks_for_them_late(name):
    assert ours(name) == {"kernels.compiled.loops.jit"}
    assert {each for each in MODULES if name in imports(each)} <= {"kernels.compiled.choice", "kernels.compiled.plans"}
    assert [each for each in MODULES if name in imports(each, inside=False)] == []


@pytest.mark.parametrize("name", MODULES)
def test_numba_is_imported_for_the_loops_and_the_textbooks_alone(name):
    compiling = {"kernels.compiled.loops.jit", "properties.bench.textbook"}
    assert any(target.split(".")[0] == "numba" for target in imports(name)) == (name in compiling)


def test_the_oracle_shares_with_kernels_the_geometry_alone():
    assert ours("properties.oracle") == {GEOMETRY, "kernels.dtypes"}


@pytest.mark.parametrize("name", [*BUILDERS, "properties.layouts", "properties.contract"])
def test_cases_and_the_contract_know_no_kernel(name):
    assert {target for target in reached_from(name, inside=True) if target.startswith("kernels")} <= BELOW


def test_the_contract_knows_nothing_of_laws_or_targets():
    above = {"properties.target", "properties.pool", "properties.runner", "properties.session"}
    assert not reached_from("properties.contract", inside=True) & (above | STRATEGIES | set(LAW_MODULES) | DOORS)


@pytest.mark.parametrize("name", [*LAW_MODULES, "properties.conventions", "properties.pool", "properties.target"])
def test_laws_and_conventions_know_nothing_of_what_runs_them(name):
    above = {"properties.runner", "properties.session", "properties.report", "properties.known"} | DOORS
    assert not reached_from(name, inside=True) & above


def test_the_runner_knows_neither_pytest_nor_reports_nor_doors():
    assert "pytest" not in imports("properties.runner")
    above = {"properties.report", "properties.session", "properties.known", "properties.conventions"} | DOORS
    assert not reached_from("properties.runner", inside=True) & above


def test_reports_know_no_door():
    assert not reached_from("properties.report", inside=True) & (DOORS - {"properties.api"})


@pytest.mark.parametrize("name", MODULES)
def test_pytest_is_imported_by_its_door_and_the_command_alone(name):
    outside = {target.split(".")[0] for target in imports(name)}
    doors = {"properties.plugin", "properties.cli", "properties.console"}
    assert not outside & {"pytest", "_pytest", "xdist"} or name in doors


@pytest.mark.parametrize("name", MODULES)
def test_hypothesis_is_imported_by_what_draws_cases_alone(name):
    drawing = {f"properties.strategies.{each}" for each in ("arguments", "checking", "choices", "drawing", "public")}
    assert any(target.split(".")[0] == "hypothesis" for target in imports(name)) == (name in drawing)


def test_strategies_for_people_are_known_to_their_package_alone():
    outside = {name for name in MODULES if ours(name) & FOR_PEOPLE} - FOR_PEOPLE
    assert outside == {"properties.strategies"}
    assert {name for name in MODULES if "properties.strategies" in ours(name)} == set()


@pytest.mark.parametrize("name", BUILDERS)
def test_builders_of_cases_know_no_law_and_nothing_that_runs_one(name):
    above = {"properties.pool", "properties.runner", "properties.session", "properties.report"} | FOR_PEOPLE | DOORS
    assert not reached_from(name, inside=True) & (above | set(LAW_MODULES))


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("properties.adapters.")])
def test_adapters_stand_on_the_contract_alone(name):
    assert ours(name) <= {"properties.contract"}


def test_the_worker_needs_nothing_of_ours():
    assert ours("properties.worker") == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("properties.wrappers")])
def test_wrappers_stand_on_the_words_of_the_contract_alone(name):
    outside = {target for target in ours(name) if not target.startswith("properties.wrappers")}
    assert outside <= {"properties.vocabulary"}
    assert ours("properties.vocabulary") == {"properties.worker"}


def test_no_module_imports_itself_in_a_circle():
    for name, file in MODULES.items():
        assert name not in reached_from(name) or file.name == "__init__.py"


def fresh(code):
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["poolproof.properties.plugin", "poolproof.properties"])
def test_a_door_is_light_to_import(name):
    heavy = "{'numpy', 'hypothesis', 'numba', 'poolproof.kernels', 'poolproof.properties.lawbook'}"
    assert fresh(f"import sys, {name}; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_the_kernels_are_imported_without_numba():
    assert fresh("import sys, poolproof.kernels; print('numba' in sys.modules)") == "False"


# Packaging.


def project():
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_folder_of_python_is_packaged_and_nothing_else():
    folders = {file.parent.relative_to(ROOT) for file in FILES}
    tree = {"poolproof." + ".".join(folder.parts) for folder in folders}
    assert set(project()["tool"]["setuptools"]["packages"]) == tree
    assert all((ROOT / folder / "__init__.py").is_file() for folder in folders)


def test_both_packages_say_that_they_are_typed():
    assert (ROOT / "kernels" / "py.typed").is_file()
    assert (ROOT / "properties" / "py.typed").is_file()
    data = project()["tool"]["setuptools"]["package-data"]
    assert all("py.typed" in data[name] for name in ("poolproof.kernels", "poolproof.properties"))


def test_everything_that_is_imported_is_a_dependency():
    given = {re.split(r"[><=; ]", each)[0].replace("-", "_") for each in project()["project"]["dependencies"]}
    given = {{"pytest_xdist": "xdist"}.get(name, name) for name in given}
    optional = {"tomllib", "ml_dtypes", "matplotlib", "poolproof", *(peer.file for peer in PEERS.values()), "onnx"}
    for name in MODULES:
        used = {target.split(".")[0] for target in imports(name)} - {"kernels", "properties"}
        assert used - set(sys.stdlib_module_names) <= given | optional, name


# Form.


@pytest.mark.parametrize("name", MODULES)
def test_every_module_begins_with_a_line_that_says_what_it_is(name):
    docstring = ast.get_docstring(ast.parse(MODULES[name].read_text()))
    first, _, rest = (docstring or "").partition("\n")
    assert 10 < len(first) <= 120
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_and_class_says_what_it_is(name):
    for node in ast.parse(MODULES[name].read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def decorated(tree):
    """The functions of a module that are registered as laws."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [f for f in functions if any(ast.unparse(d).startswith("law(") for d in f.decorator_list)]


def test_every_law_is_a_function_whose_docstring_is_its_formula():
    written = {}
    for name in LAW_MODULES:
        for function in decorated(ast.parse(MODULES[name].read_text())):
            law = function.name.strip("_").replace("_", "-")
            assert law not in written
            written[law] = (name.rpartition(".")[2], ast.get_docstring(function))
    assert written == {name: (law.family, law.formula) for name, law in LAWS.items()}


@pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
def test_a_formula_is_one_line(law):
    assert 10 < len(law.formula) <= 125
    assert not law.formula.endswith(".")


def test_no_two_laws_say_the_same():
    assert len({law.formula for law in LAWS.values()}) == len(LAWS)
    assert len({law.check for law in LAWS.values()}) == len(LAWS)
    assert all(name == law.name for name, law in LAWS.items())


def test_laws_come_in_the_order_of_their_families():
    families = list(dict.fromkeys(law.family for law in LAWS.values()))
    assert families == ["shape", "forward", "backward", "settings", "conduct", "reference"]
    assert [law.family for law in LAWS.values()] == sorted((law.family for law in LAWS.values()), key=families.index)
