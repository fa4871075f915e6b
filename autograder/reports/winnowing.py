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
import itertools
import warnings
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.definitions import is_readable

GRAM = 14  # nodes: about a line of NumPy
WINDOW = 6

_BASE = np.uint64(0x9E3779B97F4A7C15)
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_SILENT = (
    *(ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.Expr, ast.arguments),
)
_NOT_WALKED = frozenset(
    {"ctx", "annotation", "returns", "name", "arg", "type_comment", "type_params", "attr", "id"}
    | {"names", "module", "level", "is_async", "simple", "kind", "rest"}
)
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
    """The fingerprints of a source; none where it is no Python, or takes too long to read."""
    if not is_readable(source):
        return EMPTY
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return EMPTY
    own: set[str] = set()
    units = [_nodes(unit) for unit in _units(tree.body, own)]
    names = _meanings(itertools.chain.from_iterable(units), own)
    tokens: list[int] = []
    lines: list[int] = []
    crossing: list[int] = []
    for nodes in units:
        _say(nodes, names, tokens, lines)
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


def _units(body: list[ast.stmt], classes: set[str]) -> Iterator[ast.AST]:
    """The functions and methods of a module, and what stands beside them."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            classes.add(node.name)
            yield from _units(node.body, classes)
        else:
            yield node


def _nodes(unit: ast.AST) -> list[ast.AST]:
    """The nodes that count, each before what it consists of."""
    nodes: list[ast.AST] = []
    waiting: list[object] = [unit]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.AST):
            continue  # the None of `{**one, "two": 2}`
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring, or nothing at all
        if isinstance(node, ast.AnnAssign) and node.value is None:
            continue
        nodes.append(node)
        for field in _walked(node._fields):
            part = getattr(node, field)
            if isinstance(part, list):
                waiting.extend(reversed(part))
            elif part is not None:
                waiting.append(part)
    return nodes


@cache
def _walked(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Of the fields of a node those that hold what is to be walked, the last first."""
    if fields in (ast.Constant._fields, ast.JoinedStr._fields, ast.Import._fields):
        return ()
    return tuple(field for field in reversed(fields) if field not in _NOT_WALKED)


def _meanings(nodes: Iterable[ast.AST], own: set[str]) -> Mapping[str, str]:
    """What a name means where its author did not choose it; the others are not in it."""
    meanings: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                own.add(node.id)
            elif node.id in _BUILTINS:
                meanings.setdefault(node.id, node.id)
        elif isinstance(node, ast.Attribute):
            if not isinstance(node.ctx, ast.Load):
                own.add("." + node.attr)
            else:
                meanings["." + node.attr] = "." + node.attr
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            own |= {node.name, "." + node.name}
        elif isinstance(node, ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Import):
            meanings |= {a.asname or a.name.partition(".")[0]: a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            meanings |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return {name: meaning for name, meaning in meanings.items() if name not in own}


def _say(
    nodes: Iterable[ast.AST], names: Mapping[str, str], tokens: list[int], lines: list[int]
) -> None:
    """Each node as a number, with its line."""
    line = 1
    said_already: ast.AST | None = None
    for node in nodes:
        if node is said_already or isinstance(node, _SILENT):
            continue
        line = getattr(node, "lineno", line)
        if isinstance(node, ast.Name):
            said = names.get(node.id, "name")
        elif isinstance(node, ast.Attribute):
            of = node.value
            if isinstance(of, ast.Name) and of.id in names:
                # `np.exp` is one token, as an imported `exp` is.
                said, said_already = f"{names[of.id]}.{node.attr}", of
            else:
                said = names.get("." + node.attr, ".name")
        elif isinstance(node, ast.Constant):
            said = _constant(node.value)
        elif isinstance(node, ast.keyword):
            said = f"{node.arg}="
        elif isinstance(node, ast.AnnAssign):
            said = "Assign"
        else:
            said = type(node).__name__
        tokens.append(_number(said))
        lines.append(line)


def _constant(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return "int"  # the digits of a huge one take for ever
    return repr(value) if isinstance(value, _WRITTEN_DOWN) else "text"


@cache
def _number(said: str) -> int:
    """A number for a token: the same in every run."""
    data = said.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.crc32(data, 0xABCD)
