"""A component as an assignment of nbgrader: its notebook with the solutions, and what cells count.

The cells are those of the student's own notebook. A check is a test cell that is worth the local
tests of its function, the last one those of several functions at once; the hidden tests have a
cell of their own at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.authoring.cells import Cell, cells_of
from autograder.authoring.notebooks import OURS, nodes, to_text
from autograder.authoring.stubs import BEGIN, END, make_stub
from autograder.course import Component
from autograder.errors import CourseProblem
from shared.definitions import Piece, join, needed, read_pieces
from shared.verdicts import TestInfo

SCHEMA = 3  # of nbgrader's metadata
# Grade ids: FUNCTION for what is to be written, check-FUNCTION, and these two.
CHECK = "check-"
ALL = "local-tests"
HIDDEN = "hidden-tests"


@dataclass(frozen=True)
class Assignment:
    """An assignment: `source` with solutions, `release` as students are to get it.

    `cells` are the names of the tests that each test cell is worth, by its grade id.
    """

    source: str
    release: str
    cells: dict[str, list[str]]


def make_assignment(component: Component, infos: Iterable[TestInfo], lang: str) -> Assignment:
    """The assignment of a component, its text cells in a language.

    Raises
    ------
    CourseProblem
        When the solution's markers are wrong, or cutting a cell does not give its stub.
    """
    own = [i for i in infos if i.component == component.name]
    points = {i.test: i.points for i in own}
    cells = cells_of(component, own, lang, beside=True)
    hidden = [i.test for i in own if i.hidden]
    if hidden:
        cells.append(Cell("check", f'check("{component.name}", hidden=True)', HIDDEN))
    graded = _graded(cells, hidden)
    written = _with_solutions(component, cells)
    about = {OURS: {"component": component.name}}

    def text(cells: Sequence[Cell]) -> str:
        made = nodes(cells)
        for cell, node in zip(cells, made, strict=True):
            metadata = _metadata(cell, graded, points)
            if metadata:
                node.metadata["nbgrader"] = metadata
        return to_text(made, about)

    return Assignment(text(written), text(cells), graded)


def grade_id(cell: Cell) -> str:
    """What nbgrader calls a cell of ours; empty for one that it has nothing to do with."""
    if cell.kind == "stub":
        return cell.name
    if cell.kind != "check":
        return ""
    return HIDDEN if cell.name == HIDDEN else f"{CHECK}{cell.name}" if cell.name else ALL


def cut(source: str, place: str) -> str:
    """The stub of a cell with solutions."""
    return make_stub(source.strip("\n") + "\n", place).strip("\n")


def _graded(cells: Sequence[Cell], hidden: Sequence[str]) -> dict[str, list[str]]:
    """The tests of each test cell, each test in one; a check that runs no test has none."""
    found = {grade_id(c): list(c.tests) for c in cells if c.kind == "check" and c.name}
    placed = {test for tests in found.values() for test in tests}
    (last,) = (c for c in cells if c.kind == "check" and not c.name)
    found[ALL] = [test for test in last.tests if test not in placed]
    if hidden:
        found[HIDDEN] = list(hidden)
    return {name: tests for name, tests in found.items() if tests}


def _metadata(cell: Cell, graded: dict[str, list[str]], points: dict[str, float]) -> dict[str, Any]:
    name = grade_id(cell)
    if not name:
        return {}
    known = {"schema_version": SCHEMA, "grade_id": name, "task": False}
    if cell.kind == "stub":
        return {**known, "grade": False, "solution": True, "locked": False}
    if name not in graded:
        return {**known, "grade": False, "solution": False, "locked": True}
    worth = sum(points[test] for test in graded[name])
    return {**known, "grade": True, "solution": False, "locked": True, "points": worth}


def _with_solutions(component: Component, cells: Sequence[Cell]) -> list[Cell]:
    """The same cells, the stubs written: a helper of a solution comes with the first that uses it.

    What is marked as a solution stays between its marks, for nbgrader to cut.
    """
    file = component.solution.name
    source = component.solution.read_text(encoding="utf-8")
    pieces = read_pieces(source)
    there = {n for p in read_pieces(make_stub(source, file)) for n in p.defines}
    placed: set[str] = set()
    written = []
    for cell in cells:
        if cell.kind == "stub":
            own = {n for p in read_pieces(cell.source) for n in p.defines}
            uses = needed(pieces, own)
            helpers = [p for p in uses if not p.defines & (there | placed)]
            placed |= {n for p in helpers for n in p.defines}
            text = _between_marks(helpers) + _text(p for p in uses if p.defines & own)
            place = f"{file}: the notebook's cell of {cell.name}"
            if cut(text, place) != cell.source.strip("\n"):
                raise CourseProblem(
                    f"{place}: what nbgrader would cut from it is not the stub; keep the markers "
                    "of a solution inside one function, or around whole helpers"
                )
            cell = replace(cell, source=text.rstrip("\n"))
        written.append(cell)
    return written


def _between_marks(helpers: Sequence[Piece]) -> str:
    return f"{BEGIN}\n{_text(helpers)}{END}\n\n\n" if helpers else ""


def _text(pieces: Iterable[Piece]) -> str:
    """Pieces as one text, without the marks that stood between them in the file."""
    bare = (
        replace(p, text="\n".join(line for line in p.text.split("\n") if line not in (BEGIN, END)))
        for p in pieces
    )
    return join(replace(p, text=p.text.strip("\n")) for p in bare)[0]
