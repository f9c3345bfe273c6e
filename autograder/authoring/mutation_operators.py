"""Break a function in one place at a time, in every way that a slip of the hand could: mutation testing's operators.

They work on the syntax tree. What is broken: operators, comparisons, constants and defaults, conditions, loops, calls
and their arguments, names of functions that stand for each other, entries of tuples and dicts, whole statements.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Replacements = Iterator[ast.AST | None]

BINARY: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
# Functions and methods that are taken for each other.
CONFUSED = (
    ("sum", "mean"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("zeros", "ones"),
    ("all", "any"),
    ("log", "log10"),
    ("sqrt", "square"),
    ("standard_normal", "random"),
    ("var", "std"),
    ("reduce_mean", "reduce_sum"),
)
OTHER_NAME = dict(CONFUSED) | {other: one for one, other in CONFUSED} | {"round": "int"}


@dataclass(frozen=True)
class Mutant:
    """A function that is broken in one place.

    Parameters
    ----------
    text : str
        Its source.
    change : str
        The lines that differ: ``"old → new"``; a dropped line has no new one.
    """

    text: str
    change: str


def mutants_of(text: str) -> list[Mutant]:
    """Break a function in every place.

    Parameters
    ----------
    text : str
        Source of a function. Its docstring and annotations stay as they are.

    Returns
    -------
    list of Mutant
        In the order of the places, no text twice.
    """
    original = ast.unparse(_parse(text))
    found: dict[str, Mutant] = {}
    for number, node in enumerate(ast.walk(_parse(text))):
        for way in range(len(list(_replacements(node)))):
            mutated = ast.unparse(ast.fix_missing_locations(_mutate(_parse(text), number, way)))
            if mutated != original and mutated not in found:
                found[mutated] = Mutant(mutated, _change(original, mutated))
    return list(found.values())


def _parse(text: str) -> ast.Module:
    """Parse a function without what is no code: docstrings and annotations."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            if ast.get_docstring(node) and len(node.body) > 1:
                node.body = node.body[1:]
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _mutate(tree: ast.Module, number: int, way: int) -> ast.Module:
    old = list(ast.walk(tree))[number]
    _Replacer(old, list(_replacements(old))[way]).visit(tree)
    return tree


class _Replacer(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self.new if node is self.old else self.generic_visit(node)


def _change(original: str, mutated: str) -> str:
    old, new = original.splitlines(), mutated.splitlines()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [block[1:] for block in blocks if block[0] != "equal"]
    before = [line.strip() for start, end, _, _ in changed for line in old[start:end]]
    after = [line.strip() for _, _, start, end in changed for line in new[start:end]]
    return f"{' ⏎ '.join(before)} → {' ⏎ '.join(after)}".strip()


# --- the operators: how a node may be broken --------------------------------------------------------------------------


def _replacements(node: ast.AST) -> Replacements:
    """Give what may stand in the place of a node: deep enough copies, so that the tree itself stays whole."""
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)


def _other(node: ast.AST, **fields: object) -> ast.AST:
    """Copy a node with some fields replaced; its other children are shared, and used in one tree only."""
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def _without(items: list, index: int) -> list:
    return [*items[:index], *items[index + 1 :]]


def _binary(node: ast.BinOp) -> Replacements:
    for operator in BINARY.get(type(node.op), ()):
        yield _other(node, op=operator())
    yield node.left
    yield node.right
    if not isinstance(node.op, ast.Add | ast.Mult):
        yield _other(node, left=node.right, right=node.left)


def _augmented(node: ast.AugAssign) -> Replacements:
    for operator in BINARY.get(type(node.op), ()):
        yield _other(node, op=operator())
    yield ast.Assign(targets=[node.target], value=node.value)


def _comparison(node: ast.Compare) -> Replacements:
    for index, operator in enumerate(node.ops):
        for other in COMPARISONS.get(type(operator), ()):
            yield _other(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])


def _boolean(node: ast.BoolOp) -> Replacements:
    yield _other(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    yield from node.values


def _unary(node: ast.UnaryOp) -> Replacements:
    yield node.operand


def _constant(node: ast.Constant) -> Replacements:
    value = node.value
    if isinstance(value, bool):
        others: tuple = (not value,)
    elif isinstance(value, int):
        others = (value + 1, value - 1)
    elif isinstance(value, float):
        others = (0.0, 1.0, 2 * value, value / 2, 10 * value)
    elif isinstance(value, str):
        others = (value + "?",)
    else:
        others = ()
    for other in others:
        if other != value or type(other) is not type(value):
            yield ast.Constant(other)


def _condition(node: ast.If | ast.IfExp) -> Replacements:
    yield _other(node, test=ast.UnaryOp(ast.Not(), node.test))
    yield _other(node, test=ast.Constant(True))
    yield _other(node, test=ast.Constant(False))


def _loop(node: ast.For) -> Replacements:
    yield _other(node, body=[*node.body, ast.Break()])  # only the first
    for cut in (ast.Slice(lower=ast.Constant(1)), ast.Slice(upper=ast.Constant(-1))):  # not the first, not the last
        items = ast.Call(func=ast.Name("list", ast.Load()), args=[node.iter], keywords=[])
        yield _other(node, iter=ast.Subscript(items, cut, ast.Load()))


def _comprehension(node: ast.comprehension) -> Replacements:
    for index in range(len(node.ifs)):
        yield _other(node, ifs=_without(node.ifs, index))


def _call(node: ast.Call) -> Replacements:
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield node.func.value
    yield from node.args[:1]
    for index in range(len(node.args)):
        yield _other(node, args=_without(node.args, index))
    if len(node.args) > 1:
        yield _other(node, args=[node.args[1], node.args[0], *node.args[2:]])
    for index in range(len(node.keywords)):
        yield _other(node, keywords=_without(node.keywords, index))


def _is_module(node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("np", "tf", "network", "itertools", "functools")


def _attribute(node: ast.Attribute) -> Replacements:
    if node.attr in OTHER_NAME:
        yield _other(node, attr=OTHER_NAME[node.attr])
    if not _is_module(node.value):
        yield node.value


def _name(node: ast.Name) -> Replacements:
    if node.id in OTHER_NAME:
        yield ast.Name(OTHER_NAME[node.id], node.ctx)


def _subscript(node: ast.Subscript) -> Replacements:
    if isinstance(node.ctx, ast.Load):
        yield node.value


def _slice(node: ast.Slice) -> Replacements:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield _other(node, **{part: None})


def _sequence(node: ast.Tuple | ast.List) -> Replacements:
    for index in range(len(node.elts)):
        yield _other(node, elts=_without(node.elts, index))
    if len(node.elts) > 1:
        yield _other(node, elts=[node.elts[1], node.elts[0], *node.elts[2:]])


def _dict(node: ast.Dict) -> Replacements:
    for index in range(len(node.keys)):
        yield _other(node, keys=_without(node.keys, index), values=_without(node.values, index))


def _arguments(node: ast.arguments) -> Replacements:
    if node.defaults:  # the first parameter that has a default has none
        yield _other(node, defaults=node.defaults[1:])


def _statement(node: ast.stmt) -> Replacements:
    if not isinstance(node, ast.FunctionDef | ast.Pass):
        yield ast.Pass()


OPERATORS: tuple[tuple[type | tuple[type, ...], Callable[..., Replacements]], ...] = (
    (ast.BinOp, _binary),
    (ast.AugAssign, _augmented),
    (ast.Compare, _comparison),
    (ast.BoolOp, _boolean),
    (ast.UnaryOp, _unary),
    (ast.Constant, _constant),
    ((ast.If, ast.IfExp), _condition),
    (ast.For, _loop),
    (ast.comprehension, _comprehension),
    (ast.Call, _call),
    (ast.Attribute, _attribute),
    (ast.Name, _name),
    (ast.Subscript, _subscript),
    (ast.Slice, _slice),
    ((ast.Tuple, ast.List), _sequence),
    (ast.Dict, _dict),
    (ast.arguments, _arguments),
    (ast.stmt, _statement),
)
