"""Fingerprints of a Python source: winnowing over its syntax tree.

What does not change what a program does is not looked at: comments, layout, docstrings,
annotations, imports, and the names that the author chose. What is left is walked function by
function, so that their order does not matter. Runs of `GRAM` nodes are hashed, and of every
`WINDOW` neighbouring hashes the least one is kept: whatever two sources share over
`GRAM + WINDOW - 1` nodes or more is certain to give both the same fingerprint.

S. Schleimer, D. S. Wilkerson, A. Aiken (2003), Winnowing: local algorithms for document
fingerprinting, SIGMOD.
"""

from __future__ import annotations

import ast
import builtins
import warnings
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

GRAM = 14  # nodes: about a line of NumPy
WINDOW = 6

_BASE = np.uint64(0x9E3779B97F4A7C15)
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PASSED_OVER = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)
_BUILTINS = frozenset(dir(builtins))
_WRITTEN_DOWN = (int, float, complex, bool, type(None), type(...))


@dataclass(frozen=True)
class Prints:
    """The fingerprints of a source, and where each begins in its run of nodes."""

    hashes: NDArray[np.uint64]
    places: NDArray[np.intp]
    node_lines: NDArray[np.int64]  # the line of each node

    def lines(self, among: Collection[int]) -> Iterator[tuple[int, frozenset[int]]]:
        """Each fingerprint that is `among` those, and the lines that it stands for."""
        for number, place in zip(self.hashes.tolist(), self.places.tolist(), strict=True):
            if number in among:
                yield number, frozenset(self.node_lines[place : place + GRAM].tolist())


EMPTY = Prints(np.empty(0, np.uint64), np.empty(0, np.intp), np.empty(0, np.int64))


def fingerprints(source: str) -> Prints:
    """The fingerprints of a source; none where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return EMPTY
    names = _meanings(tree)
    tokens: list[int] = []
    lines: list[int] = []
    crossing: list[int] = []
    for unit in _units(tree.body):
        _walk(unit, names, tokens, lines)
        crossing.append(len(tokens))
    count = len(tokens) - GRAM + 1
    if count < 1:
        return EMPTY
    grams = _grams(np.array(tokens, np.uint64))
    for end in crossing:  # no run reaches from one function into the next
        grams[max(end - GRAM + 1, 0) : end] = _NONE
    chosen = _winnow(grams)
    return Prints(grams[chosen], chosen, np.array(lines, np.int64))


def _grams(tokens: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of each run of `GRAM` tokens."""
    count = len(tokens) - GRAM + 1
    grams = np.zeros(count, np.uint64)
    for offset in range(GRAM):
        grams = grams * _BASE + tokens[offset : offset + count]
    # Mixed, so that the least hash of a window is any of them.
    grams ^= grams >> np.uint64(29)
    grams *= np.uint64(0xBF58476D1CE4E5B9)
    return grams ^ (grams >> np.uint64(32))


def _winnow(grams: NDArray[np.uint64]) -> NDArray[np.intp]:
    """The places of the least hash of each window, the last of equal ones."""
    # As if much stood before and after it: a function gives the same wherever it stands.
    edge = np.full(WINDOW - 1, _NONE)
    padded = np.concatenate([edge, grams, edge])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)
    least = WINDOW - 1 - windows[:, ::-1].argmin(1)
    places = np.unique(np.arange(len(windows)) + least) - len(edge)
    places = places[(places >= 0) & (places < len(grams))]
    kept: NDArray[np.intp] = places[grams[places] != _NONE]
    return kept


def _units(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The functions and methods of a module, and what stands beside them."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _units(node.body)
        else:
            yield node


def _meanings(tree: ast.Module) -> Mapping[str, str]:
    """What a name means where its author did not choose it; the others are not in it."""
    meanings: dict[str, str] = {}
    own: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                own.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                own.add("." + name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                own |= {name, "." + name}
            case ast.ClassDef(name=name):
                own.add(name)
            case ast.Import(names=aliases):
                meanings.update({a.asname or a.name.partition(".")[0]: a.name for a in aliases})
            case ast.ImportFrom(module=module, names=aliases):
                meanings.update({a.asname or a.name: f"{module}.{a.name}" for a in aliases})
            case ast.Attribute(attr=name):
                meanings.setdefault("." + name, "." + name)
            case ast.Name(id=name) if name in _BUILTINS:
                meanings.setdefault(name, name)
    return {name: meaning for name, meaning in meanings.items() if name not in own}


def _walk(unit: ast.AST, names: Mapping[str, str], tokens: list[int], lines: list[int]) -> None:
    """The nodes of a function from the root, each as a number, with the line of each."""
    waiting: list[object] = [unit]
    line = getattr(unit, "lineno", 1)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.AST) or isinstance(node, _PASSED_OVER):
            continue  # also the None of `{**one, "two": 2}`
        if isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):  # a docstring, or nothing at all
                waiting.append(node.value)
            continue
        line = getattr(node, "lineno", line)
        if isinstance(node, ast.Name):
            said = names.get(node.id, "name")
        elif isinstance(node, ast.Attribute):
            said, inside = _attribute(node, names)
            waiting.append(inside)
        elif isinstance(node, ast.Constant):
            said = _constant(node.value)
        elif isinstance(node, ast.JoinedStr):
            said = "text"
        elif isinstance(node, ast.AnnAssign):
            if node.value is None:
                continue
            said = "Assign"
            waiting += [node.value, node.target]
        else:
            said = f"{node.arg}=" if isinstance(node, ast.keyword) else type(node).__name__
            for field in _walked(node._fields):
                part = getattr(node, field)
                if isinstance(part, list):
                    waiting.extend(reversed(part))
                else:
                    waiting.append(part)
            if isinstance(node, ast.arguments):
                continue
        tokens.append(_number(said))
        lines.append(line)


@cache
def _walked(fields: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that hold what is to be walked, the last first."""
    no = {"ctx", "annotation", "returns", "name", "arg", "type_comment", "type_params", "attr"}
    return tuple(field for field in reversed(fields) if field not in no)


def _attribute(node: ast.Attribute, names: Mapping[str, str]) -> tuple[str, ast.AST | None]:
    """`np.exp` is one token, as an imported `exp` is; else what is before the dot is left."""
    if isinstance(node.value, ast.Name) and node.value.id in names:
        return f"{names[node.value.id]}.{node.attr}", None
    return names.get("." + node.attr, ".name"), node.value


def _constant(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return "int"  # the digits of a huge one take for ever
    return repr(value) if isinstance(value, _WRITTEN_DOWN) else "text"


@cache
def _number(said: str) -> int:
    """A number for a token: the same in every run."""
    data = said.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.crc32(data, 0xABCD)
