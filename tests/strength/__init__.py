"""The strength of the laws: the corpus of tests/faults under every law, measured by `tox -e strength`."""
