"""The files of a submission that a component can come to depend on.

A worker is given these and no others, so equal files mean an equal result, whoever handed them in:
that is what lets a class share the results of what many hand in alike, such as stubs that nobody
has begun.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from autograder.intake.trees import tree_of
from shared.definitions import is_readable

# Ways of importing by a name that is made at run time. Who uses one is given everything.
DYNAMIC = frozenset(
    {"__builtins__", "__import__", "__loader__", "__spec__", "builtins", "compile", "eval", "exec"}
    | {"globals", "import_module", "importlib", "imp", "locals", "modules", "pkgutil", "runpy"}
    | {"vars"}
)
# Folders in which a module may lie; a name of a hundred thousand parts has as many prefixes.
DEEPEST = 16


def reachable(components: Iterable[str], files: Mapping[str, str]) -> dict[str, str]:
    """The files that those components can import, themselves included.

    Parameters
    ----------
    components : iterable of str
        A component's name and those that it stands on.
    files : mapping
        Paths such as ``"nn/conv.py"`` to texts. Where an import cannot be followed, because its
        name is made at run time, all of them are returned.
    """
    todo = [f"nn/{name}.py" for name in components]
    found: dict[str, str] = {}
    while todo:
        path = todo.pop()
        if path in found or path not in files:
            continue
        found[path] = files[path]
        if not is_readable(files[path]):
            return dict(files)
        tree = tree_of(files[path])
        for node in ast.walk(tree) if tree else ():
            if _is_dynamic(node):
                return dict(files)
            todo += [p for p in _imported(node) if p in files]
    return {path: files[path] for path in files if path in found}


def classes_of(source: str) -> frozenset[str]:
    """The names of the classes that a file defines."""
    nodes = ast.walk(tree) if (tree := tree_of(source)) else ()
    return frozenset(node.name for node in nodes if isinstance(node, ast.ClassDef))


def _is_dynamic(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.ImportFrom(module=str(name)):
            return not DYNAMIC.isdisjoint(name.split("."))
        case ast.alias(name=name):
            return not DYNAMIC.isdisjoint(name.split("."))
        # As in getattr(module, "__import__") and obj.__dict__["modules"].
        case ast.Constant(value=str(text)):
            return text in DYNAMIC
    return False


def _imported(node: ast.AST) -> Iterable[str]:
    """Paths that a statement may import; every prefix and every name of it, files or not."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield from _paths(alias.name)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = ".".join([*(["nn"] if level else []), *([module] if module else [])])
            yield from _paths(base)
            for alias in names:
                yield from _paths(f"{base}.{alias.name}")


def _paths(dotted: str) -> Iterable[str]:
    parts = dotted.split(".", DEEPEST)[:DEEPEST]
    for end in range(1, len(parts) + 1):
        stem = "/".join(parts[:end])
        yield f"{stem}.py"
        yield f"{stem}/__init__.py"
