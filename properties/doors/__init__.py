"""The entry points: the command line, the pytest plugin, and the Python API."""
