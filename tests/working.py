"""A folder to work in that leaves nothing behind in this process."""

import os
import sys
from contextlib import contextmanager


@contextmanager
def working_in(folder):
    """Work in a folder. Modules imported from it are forgotten, because other tests use the same names."""
    before, path = os.getcwd(), sys.path[:]
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        sys.path[:] = path
        for name in [name for name, module in sys.modules.items() if file_of(module).startswith(str(folder))]:
            del sys.modules[name]


def file_of(module):
    """The file of a module, or None."""
    return getattr(module, "__file__", None) or ""
