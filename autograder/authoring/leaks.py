"""Does anything of a solution or of a hidden test stand in what students receive?

Code is compared as syntax trees with the names of variables taken out, so that renaming hides
nothing: a run of three statements of a solution region or of a right variant, or one heavy
statement of either, must not appear in `assignments/` or `shared/`, nor in a release that is made
of them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from autograder.authoring.stubs import find_regions
from autograder.authoring.variants import read_variants
from autograder.course import Component, Course
from autograder.stamps import secret

RUN = 3  # statements
HEAVY = 24  # syntax nodes of a single statement that is no coincidence
LIGHT = 18  # syntax nodes below which a run of statements is one
NUMBERS = 4  # numbers in a row that make a list data
WHOLE_NUMBERS = 6  # the same where all are small: shapes meet by chance
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.S | re.M)
IGNORED_FIELDS = frozenset({"ctx", "annotation", "simple", "type_comment", "kind"})
TEXT_SUFFIXES = frozenset(
    {".py", ".md", ".json", ".ipynb", ".toml", ".ini", ".txt", ".html", ".mo"}
)


@dataclass(frozen=True)
class Leak:
    """Where something secret stands."""

    file: str
    line: int
    what: str


def find_leaks(course: Course, components: Iterable[Component]) -> list[Leak]:
    """Every leak of the components' secrets into `assignments/` and `shared/`."""
    return find_leaks_in(components, _shown_files(course.root))


def find_leaks_in(
    components: Iterable[Component], files: Iterable[tuple[str, bytes]]
) -> list[Leak]:
    """Every leak of the components' secrets into files, each a name and its content."""
    secrets: dict[str, str] = {}
    words = {secret(): "the course's secret"}
    for component in components:
        secrets.update(_secret_code(component))
        words.update(_secret_names(component))
    leaks = []
    for shown, content in files:
        if PurePath(shown).suffix not in TEXT_SUFFIXES:
            continue
        text = content.decode("utf-8", errors="replace")
        readable = _words_of(shown, text)
        for word, what in words.items():
            found = word in readable and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", readable)
            if found:
                line = min(readable[: found.start()].count("\n"), text.count("\n")) + 1
                leaks.append(Leak(shown, line, what))
        for offset, source in _code_of(shown, text):
            for key, line in _fingerprints(source):
                if key in secrets:
                    leaks.append(Leak(shown, line + offset, secrets[key]))
    return leaks


def _shown_files(root: Path) -> Iterator[tuple[str, bytes]]:
    for folder in ("assignments", "shared"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _code_of(file: str, text: str) -> Iterator[tuple[int, str]]:
    """(lines before it, source) of the Python in a file; fenced blocks of a Markdown file.

    The line of something in a notebook is that of its cell in the file.
    """
    suffix = PurePath(file).suffix
    if suffix == ".py":
        yield 0, text
    elif suffix == ".md":
        for match in _FENCE.finditer(text):
            yield text[: match.start(1)].count("\n"), match.group(1)
    elif suffix == ".ipynb":
        for is_code, source, before in _cells(text):
            fenced = [source] if is_code else (m.group(1) for m in _FENCE.finditer(source))
            yield from ((before, part) for part in fenced)


def _cells(text: str) -> Iterator[tuple[bool, str, int]]:
    """(is code, source, lines before its first one) of the cells of a notebook's file."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError):
        return
    position = 0
    for cell in cells:
        source = "".join(cell.get("source", ""))
        # As JSON writes the cell's first line; a file of one line has all of them on it.
        first = json.dumps(source.partition("\n")[0], ensure_ascii=False)[1:-1]
        position = max(text.find(first, position), position)
        yield cell.get("cell_type") == "code", source, text[:position].count("\n")


def _words_of(file: str, text: str) -> str:
    """What is searched for words: a notebook's cells as they read, under the file as it stands."""
    if PurePath(file).suffix != ".ipynb":
        return text
    return "\n".join([text, *(source for _, source, _ in _cells(text))])


def _secret_code(component: Component) -> dict[str, str]:
    found: dict[str, str] = {}
    source = component.solution.read_text(encoding="utf-8")
    file = component.solution.relative_to(component.root).as_posix()
    regions = [(r.first, r.last) for r in find_regions(source, file)]
    for key, line in _fingerprints(source):
        if any(first <= line <= last for first, last in regions):
            found[key] = f"the solution {file}, line {line}"
    for variant in read_variants(component).right:
        module = ast.Module(body=list(variant.replaced), type_ignores=[])
        for key, _ in _of_tree(module):
            found.setdefault(key, f"the right variant {variant.name!r} of {component.name}")
    # What the stub shows by design is no secret: helpers and statements outside the regions.
    for key, line in _fingerprints(source):
        if not any(first <= line <= last for first, last in regions):
            found.pop(key, None)
    return found


def _secret_names(component: Component) -> dict[str, str]:
    """Names of hidden tests and rows of numbers in them, as they would stand in a text."""
    if not component.hidden_tests.exists():
        return {}
    tree = ast.parse(component.hidden_tests.read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found[node.name] = f"the name of a hidden test of {component.name}"
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) >= NUMBERS:
            numbers = [ast.unparse(e) for e in node.elts]
            if _is_data(numbers):
                found[", ".join(numbers)] = f"data of a hidden test of {component.name}"
    return found


def _is_data(numbers: list[str]) -> bool:
    if not all(re.fullmatch(r"-?[\d.e+-]+", n) for n in numbers) or len(set(numbers)) <= 2:
        return False
    whole = all(re.fullmatch(r"-?\d{1,2}", n) for n in numbers)
    return len(numbers) >= (WHOLE_NUMBERS if whole else NUMBERS)


def _fingerprints(source: str) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    yield from _of_tree(tree)


def _of_tree(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(fingerprint, line) of every run of statements and every heavy statement."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if not isinstance(body, list):
                continue
            body = [s for s in body if isinstance(s, ast.stmt) and not _is_trivial(s)]
            for statement in body:
                simple = not hasattr(statement, "body")
                if simple and _weight([statement]) >= HEAVY:
                    yield _normal([statement]), statement.lineno
            for start in range(len(body) - RUN + 1):
                run = body[start : start + RUN]
                if _weight(run) >= LIGHT and not any(hasattr(s, "body") for s in run):
                    yield _normal(run), run[0].lineno


def _is_trivial(statement: ast.stmt) -> bool:
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass))


def _weight(statements: list[ast.stmt]) -> int:
    nodes = [n for s in statements for n in ast.walk(s)]
    return sum(not isinstance(n, (ast.expr_context, ast.operator)) for n in nodes)


def _normal(statements: list[ast.stmt]) -> str:
    """The statements with their variables numbered in the order in which they come."""
    numbers: dict[str, int] = {}
    return "\n".join(_dump(statement, numbers) for statement in statements)


def _dump(node: object, numbers: dict[str, int]) -> str:
    if isinstance(node, ast.Name) and node.id != "np":
        return f"v{numbers.setdefault(node.id, len(numbers))}"
    if isinstance(node, ast.AST):
        fields = (f for f in node._fields if f not in IGNORED_FIELDS)
        inside = ",".join(_dump(getattr(node, f, None), numbers) for f in fields)
        return f"{type(node).__name__}({inside})"
    if isinstance(node, list):
        return f"[{','.join(_dump(n, numbers) for n in node)}]"
    return repr(node)
