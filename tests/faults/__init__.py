"""Wrong ways to pool, one module for each kind, and sound ways that the laws must accept.

A fault is a public class that overrides a few methods of the sound base class. Its docstring says what is wrong; `laws`
names the laws that reject it, beginning with the one about that mistake; `models` names reports of the same mistake.
"""

import importlib
import inspect
import pkgutil


def defined_in(module):
    """The public classes that a module defines, by module and name."""
    classes = inspect.getmembers(module, inspect.isclass)
    file = module.__name__.rpartition(".")[2]
    return {
        f"{file}.{name}": cls for name, cls in classes if cls.__module__ == module.__name__ and not name.startswith("_")
    }


MODULES = {info.name: importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)}
OTHERS = ("addresses", "base", "general", "mistakes", "sound", "sums", "unusual")
MODELS = ("corners", "history", "integers", "layouts", "sizes")
"""The modules with faults like those of public bug reports."""


def of_modules(files):
    """The public classes of several modules, by module and name."""
    return {name: found for file in files for name, found in defined_in(MODULES[file]).items()}


FAULTS = of_modules([file for file in MODULES if file not in (*OTHERS, *MODELS)])
SOUND = of_modules(("sound", "sums"))
REPORTED = of_modules(MODELS)
UNUSUAL = of_modules(("unusual",))
