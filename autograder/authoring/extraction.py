"""What there is to translate: extraction methods for Babel, and where each looks.

Two domains. `student` is what students get: sentences, the course's titles, and the titles, hints
and phrases of local tests. `staff` has those of hidden tests, which must not be in a student's
folder before they are graded.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file

from autograder.course import Course
from autograder.wording import STAFF_DOMAIN
from shared.catalogue import AXIS, DOMAIN, PHRASE

# A line, the name of a function of gettext, what it would be given, and comments.
Found = tuple[int, str, Any, list[str]]
Method = Callable[[BinaryIO, Any, Any, Any], Iterator[Found]]

# Which part of that is the text, which its plural, which (c) the context.
KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# At least two words, of which one may be put in.
_PHRASE = re.compile(r"\{?\w.* .*[A-Za-z]")


def templates(course: Course) -> dict[str, Catalog]:
    """The texts of each domain, without translations."""
    root = course.root
    local: list[tuple[Method, Path]] = [(from_tests, c.local_tests) for c in course.components]
    hidden: list[tuple[Method, Path]] = [(from_tests, c.hidden_tests) for c in course.components]
    sources: dict[str, list[tuple[Method, Path]]] = {
        DOMAIN: [
            (from_sentences, root / "shared" / "sentences.py"),
            (from_course, root / "course.toml"),
            *local,
        ],
        STAFF_DOMAIN: hidden,
    }
    found: dict[str, Catalog] = {}
    for domain, files in sources.items():
        found[domain] = Catalog()
        for method, path in files:
            if path.exists():
                _add(found[domain], method, path, path.relative_to(root).as_posix())
    # What students have is looked up there first.
    for message in list(found[STAFF_DOMAIN]):
        if message.id and found[DOMAIN].get(message.id, message.context) is not None:
            found[STAFF_DOMAIN].delete(message.id, message.context)
    return found


def _add(catalog: Catalog, method: Method, path: Path, shown: str) -> None:
    as_babel: Any = method
    for _, text, comments, context in extract_from_file(as_babel, path, keywords=KEYWORDS):
        # No line: it would change with every edit above it.
        catalog.add(text, locations=[(shown, 0)], auto_comments=comments, context=context)


def from_sentences(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """The messages of `shared/sentences.py`, and the names of axes."""
    tables = _tables(ast.parse(file.read()))
    one = {id: text for id, (_, text) in ast.literal_eval(tables["ONE"]).items()}
    english = tables["ENGLISH"]
    assert isinstance(english, ast.Dict)
    for key, value in zip(english.keys, english.values, strict=True):
        assert key is not None
        id, text = ast.literal_eval(key), ast.literal_eval(value)
        if id in one:
            yield key.lineno, "npgettext", (id, one[id], text), []
        else:
            yield key.lineno, "pgettext", (id, text), []
    for part in ast.walk(tables["AXES"]):
        if isinstance(part, ast.Constant):
            yield part.lineno, "pgettext", (AXIS, str(part.value)), []


def _tables(tree: ast.Module) -> dict[str, ast.expr]:
    """What is assigned to the names of a module."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            found[ast.unparse(node.target)] = node.value
        elif isinstance(node, ast.Assign):
            found[ast.unparse(node.targets[0])] = node.value
    return found


def from_course(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """The titles of `course.toml`."""
    data = tomllib.load(file)
    for table in (data["course"], *data.get("component", [])):
        yield 1, "gettext", str(table["title"]), []


def from_tests(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """A file of tests: the title and the hint of each, and the phrases that say what a value is."""
    tree = ast.parse(file.read())
    for node in tree.body:
        hint = _hint(node)
        if hint is None or not isinstance(node, ast.FunctionDef):
            continue
        title = (ast.get_docstring(node) or "").split("\n")[0]
        if title:
            yield node.lineno, "gettext", title, []
        if hint:
            yield node.lineno, "gettext", hint, []
    seen = set()
    for line, text in _phrases(tree):
        if text not in seen:
            seen.add(text)
            yield line, "pgettext", (PHRASE, text), []


def _hint(node: ast.stmt) -> str | None:
    """The hint of a test; None where it is none."""
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "points":
            hints = [k.value for k in decorator.keywords if k.arg == "hint"]
            return next((str(h.value) for h in hints if isinstance(h, ast.Constant)), "")
    return None


def _phrases(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts of several words that are no docstring, no hint and no text of an assertion.

    Such a text says what a value is, wherever in the file it is put together.
    """
    passed: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as top) | ast.keyword(arg="hint", value=top):
                passed |= {id(part) for part in ast.walk(top)}
            case ast.Assert(msg=ast.expr() as top):
                passed |= {id(part) for part in ast.walk(top)}
            case ast.JoinedStr():
                passed |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        text = None if id(node) in passed else _text(node)
        if text and _PHRASE.search(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def _text(node: ast.AST) -> str | None:
    """A string; of an f-string each value by its name, or by a number where it has none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    text, used = "", set()
    for number, part in enumerate(node.values):
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            name = ast.unparse(part.value)
            # Named groups of a pattern: a name, once.
            name = name if name.isidentifier() and name not in used else f"n{number}"
            used.add(name)
            text += f"{{{name}}}"
    return text
