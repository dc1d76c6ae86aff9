"""The smallest possible report, and its parts, which tests change to see it refused."""

from poolproof.properties.results import SCHEMA

ARRAY = {"dtype": "float64", "shape": [1, 1, 1, 2], "layout": "C", "data": [[[[0.0, 1.0]]]]}
GRADIENT = {"dtype": "float64", "shape": [1, 1, 1, 1], "layout": "C", "data": [[[[1.0]]]]}
CALL = {"call": "max_forward", "args": {"x": ARRAY}, "size": [1, 2], "stride": [1, 1], "settings": {}}
CASE = {
    "function": "max_forward",
    "x": ARRAY,
    "dy": GRADIENT,
    "other": None,
    "size": [1, 2],
    "stride": [1, 1],
    "values": "distinct",
    "layouts": {},
    "spot": 0.5,
    "settings": {},
    "assumed": {},
}
COUNTEREXAMPLE = {
    "seed": 1,
    "calls": [CALL],
    "failing_call": 0,
    "expected": [[[[1.0]]]],
    "got": [[[[0.0]]]],
    "where": [0, 0, 0, 0],
    "message": "max_forward of naive: y[0,0,0,0] = 0.0, but should be 1.0",
    "case": CASE,
}
LAW = {
    "law": "max-value",
    "verdict": "broken",
    "examples": 3,
    "refused": 0,
    "reason": "",
    "outdated": False,
    "partial": False,
    "digest": 1,
    "reached": {},
    "counterexample": COUNTEREXAMPLE,
    "assumption": "",
    "seconds": 0.1,
}
CONVENTION = {"value": "first", "evidence": {**CALL, "got": GRADIENT, "where": [0, 0, 0, 0]}}
TARGET = {
    "target": "naive",
    "name": "naive",
    "version": "",
    "declared": {"offers": ["max_forward"]},
    "laws": [LAW],
    "conventions": {"ties": CONVENTION},
}
REPORT = {"schema": SCHEMA, "partial": False, "environment": {"seed": 1, "examples": 3}, "targets": [TARGET]}
