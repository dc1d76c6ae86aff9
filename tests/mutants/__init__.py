"""Mutation testing: kernels, oracle and laws with one small mistake each, and whether anything notices it.

`python -m mutants` in the folder of the tests, or `tox -e mutants`, judges what is not on record, records it in
docs/data/mutants.json and writes docs/mutants.md. It fails if survivors.toml has no reason for a surviving mutant, or
has a reason for none.
"""
