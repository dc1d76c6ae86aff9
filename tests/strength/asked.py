"""Which callables of an implementation in the corpus differ from its base, and which laws call any of them.

A law that calls none of them gets the answers of the base, and need not be tried again.
"""

import inspect
from types import CodeType

from faults.base import Sound
from faults.general import General
from poolproof.properties.contract import CALLABLES, DECLARATIONS
from poolproof.properties.lawbook import LAWS

PUBLIC = {name: law for name, law in LAWS.items() if not law.reference}
"""The laws that a run tries on implementations other than the reference kernels."""


def base_of(implementation):
    """The sound base of a class."""
    return General if issubclass(implementation, General) else Sound


def changed(implementation):
    """The attributes in which a class differs from its base."""
    base = base_of(implementation)
    return {
        name
        for name in dir(implementation)
        if inspect.getattr_static(implementation, name) is not inspect.getattr_static(base, name, None)
    }


def names_in(code):
    """Every name that compiled code uses, including the code of inner functions."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*map(names_in, inner))


def reached(base, name):
    """The methods of a base class that one of them reaches, including itself."""
    seen, waiting = set(), [name]
    while waiting:
        method = waiting.pop()
        function = getattr(base, method, None)
        if method not in seen and inspect.isfunction(function):
            seen.add(method)
            waiting += names_in(function.__code__)
    return seen


def callables(implementation):
    """The callables that may answer differently from those of the base."""
    different = changed(implementation)
    if implementation is base_of(implementation) or different & {each.name for each in DECLARATIONS}:
        return set(CALLABLES)
    return {name for name in CALLABLES if reached(base_of(implementation), name) & different}


def laws_about(implementation):
    """The laws that call one of these callables."""
    different = callables(implementation)
    return [name for name, law in PUBLIC.items() if different & {*law.plan.functions, *law.plan.also}]
