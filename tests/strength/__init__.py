"""How strong the laws are: the corpus of tests/faults under every law, measured by `tox -e strength`."""
