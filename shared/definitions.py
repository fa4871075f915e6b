"""The definitions in code that was written cell by cell: which are needed, and in which order.

A notebook is read as if it were run from top to bottom: of several definitions of one name the last
one counts. What is taken are the functions asked for and whatever they use by name: imports,
helpers, constants. Calls, plots and trials between them are left out.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

_TAKEN = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.If,
    ast.Try,
)
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SHELL = re.compile(r"^(\s*)(?:\w[\w., ]*=\s*)?[%!?].*|^(\s*)[\w.]+\?{1,2}\s*$")
_COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")
_KEEPING_MAGICS = ("%%time", "%%capture")  # their cell runs where all others run

MOST_TEXT = 250_000  # characters
MOST_BRACES = 5_000
MOST_DOTS = 20_000


@dataclass(frozen=True)
class Piece:
    """A statement at the top of a cell or of a file, with the comments above it."""

    text: str
    code: str  # its syntax without docstrings: equal codes do the same
    defines: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()  # names that must be there before: x += 1, f.y = 1
    at_once: frozenset[str] = frozenset()  # global names that it uses when it runs
    later: frozenset[str] = frozenset()  # those that its functions use when they are called
    is_block: bool = False  # a function or a class
    is_written: bool = True  # it has no `raise NotImplementedError`
    cell: int = 0
    line: int = 1  # of its first line
    gap: bool = False  # a blank line stands above it


def read_pieces(source: str, cell: int = 0) -> list[Piece]:
    """Every statement of a cell or of a file; comments at the end are a piece that defines nothing.

    Raises
    ------
    SyntaxError
        When it is no Python, or nested too deeply to be read.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return _read(_without_magics(source), cell)
    except (RecursionError, MemoryError):
        raise SyntaxError("it is nested too deeply to be read") from None


def _read(source: str, cell: int) -> list[Piece]:
    tree = _parse(source)
    lines = source.split("\n")
    pieces, end = [], 0
    for number, node in enumerate(tree.body):
        first, last = _first_line(node), node.end_lineno or node.lineno
        following = tree.body[number + 1 : number + 2]
        shares = first <= end or any(_first_line(n) <= last for n in following)
        begin = end
        while begin < first - 1 and not lines[begin].strip():
            begin += 1
        if isinstance(node, _BLOCKS) and not shares:
            last = _to_the_end(lines, last)
        text = "\n".join(lines[begin:last])
        if shares:  # a statement beside it on one line
            begin, text = first - 1, ast.unparse(node)
        gap = begin > 0 and not lines[begin - 1].strip()
        pieces.append(replace(_piece(node, text, cell, begin + 1), gap=gap))
        end = last
    rest = "\n".join(lines[end:]).strip()
    if rest:
        pieces.append(Piece(rest, "", cell=cell, line=end + 1))
    return pieces


def _to_the_end(lines: Sequence[str], last: int) -> int:
    """Let a block reach over the indented comments that follow its last statement."""
    end = last
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t"):
        end += 1
        if lines[end - 1].strip():
            last = end
    return last


def needed(pieces: Sequence[Piece], roots: Collection[str], *, written: bool = True) -> list[Piece]:
    """The definitions of the names `roots`, and of whatever these use.

    Parameters
    ----------
    pieces : sequence of Piece
        In the order in which they run.
    roots : collection of str
        Those of them that are not defined are passed over.
    written : bool
        Prefer the last definition that is written to a stub that comes after it.
    """
    by_name: dict[str, list[int]] = {}
    for index, piece in enumerate(pieces):
        for name in piece.defines | piece.changes:
            by_name.setdefault(name, []).append(index)
    stars = [i for i, p in enumerate(pieces) if "*" in p.defines]
    taken = {i for i, p in enumerate(pieces) if "from __future__ import" in p.text}
    waiting = [(name, len(pieces)) for name in by_name if name in roots]
    seen: set[tuple[str, int]] = set()
    while waiting:
        name, before = waiting.pop()
        if (name, before) in seen:
            continue
        seen.add((name, before))
        indices = by_name.get(name, [])
        # What runs at once sees what came before it; what is called later sees the last.
        found = _last(pieces, [i for i in indices if i < before], name, written)
        found = found or _last(pieces, indices, name, written)
        if not found and not hasattr(builtins, name):
            found = stars
        for index in found:
            taken.add(index)
            waiting += [(used, len(pieces)) for used in pieces[index].later]
            waiting += [(used, index) for used in pieces[index].at_once | pieces[index].changes]
    return [pieces[i] for i in sorted(taken, key=lambda i: ("__future__" not in pieces[i].text, i))]


def join(pieces: Iterable[Piece]) -> tuple[str, list[tuple[int, int] | None]]:
    """The text of pieces, and for each of its lines the cell and the line that it comes from."""
    lines: list[str] = []
    places: list[tuple[int, int] | None] = []
    previous: Piece | None = None
    for piece in pieces:
        if previous is not None:
            gap = 2 if piece.is_block or previous.is_block else int(piece.gap)
            lines += [""] * gap
            places += [None] * gap
        for number, line in enumerate(piece.text.split("\n")):
            lines.append(line)
            places.append((piece.cell, piece.line + number))
        previous = piece
    return "\n".join(lines) + "\n" if lines else "", places


def same_code(one: Iterable[Piece], other: Iterable[Piece]) -> bool:
    """Whether two lists of definitions hold the same ones, in whatever order."""
    return sorted(p.code for p in one) == sorted(p.code for p in other)


def _last(pieces: Sequence[Piece], indices: list[int], name: str, written: bool) -> list[int]:
    """The last definition of a name and what changes it afterwards."""
    whole = [i for i in indices if name in pieces[i].defines]
    if not whole:
        return []
    good = [i for i in whole if pieces[i].is_written] if written else []
    chosen = (good or whole)[-1]
    return [chosen, *(i for i in indices if i > chosen and name in pieces[i].changes)]


def is_readable(source: str) -> bool:
    """Whether the parser gets through a text in a moment, whatever it is.

    It has no limit of time, and takes time with the square of the fields of an f-string, or of the
    parts of a dotted name: minutes for what is still a small file.
    """
    return (
        len(source) <= MOST_TEXT
        and source.count("{") <= MOST_BRACES
        and source.count(".") <= MOST_DOTS
    )


def _parse(source: str) -> ast.Module:
    if not is_readable(source):
        raise SyntaxError("it is too long, or has too many braces or dots")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a student's string is no concern here
            return ast.parse(source)
    except ValueError:
        raise SyntaxError("it holds a character that no source may hold") from None


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _piece(node: ast.stmt, text: str, cell: int, line: int) -> Piece:
    if not isinstance(node, _TAKEN):
        return Piece(text, ast.dump(node), cell=cell, line=line)
    defines, changes, at_once, later = _names(node)
    return Piece(
        text,
        defines=defines,
        changes=changes,
        at_once=at_once,
        later=later,
        is_block=isinstance(node, _BLOCKS),
        is_written=not any(isinstance(n, ast.Raise) and _is_stub(n) for n in ast.walk(node)),
        cell=cell,
        line=line,
        code=_code(node),
    )


def _is_stub(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _names(node: ast.stmt) -> tuple[frozenset[str], ...]:
    """What a statement defines, changes, uses at once and uses later of the module's names."""
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return frozenset("*"), frozenset(), frozenset(), frozenset()
    try:
        # The compiler's own analysis: a local variable is no use of a global name.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(ast.unparse(node), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), frozenset(), frozenset(), frozenset()
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    at_once = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    later: set[str] = set()
    inner = [(child, True) for child in table.get_children()]
    while inner:
        child, runs = inner.pop()
        runs = runs and (child.get_type() == "class" or child.get_name() in _COMPREHENSIONS)
        inner += [(part, runs) for part in child.get_children()]
        (at_once if runs else later).update(
            s.get_name() for s in child.get_symbols() if s.is_global()
        )
    changes: set[str] = set()
    if isinstance(node, ast.AugAssign):
        changes, bound = bound | _roots([node.target]), set()
    elif isinstance(node, ast.Assign):
        changes = _roots(node.targets)
    return frozenset(bound), frozenset(changes), frozenset(at_once), frozenset(later)


def _roots(targets: Iterable[ast.expr]) -> set[str]:
    """The names whose objects get a new part: `TABLE` in ``TABLE["relu"] = relu``."""
    found = set()
    for target in targets:
        part = target
        while isinstance(part, (ast.Attribute, ast.Subscript)):
            part = part.value
        if part is not target and isinstance(part, ast.Name):
            found.add(part.id)
    return found


def _code(node: ast.stmt) -> str:
    """The syntax of a statement, which loses its docstrings here."""
    for part in ast.walk(node):
        if isinstance(part, _BLOCKS) and ast.get_docstring(part, clean=False) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return ast.dump(node)


def _without_magics(source: str) -> str:
    """The source without what only a notebook understands, line by line."""
    if source.startswith("%%"):
        head, _, rest = source.partition("\n")
        return "\n" + rest if head.startswith(_KEEPING_MAGICS) else ""
    try:
        _parse(source)
    except SyntaxError:
        lines = [_SHELL.sub(r"\1\2pass", line) for line in source.split("\n")]
        return "\n".join(lines)
    return source
