"""Assignments, notebooks and cells of a gradebook."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.errors import UsageProblem
from autograder.gradebook.plan import CODE, Sheet
from autograder.records.results import Result


@dataclass(frozen=True)
class Ids:
    """A component's rows: of its assignment, its notebook, its code cell and its tests' cells."""

    assignment: str
    notebook: str
    code: str
    tests: Mapping[str, str]
    gone: Mapping[str, str]  # cells of tests that are in no result any more


def write_shape(book: Any, sheets: Mapping[str, Sheet], suite: Result) -> dict[str, Ids]:
    """Make or mend what the sheets ask for; nothing is removed.

    Raises
    ------
    UsageProblem
        When an assignment of a component's name was made by somebody else.
    """
    for name in sheets:
        _refuse_foreign(book, name)
    return {name: _write_sheet(book, sheet, suite) for name, sheet in sheets.items()}


def _refuse_foreign(book: Any, name: str) -> None:
    from nbgrader.api import MissingEntry

    try:
        assignment = book.find_assignment(name)
    except MissingEntry:
        return
    for notebook in assignment.notebooks:
        ours = notebook.name == name and CODE in [c.name for c in notebook.solution_cells]
        if not ours and (notebook.grade_cells or notebook.task_cells):
            raise UsageProblem(
                f"the gradebook has an assignment {name!r} with cells of nbgrader's own notebook "
                f"{notebook.name!r}: `nbgrader autograde` writes their scores; give these results "
                "a gradebook of their own"
            )


def _write_sheet(book: Any, sheet: Sheet, suite: Result) -> Ids:
    from nbgrader.api import GradeCell, SolutionCell, SourceCell

    name, due = sheet.component.name, sheet.component.due
    about = {} if due is None else {"duedate": due.astimezone(datetime.UTC).replace(tzinfo=None)}
    assignment = book.update_or_create_assignment(name, **about)
    notebook = book.update_or_create_notebook(name, name)
    db = book.db
    code = {c.name: c for c in notebook.solution_cells}.get(CODE)
    if code is None:
        code = SolutionCell(name=CODE, notebook=notebook)
        db.add(code)
    cells = {c.name: c for c in notebook.grade_cells}
    sources = {c.name: c for c in notebook.source_cells}
    for test, points in sheet.tests.items():
        cell = cells.get(test)
        if cell is None:
            cells[test] = GradeCell(
                name=test, notebook=notebook, max_score=points, cell_type="code"
            )
            db.add(cells[test])
        elif cell.max_score != points:
            cell.max_score = points
        text = test_source(suite, name, test)
        source = sources.get(test)
        if source is None:
            db.add(
                SourceCell(name=test, notebook=notebook, cell_type="code", source=text, locked=True)
            )
        elif source.source != text:
            source.source = text
    db.commit()
    return Ids(
        assignment.id,
        notebook.id,
        code.id,
        {test: cells[test].id for test in sheet.tests},
        {test: cell.id for test, cell in cells.items() if test not in sheet.tests},
    )


def test_source(suite: Result, component: str, test: str) -> str:
    """What a test's cell says: its title and its hint, never its source."""
    tests = suite["components"].get(component, {}).get("tests", {})
    about = tests.get(test, {"title": test, "hint": ""})
    lines = [about["title"], *([f"Hint: {about['hint']}"] if about["hint"] else [])]
    return "\n".join(f"# {line}" for text in lines for line in text.splitlines())


def remove_gone(book: Any, shapes: Mapping[str, Ids]) -> list[str]:
    """Remove cells of tests that are gone; one with a score entered by hand stays, worth nothing.

    Those that stayed are returned, as COMPONENT::TEST.
    """
    from nbgrader.api import Grade, GradeCell, SourceCell
    from sqlalchemy import delete, or_, select, update

    db = book.db
    stayed = []
    for name, ids in shapes.items():
        for test, cell in ids.gone.items():
            by_hand = select(Grade.id).where(
                Grade.cell_id == cell,
                or_(Grade.manual_score.is_not(None), Grade.extra_credit.is_not(None)),
            )
            if db.execute(by_hand.limit(1)).first() is not None:
                stayed.append(f"{name}::{test}")
                nothing = update(Grade).where(Grade.cell_id == cell)
                db.execute(nothing.values(auto_score=0.0, needs_manual_grade=False))
                db.get(GradeCell, cell).max_score = 0.0
                continue
            db.execute(delete(Grade).where(Grade.cell_id == cell))
            db.delete(db.get(GradeCell, cell))
            own = [SourceCell.notebook_id == ids.notebook, SourceCell.name == test]
            db.execute(delete(SourceCell).where(*own))
    db.commit()
    return stayed


def chunks(items: Sequence[str], size: int) -> list[Sequence[str]]:
    """A sequence in pieces."""
    return [items[start : start + size] for start in range(0, len(items), size)]
