"""What every function of a component takes and returns, read from the reference's annotations.

The staff's side reads them from source; what a student receives is the same as JSON, in
`tests/release.json`, so an edited annotation in a student's file changes nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.calls import Spec

NAMES: Mapping[str, Spec] = {
    "Array": "array",
    "Cache": "opaque",
    "State": "opaque",
    "float": "scalar",
    "int": "scalar",
}


@dataclass(frozen=True)
class Signature:
    """The parameters of a function and the structure of what it returns."""

    name: str
    parameters: tuple[str, ...]
    returns: Spec
    shown: str  # the return annotation as written: "tuple[Array, Cache]"

    def to_json(self) -> dict[str, Any]:
        return {
            "parameters": list(self.parameters),
            "returns": self.returns,
            "shown": self.shown,
        }

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> Signature:
        return cls(name, tuple(data["parameters"]), data["returns"], str(data["shown"]))


def read_signatures(source: str) -> dict[str, Signature]:
    """The public functions of a module's source, in its order.

    A public class counts as its constructor, ``"LeNet5"``, which returns a handle, and its public
    methods, ``"LeNet5.forward"``, which take that handle first; those that it has from a public
    class above it in the module are its own too.

    Raises
    ------
    SyntaxError
        When the source is no Python.
    """
    found: dict[str, Signature] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = _signature(node, node.name)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found.update(_of_class(node, found))
    return found


def _of_class(node: ast.ClassDef, above: Mapping[str, Signature]) -> dict[str, Signature]:
    found = {node.name: Signature(node.name, (), "opaque", node.name)}
    for base in (ast.unparse(b) for b in reversed(node.bases)):
        for name, signature in above.items():
            first, _, rest = name.partition(".")
            if first == base:
                own = f"{node.name}.{rest}" if rest else node.name
                shown = signature.shown if rest else node.name
                found[own] = replace(signature, name=own, shown=shown)
    for method in node.body:
        if not isinstance(method, ast.FunctionDef):
            continue
        name = f"{node.name}.{method.name}"
        if method.name == "__init__":
            parameters = _signature(method, name).parameters[1:]
            found[node.name] = Signature(node.name, parameters, "opaque", node.name)
        elif not method.name.startswith("_"):
            found[name] = _signature(method, name)
    return found


def _signature(node: ast.FunctionDef, name: str) -> Signature:
    arguments = node.args
    parameters = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    shown = ast.unparse(node.returns) if node.returns is not None else ""
    return Signature(name, tuple(parameters), spec_of(node.returns), shown)


def spec_of(annotation: ast.expr | None) -> Spec:
    """The `Spec` of a return annotation; what it does not know is ``"any"``."""
    if isinstance(annotation, ast.Name):
        return NAMES.get(annotation.id, "any")
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name):
        kind = annotation.value.id
        inner = annotation.slice
        parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        if kind == "tuple" and parts:
            return ["tuple", *(spec_of(part) for part in parts)]
        if kind == "list" and len(parts) == 1:
            return ["list", spec_of(parts[0])]
        if kind == "dict" and len(parts) == 2:
            return ["dict", spec_of(parts[1])]
    return "any"
