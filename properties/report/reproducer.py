"""A failing case as a few lines of Python, ready to be pasted."""

from __future__ import annotations

import re
from keyword import iskeyword
from pathlib import Path

from ..cases.written import array_text
from ..contract import RESULT
from ..data.errors import UNREADABLE
from ..results import Counterexample
from ..targets.call import Call
from ..targets.loading import is_shipped
from ..targets.peers import PEERS
from ..targets.target import split
from ..targets.wrapped import Wrapping, unwrapped

MOST_CALLS = 20
"""The most calls of a reproducer."""

DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*", re.ASCII)
"""A name that can be imported; any other name of a target in a report stays out of the code."""

UNKNOWN = "# pool is the implementation: import it here"


def python(spec: str, found: Counterexample) -> str:
    """Python that makes the calls of a counterexample up to the one that failed; empty if they cannot be written."""
    try:
        calls = [*(found.earlier_calls or []), *found.calls[: found.failing_call + 1]]
        made = [each.call() for each in calls]
    except UNREADABLE:
        return ""
    if not made or len(made) > MOST_CALLS:
        return ""
    lines = [line for call in made for line in written(call)]
    text = "\n".join(["import numpy as np", imported(spec), "", *lines, f"print({RESULT[made[-1].function]})"])
    return "" if "..." in text else text


def imported(spec: str) -> str:
    """The line that defines `pool` for a target; a class is instantiated, as the suite does."""
    if spec in PEERS:
        spec = ":".join(filter(None, (f"poolproof.properties.adapters.{PEERS[spec].file}", PEERS[spec].attribute)))
    elif is_shipped(spec):
        spec = f"poolproof.kernels.{spec}"
    source, attribute = split(spec)
    wrapping = unwrapped(spec)
    module = re.sub(r"\.py$", "", source.rpartition("/")[2]) if source.endswith(".py") else source
    if not all(is_dotted(name) for name in (module, attribute or module)):
        return UNKNOWN
    if wrapping.wrapper:
        return wrapped(wrapping, module, f"{module}.{attribute}" if attribute else module)
    if not attribute:
        return f"import {module} as pool"
    return f"import {module}\n\npool = {module}.{attribute}\npool = pool() if isinstance(pool, type) else pool"


def wrapped(wrapping: Wrapping, module: str, expression: str) -> str:
    """The lines that define `pool` for a wrapped target; a problem is a file beside it."""
    problem = Path(wrapping.problem).stem
    if problem and not is_dotted(problem):
        return UNKNOWN
    imports = [f"import {name}" for name in dict.fromkeys(filter(None, (module, problem)))]
    passed = ", ".join(filter(None, (f'"{wrapping.wrapper}"', expression, problem)))
    made = ["from poolproof.properties.wrappers.named import wrapped", "", f"pool = wrapped({passed})"]
    return "\n".join([*imports, *made])


def is_dotted(name: str) -> bool:
    """Whether a name can stand in an import."""
    return bool(DOTTED.fullmatch(name)) and not any(map(iskeyword, name.split(".")))


def written(call: Call) -> list[str]:
    """The lines of one call."""
    lines = [f"{name} = {array_text(array)}" for name, array in reversed(call.arrays.items())]
    lines += [f"# {name} is {layout} in memory" for name, layout in call.layouts.items()]
    given = [*call.arrays, repr(call.size), repr(call.stride)]
    given += [f"{name}={value!r}" for name, value in call.settings.items()]
    return [*lines, f"{RESULT[call.function]} = pool.{call.function}({', '.join(given)})"]
