"""The Python of a failing case reproduces it, and contains nothing that a report could have planted."""

import ast
import sys

import msgspec
import numpy as np
import pytest
from pictured import OVERWRITTEN, failing
from poolproof.properties.report.reproducer import UNKNOWN, imported, python
from shell import FAULTY


def run(code):
    """The names that a program defines when it is run."""
    names = {}
    exec(code, names)
    return names


def test_the_code_repeats_the_failure(here, capsys):
    (here / "faulty_here.py").write_text(FAULTY)
    sys.path.insert(0, str(here))
    names = run(python("some/where/faulty_here.py", OVERWRITTEN))
    assert names["dx"].tolist() == [[[[0.0, 2.0, 0.0]]]]
    assert capsys.readouterr().out == "[[[[0. 2. 0.]]]]\n"


def test_the_code_can_be_read():
    assert python("my_pool.py", OVERWRITTEN) == (
        "import numpy as np\n"
        "import my_pool as pool\n"
        "\n"
        "x = np.array([[[[0.0, 1.0, 0.0]]]])\n"
        "dy = np.array([[[[1.0, 2.0]]]])\n"
        "dx = pool.max_backward(dy, x, (1, 2), (1, 1))\n"
        "print(dx)"
    )


def test_settings_earlier_calls_and_calls_before_are_made_too():
    first, second = (failing("mean_forward", [[k, 3]], (1, 2), (1, 2), ceil_mode=True).calls[0] for k in (1, 2))
    found = msgspec.structs.replace(OVERWRITTEN, calls=[second], earlier_calls=[first])
    names = run(python("naive", found))
    assert names["y"].tolist() == [[[[2.5]]]]
    assert python("naive", found).count("ceil_mode=True") == 2
    two = msgspec.structs.replace(OVERWRITTEN, calls=[first, second], failing_call=0)
    assert python("naive", two).count("mean_forward") == 1


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("naive", "import poolproof.kernels.naive as pool"),
        ("scipy", "import poolproof.properties.adapters.scipy as pool"),
        ("my_pool", "import my_pool as pool"),
        ("a.b", "import a.b as pool"),
        ("a/b/my_pool.py", "import my_pool as pool"),
        (
            "a/my_pool.py:Pool",
            "import my_pool\n\npool = my_pool.Pool\npool = pool() if isinstance(pool, type) else pool",
        ),
    ],
)
def test_the_implementation_is_imported(spec, line):
    assert imported(spec) == line


@pytest.mark.parametrize(
    "spec",
    [
        *("command:./pool --fast", "a\nimport os", "os;print(1)", "a b.py", "my-pool.py"),
        *("a.py:b;c", "a.py:b\nc", "", "a.py@python3", "class"),
    ],
)
def test_what_is_no_module_stays_out_of_the_code(spec):
    assert imported(spec) == UNKNOWN


def test_hostile_arguments_are_literals():
    hostile = "__import__('os').system('true')"
    call = msgspec.structs.replace(OVERWRITTEN.calls[0], size=hostile, settings={"padding": hostile})
    code = python("naive", msgspec.structs.replace(OVERWRITTEN, calls=[call]))
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert names == {"np", "pool", "x", "dy", "dx", "print"}


def test_a_case_that_cannot_be_written_has_no_code():
    noise = np.random.default_rng(0).random((1, 1, 100, 100))
    assert python("naive", failing("max_forward", noise[0, 0].tolist(), (1, 1), (1, 1))) == ""
    assert python("naive", msgspec.structs.replace(OVERWRITTEN, calls=[])) == ""
    assert python("naive", msgspec.structs.replace(OVERWRITTEN, calls=OVERWRITTEN.calls * 30, failing_call=29)) == ""
    call = msgspec.structs.replace(OVERWRITTEN.calls[0], settings={"no": 1})
    assert python("naive", msgspec.structs.replace(OVERWRITTEN, calls=[call])) == ""
