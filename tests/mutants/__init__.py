"""Mutation testing: our kernels, oracle and laws with one small mistake each, and whether anything notices it.

`python -m mutants` in the folder of the tests, or `tox -e mutants`, judges what is not on record, records it in
docs/data/mutants.json and writes docs/mutants.md. It fails if a mutant that nothing notices has no reason in
survivors.toml, or a reason there has no such mutant.
"""
