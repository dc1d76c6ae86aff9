"""The ways in: the command, the pytest plugin, and the Python API."""
