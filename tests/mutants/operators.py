"""The mistakes: every mutant of a Python source, as an edit of its text.

- comparisons: < and <=, > and >=, == and !=, `is` and `is not`, `in` and `not in`;
- arithmetic: + and -, * and /, // becomes /, % becomes //, ** becomes *, << and >>, & and |; signs and `not` left out;
- `and` and `or`, True and False, a number and one more, a condition and its contrary, both branches of `a if c else b`;
- calls: min and max, np.minimum and np.maximum, any and all, np.zeros and np.ones;
- slices: a bound or the step left out;
- statements: `x += y` assigns; a call alone and a `raise` left out; `break` and `continue`.

Left alone are texts, annotations, what is for type checkers, `strict=True`, and decorators: what a law draws is there,
and how often that shows a mistake is measured by `tox -e strength` and held by tests/report/test_statistics.py.
"""

import ast
from collections import Counter
from copy import copy
from itertools import accumulate
from textwrap import dedent
from typing import NamedTuple

EXCHANGED = [
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.Div),
    (ast.LShift, ast.RShift),
    (ast.BitAnd, ast.BitOr),
]
REPLACED = {ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult}
OPERATORS = {**dict(EXCHANGED), **{b: a for a, b in EXCHANGED}, **REPLACED}
PAIRS = [("min", "max"), ("minimum", "maximum"), ("any", "all"), ("zeros", "ones"), ("zeros_like", "ones_like")]
NAMES = {**dict(PAIRS), **{b: a for a, b in PAIRS}}
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
COMPOUND = (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.IfExp)


class Mutant(NamedTuple):
    """A source with one mistake: its function, the lines that differ, before and after, and the whole source."""

    function: str
    before: str
    after: str
    source: str


def mutants(source):
    """Every mutant of a source; if several have the same lines, the later ones are numbered."""
    times = Counter()
    for function, node, text in edits(ast.parse(source), ""):
        mutant = edited(source, function, node, text)
        times[mutant[:3]] += 1
        number = times[mutant[:3]]
        yield mutant if number == 1 else mutant._replace(function=f"{function} ({number})")


def edits(node, function):
    """Every mistake at a node and below: its function, the node to replace, and the replacement text."""
    if is_left_alone(node):
        return
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        function = f"{function}.{node.name}".lstrip(".")
    for place, text in mistakes(node):
        if text != ast.unparse(place):
            yield function, place, text
    for part in parts(node):
        yield from edits(part, function)


def parts(node):
    """The nodes below a node in which something can go wrong, without annotations and decorators."""
    for field, value in ast.iter_fields(node):
        if field not in ("annotation", "returns", "decorator_list"):
            yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, ast.AST))


def is_left_alone(node):
    """Whether this is a string, `if TYPE_CHECKING`, or `strict=True`, which no right call needs."""
    for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    strict = isinstance(node, ast.keyword) and node.arg == "strict"
    return for_types or strict or isinstance(node, ast.JoinedStr)


def mistakes(node):
    """The mistakes at one node: a node and its replacement text."""
    if type(node) in MISTAKES:
        for changed in MISTAKES[type(node)](node):
            yield (changed if isinstance(changed, tuple) else (node, changed))


def with_operator(node):
    """The node with another operator, if there is one."""
    if type(node.op) in OPERATORS:
        yield text(node, op=OPERATORS[type(node.op)]())


def assignments(node):
    """x += y as an assignment, and with another operator."""
    yield f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    yield from with_operator(node)


def comparisons(node):
    """Each operator of a chain replaced."""
    for k, op in enumerate(node.ops):
        yield text(node, ops=[*node.ops[:k], OPERATORS[type(op)](), *node.ops[k + 1 :]])


def constants(node):
    """Another bool, or a number plus one."""
    if isinstance(node.value, bool):
        yield str(not node.value)
    elif isinstance(node.value, (int, float)):
        yield repr(node.value + 1)


def calls(node):
    """Another function."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in NAMES:
        yield node.func, ast.unparse(node.func).removesuffix(name) + NAMES[name]


def slices(node):
    """Without a bound, or without the step."""
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield text(node, **{part: None})


def contrary(node):
    """The negation of a condition."""
    yield from negated([node.test])


def filters(node):
    """The negation of each condition in a comprehension."""
    yield from negated(node.ifs)


def negated(conditions):
    """The negations of conditions, except those that are mutated in another way: `not a`, `a == b` and the like."""
    for condition in conditions:
        opposed = isinstance(condition, ast.Compare) and not isinstance(condition.ops[0], ORDERED)
        if not opposed and not is_negation(condition):
            yield condition, f"(not ({ast.unparse(condition)}))"


def is_negation(node):
    """Whether this is `not a`."""
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def left_out(node):
    """A call whose result is not used, or a refusal, left out."""
    if isinstance(node, ast.Raise) or isinstance(node.value, ast.Call):
        yield "pass"


MISTAKES = {
    ast.BinOp: with_operator,
    ast.BoolOp: with_operator,
    ast.UnaryOp: lambda node: [text(node.operand)],
    ast.Compare: comparisons,
    ast.Constant: constants,
    ast.IfExp: lambda node: [text(node, body=node.orelse, orelse=node.body)],
    ast.If: contrary,
    ast.While: contrary,
    ast.comprehension: filters,
    ast.Call: calls,
    ast.Slice: slices,
    ast.AugAssign: assignments,
    ast.Expr: left_out,
    ast.Raise: left_out,
    ast.Break: lambda node: ["continue"],
    ast.Continue: lambda node: ["break"],
}


def text(node, **fields):
    """The source of a node with other fields; in parentheses if a surrounding expression might split it."""
    changed = copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    source = ast.unparse(changed)
    return f"({source})" if isinstance(changed, COMPOUND) else source


def edited(source, function, node, text):
    """The mutant with a text in place of a node, whose columns count bytes."""
    data = source.encode()
    starts = [0, *accumulate(map(len, data.splitlines(keepends=True)))]
    first, last = starts[node.lineno - 1], starts[node.end_lineno]
    start, stop = first + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
    lines = data[first:start] + text.encode() + data[stop:last]
    shown = (dedent(each.decode()).rstrip() for each in (data[first:last], lines))
    return Mutant(function, *shown, (data[:first] + lines + data[last:]).decode())
