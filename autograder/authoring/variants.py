"""Read a component's mutants file: wrong and unusual-but-right solutions, as whole modules.

The file is read as a syntax tree and never executed; `autograder.mutants` explains its format.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from autograder.course import Component
from autograder.errors import CourseProblem

EQUIVALENT = "EQUIVALENT"


@dataclass(frozen=True)
class Variant:
    """A solution made from the reference by replacing functions."""

    name: str
    reference: str  # the module that it is made from
    about: str  # what is wrong or unusual
    right: bool
    caught_by: str  # the test that must catch a wrong one
    says: str  # what a student reads that names the mistake
    looks: tuple[str, ...]  # the guesses at it that hold
    line: int  # where it stands in the mutants file
    replaced: tuple[ast.stmt, ...]  # the statements that it brings

    @cached_property
    def source(self) -> str:
        """The whole module."""
        return _replaced(self.reference, list(self.replaced))


@dataclass(frozen=True)
class Variants:
    """All that a mutants file holds."""

    wrong: tuple[Variant, ...]
    right: tuple[Variant, ...]
    equivalent: dict[str, str]  # id of a mechanical mutant -> why nothing can tell it

    def right_one(self, name: str) -> Variant | None:
        return next((v for v in self.right if v.name == name), None)


def read_variants(component: Component) -> Variants:
    """The variants of a component; none where it has no mutants file.

    Raises
    ------
    CourseProblem
        With the line of what cannot be read.
    """
    path = component.mutants
    if not path.exists():
        return Variants((), (), {})
    file = path.relative_to(component.root).as_posix()
    reference = component.solution.read_text(encoding="utf-8")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise CourseProblem(f"{file}:{error.lineno}: {error.msg}") from None
    found: dict[str, Variant] = {}
    equivalent: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            variant = _variant(node, reference, file)
            if variant.name in found:
                raise CourseProblem(f"{file}:{node.lineno}: {variant.name!r} is there twice")
            found[variant.name] = variant
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and EQUIVALENT in ast.unparse(node):
            equivalent = _equivalent(node, file)
    every = found.values()
    return Variants(
        tuple(v for v in every if not v.right), tuple(v for v in every if v.right), equivalent
    )


def _variant(node: ast.FunctionDef | ast.ClassDef, reference: str, file: str) -> Variant:
    where = f"{file}:{node.lineno}"
    decorator = node.decorator_list[0] if node.decorator_list else None
    if (
        not isinstance(decorator, ast.Call)
        or not isinstance(decorator.func, ast.Name)
        or decorator.func.id not in ("wrong", "right")
        or len(decorator.args) != 1
    ):
        raise CourseProblem(
            f"{where}: decorate it with @wrong(name, caught_by=...) or @right(name)"
        )
    try:
        name = ast.literal_eval(decorator.args[0])
        keywords = {k.arg: ast.literal_eval(k.value) for k in decorator.keywords}
    except ValueError:
        raise CourseProblem(
            f"{where}: the decorator takes plain strings, and a tuple of them"
        ) from None
    is_right = decorator.func.id == "right"
    if not is_right and not keywords.get("caught_by"):
        raise CourseProblem(f"{where}: @wrong says with caught_by which test must catch it")
    about = ast.get_docstring(node)
    if not about:
        raise CourseProblem(f"{where}: say in a docstring what is {decorator.func.id} about it")
    new: list[ast.stmt]
    if isinstance(node, ast.FunctionDef):
        function = ast.parse(ast.unparse(node)).body[0]
        assert isinstance(function, ast.FunctionDef)
        function.decorator_list = []
        new = [function]
    else:
        new = [n for n in node.body if not _is_text(n)]
    return Variant(
        name=str(name),
        reference=reference,
        about=about.split("\n")[0],
        right=is_right,
        caught_by=str(keywords.get("caught_by", "")),
        says=str(keywords.get("says", "")),
        looks=tuple(keywords.get("looks", ())),
        line=node.lineno,
        replaced=tuple(new),
    )


def _replaced(reference: str, new: list[ast.stmt]) -> str:
    """The reference with its functions replaced by those of the same name, the rest added.

    Imports go to the top; helpers and constants before the first function of the module, so that
    they are there for whatever uses them when the module is loaded. A class made from itself,
    ``class Net(Net)``, stands after the reference's and so replaces its methods one by one.
    """
    tree = ast.parse(reference)
    functions = {n.name: n for n in new if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    body: list[ast.stmt] = []
    used: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in functions:
            own = functions[node.name]
            body += [node, own] if _extends_itself(own) else [own]
            used.add(node.name)
        else:
            body.append(node)
    added = [n for n in new if getattr(n, "name", None) not in used]
    first = next(
        (i for i, n in enumerate(body) if isinstance(n, (ast.FunctionDef, ast.ClassDef))),
        len(body),
    )
    body[first:first] = added
    tree.body = body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _extends_itself(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return isinstance(node, ast.ClassDef) and node.name in map(ast.unparse, node.bases)


def _equivalent(node: ast.Assign | ast.AnnAssign, file: str) -> dict[str, str]:
    try:
        value = ast.literal_eval(node.value) if node.value is not None else {}
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(v, str) and v for v in value.values()):
        raise CourseProblem(
            f"{file}:{node.lineno}: {EQUIVALENT} maps an id to a reason, both texts"
        )
    return {str(k): str(v) for k, v in value.items()}


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
