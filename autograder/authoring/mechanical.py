"""Mechanical mutants: one small change of the reference each.

They ask what a person does not think of: is every operator, constant, axis and statement of the
reference held in place by some test?
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.authoring.stubs import find_regions

SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
SWAPPED_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
SWAPPED_NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "argmax": "argmin",
}


@dataclass(frozen=True)
class Mechanical:
    """A mutant: its id says the function, what stood there and what stands there now."""

    id: str
    source: str


def mechanical_mutants(source: str, file: str) -> list[Mechanical]:
    """Every mechanical mutant of a solution's regions, in the order of its lines."""
    lines = {n for r in find_regions(source, file) for n in range(r.first, r.last + 1)}
    tree = ast.parse(source)
    found: dict[str, str] = {}
    for owner, node, change in _places(tree):
        line = getattr(node, "lineno", None) or getattr(owner, "lineno", 0)
        if line not in lines:
            continue
        before = _statement_text(tree, node)
        undo = change()
        mutant = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        after = _statement_text(tree, node)
        undo()
        name = f"{_function_of(tree, node)}: {before} → {after}"
        number = 2
        while name in found and found[name] != mutant:
            name = f"{name.removesuffix(f' #{number - 1}')} #{number}"
            number += 1
        found[name] = mutant
    return [Mechanical(id, text) for id, text in found.items()]


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, ast.AST, _Change]]:
    """(parent, node, change) for every change; a change returns its own undoing."""
    for owner in ast.walk(tree):
        for field, value in ast.iter_fields(owner):
            nodes = value if isinstance(value, list) else [value]
            for position, node in enumerate(nodes):
                if not isinstance(node, ast.AST) or field in ("annotation", "returns"):
                    continue
                place = _Place(owner, field, position if isinstance(value, list) else None)
                for new in _alternatives(node):
                    yield owner, node, _Change(place, new)


@dataclass(frozen=True)
class _Place:
    owner: ast.AST
    field: str
    position: int | None

    def get(self) -> ast.AST:
        value = getattr(self.owner, self.field)
        found: ast.AST = value if self.position is None else value[self.position]
        return found

    def set(self, node: ast.AST) -> None:
        if self.position is None:
            setattr(self.owner, self.field, node)
        else:
            getattr(self.owner, self.field)[self.position] = node


@dataclass(frozen=True)
class _Change:
    place: _Place
    new: ast.AST

    def __call__(self) -> _Undo:
        old = self.place.get()
        self.place.set(self.new)
        return _Undo(self.place, old)


@dataclass(frozen=True)
class _Undo:
    place: _Place
    old: ast.AST

    def __call__(self) -> None:
        self.place.set(self.old)


def _alternatives(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED_OPERATORS:
        new = copy.copy(node)
        new.op = SWAPPED_OPERATORS[type(node.op)]()
        yield new
    elif isinstance(node, ast.AugAssign) and type(node.op) in SWAPPED_OPERATORS:
        assign = copy.copy(node)
        assign.op = SWAPPED_OPERATORS[type(node.op)]()
        yield assign
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED_COMPARISONS:
        compare = copy.copy(node)
        compare.ops = [SWAPPED_COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
        yield compare
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        # A negative constant is an index or a number of its own, changed below.
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node)
    elif isinstance(node, ast.Attribute):
        if node.attr == "T":
            yield node.value
        elif node.attr in SWAPPED_NAMES:
            attribute = copy.copy(node)
            attribute.attr = SWAPPED_NAMES[node.attr]
            yield attribute
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)) and not _is_text(node):
        yield ast.copy_location(ast.Pass(), node)


def _other_constants(node: ast.Constant) -> Iterator[ast.Constant]:
    value = node.value
    if isinstance(value, bool):
        yield ast.copy_location(ast.Constant(not value), node)
    elif isinstance(value, int):
        yield ast.copy_location(ast.Constant(value + 1), node)
        if value:
            yield ast.copy_location(ast.Constant(value - 1), node)
    elif isinstance(value, float):
        yield ast.copy_location(ast.Constant(value * 1.01 if value else 0.01), node)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _statement_text(tree: ast.Module, node: ast.AST) -> str:
    """The innermost simple statement, or a compound one's head, on the node's lines."""
    line = getattr(node, "lineno", 0)
    inside = [
        s
        for s in ast.walk(tree)
        if isinstance(s, ast.stmt) and s.lineno <= line <= (s.end_lineno or s.lineno)
    ]
    innermost = max(inside, key=lambda s: (s.lineno, -(s.end_lineno or 0)))
    return ast.unparse(innermost).split("\n")[0]


def _function_of(tree: ast.Module, node: ast.AST) -> str:
    line = getattr(node, "lineno", 0)
    names = [
        s.name
        for s in ast.walk(tree)
        if isinstance(s, (ast.FunctionDef, ast.ClassDef))
        and s.lineno <= line <= (s.end_lineno or s.lineno)
    ]
    return ".".join(names) or "module"
