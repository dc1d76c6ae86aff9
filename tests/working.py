"""A folder to work in, of which nothing remains in this process."""

import os
import sys
from contextlib import contextmanager


@contextmanager
def working_in(folder):
    """Work in a folder. What is imported from it is forgotten, for other tests call their files the same."""
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
    """The file of a module, or nothing."""
    return getattr(module, "__file__", None) or ""
