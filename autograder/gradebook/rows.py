"""A batch of students in a gradebook, in one transaction: what differs is written, by whom it is.

A score, an extra credit, a penalty, an extension or a comment that a person entered is never
touched. Penalty and extension have one column for both, so what we wrote there last is
remembered in a table of our own: what differs from it was entered by hand.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from autograder.gradebook.plan import Scores, remark
from autograder.gradebook.shape import Ids
from autograder.intake.handed_in import FILES
from autograder.records.lateness import Late, Lateness

OURS = "expressml_written"  # the table of what we wrote into columns that people write into too


def our_table() -> Any:
    """The table of what we wrote last, by submitted notebook; no key binds it to nbgrader's."""
    from sqlalchemy import Column, Float, MetaData, String, Table

    return Table(
        OURS,
        MetaData(),
        Column("notebook_id", String(32), primary_key=True),
        Column("penalty", Float),
        Column("extension_days", Float),
    )


class Batch:
    """Reads what the gradebook holds of some students, and brings it up to date."""

    def __init__(self, db: Any, shapes: Mapping[str, Ids], late: Late) -> None:
        self._db = db
        self._shapes = shapes
        self._late = late
        self._new: dict[str, list[dict[str, Any]]] = {}
        self._changed: dict[str, list[dict[str, Any]]] = {}
        self.grades = 0  # written, new or changed

    def write(self, scores: Sequence[Scores]) -> None:
        """Write the scores of a batch and commit them."""
        from nbgrader import api

        students = sorted({s.student for s in scores})
        self._load(students)
        for student in students:
            if student not in self._students:
                self._add("Student", id=student, email=student if "@" in student else None)
        for one in scores:
            self._submission(one)
        order = ("Student", "SubmittedAssignment", "SubmittedNotebook", "Grade", "Comment")
        for name in order:
            self._insert(getattr(api, name), self._new.get(name, []))
        for name in order:
            self._update(getattr(api, name), self._changed.get(name, []))
        self._remember()
        self._db.commit()
        self.grades = len(self._new.get("Grade", ())) + len(self._changed.get("Grade", ()))

    def _load(self, students: Sequence[str]) -> None:
        from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
        from sqlalchemy import select

        read = self._db.execute
        # A new transaction: what others have committed meanwhile is to be seen.
        self._db.rollback()
        self._students = {
            row.id for row in read(select(Student.id).where(Student.id.in_(students)))
        }
        of_students = SubmittedAssignment.student_id.in_(students)
        assignments = [ids.assignment for ids in self._shapes.values()]
        ours = SubmittedAssignment.assignment_id.in_(assignments)
        columns = SubmittedAssignment.__table__.c
        self._submissions = {
            (row.student_id, row.assignment_id): row
            for row in read(select(*columns).where(of_students, ours))
        }
        submissions = select(SubmittedAssignment.id).where(of_students, ours)
        inside = SubmittedNotebook.assignment_id.in_(submissions)
        columns = SubmittedNotebook.__table__.c
        self._notebooks = {
            (row.assignment_id, row.notebook_id): row
            for row in read(select(*columns).where(inside))
        }
        notebooks = select(SubmittedNotebook.id).where(inside)
        self._grades: dict[str, dict[str, Any]] = {}
        columns = Grade.__table__.c
        for row in read(select(*columns).where(Grade.notebook_id.in_(notebooks))):
            self._grades.setdefault(row.notebook_id, {})[row.cell_id] = row
        columns = Comment.__table__.c
        self._comments = {
            (row.notebook_id, row.cell_id): row
            for row in read(select(*columns).where(Comment.notebook_id.in_(notebooks)))
        }
        table = our_table()
        self._written = {
            row.notebook_id: row
            for row in read(select(table).where(table.c.notebook_id.in_(notebooks)))
        }
        self._now_ours: dict[str, dict[str, Any]] = {}

    def _submission(self, scores: Scores) -> None:
        ids = self._shapes[scores.component]
        times = self._late.counted.get(scores.student)
        found = self._late.of(scores.student).get(scores.component)
        handed_in = times.of(scores.component) if times is not None else None
        if times is not None and times.source == FILES and found is None:
            handed_in = None  # nobody asked for it, and formgrader would compare it with nbgrader's
        timestamp = handed_in.replace(tzinfo=None) if handed_in is not None else None
        old = self._submissions.get((scores.student, ids.assignment))
        if old is None:
            submission = self._add(
                "SubmittedAssignment",
                assignment_id=ids.assignment,
                student_id=scores.student,
                timestamp=timestamp,
                extension=None,
            )
        else:
            submission = old.id
            self._change("SubmittedAssignment", submission, old, timestamp=timestamp)
        sheet = self._notebooks.get((submission, ids.notebook))
        notebook = (
            sheet.id
            if sheet is not None
            else self._add(
                "SubmittedNotebook",
                assignment_id=submission,
                notebook_id=ids.notebook,
                flagged=False,
                late_submission_penalty=None,
            )
        )
        total = self._scores(scores, ids, notebook)
        self._comment(notebook, ids.code, remark(self._late, scores.student, scores.component))
        self._lateness(found, submission, old, notebook, sheet, total)

    def _scores(self, scores: Scores, ids: Ids, notebook: str) -> float:
        """Write a notebook's scores; what they come to with those entered by hand."""
        known = self._grades.get(notebook, {})
        total = 0.0
        for test, cell in ids.tests.items():
            score = scores.of(test)
            old = known.get(cell)
            if old is None:
                self._add(
                    "Grade",
                    notebook_id=notebook,
                    cell_id=cell,
                    auto_score=score,
                    needs_manual_grade=score is None,
                )
                total += score or 0.0
                continue
            moved = not _equal(old.auto_score, score)
            # A score by hand stands; where the one under it has moved, somebody should look again.
            look = score is None if old.manual_score is None else old.needs_manual_grade or moved
            self._change("Grade", old.id, old, auto_score=score, needs_manual_grade=look)
            total += _or(old.manual_score, score) + (old.extra_credit or 0.0)
        for cell in ids.gone.values():
            old = known.get(cell)
            if old is not None:
                total += (old.manual_score or 0.0) + (old.extra_credit or 0.0)
        return total

    def _comment(self, notebook: str, cell: str, text: str) -> None:
        old = self._comments.get((notebook, cell))
        if old is None:
            self._add("Comment", notebook_id=notebook, cell_id=cell, auto_comment=text or None)
        else:
            self._change("Comment", old.id, old, auto_comment=text or None)

    def _lateness(
        self,
        found: Lateness | None,
        submission: str,
        old: Any,
        notebook: str,
        sheet: Any,
        total: float,
    ) -> None:
        written = self._written.get(notebook)
        ours = {
            "penalty": written.penalty if written is not None else None,
            "extension_days": written.extension_days if written is not None else None,
        }
        before = dict(ours)
        penalty = None if found is None else min(found.full, max(total, 0.0))
        there = sheet.late_submission_penalty if sheet is not None else None
        if there is None or _equal(there, ours["penalty"] or 0.0):
            self._change("SubmittedNotebook", notebook, sheet, late_submission_penalty=penalty)
            ours["penalty"] = penalty
        days = found.extension if found is not None and found.extension else None
        held = old.extension if old is not None else None
        if held is None or _equal(held.total_seconds() / 86400, ours["extension_days"]):
            extension = None if days is None else datetime.timedelta(days=days)
            self._change("SubmittedAssignment", submission, old, extension=extension)
            ours["extension_days"] = days
        if ours != before or written is None:
            self._now_ours[notebook] = ours

    def _add(self, name: str, **values: Any) -> str:
        """A new row; its id."""
        id: str = values.setdefault("id", uuid4().hex)
        self._new.setdefault(name, []).append(values)
        return id

    def _change(self, name: str, id: str, old: Any, **values: Any) -> None:
        """Change a row where it differs, be it an old one or one that is only now added."""
        if old is None:
            next(row for row in reversed(self._new[name]) if row["id"] == id).update(values)
        elif any(not _equal(getattr(old, key), value) for key, value in values.items()):
            self._changed.setdefault(name, []).append({"id": id, **values})

    def _insert(self, model: Any, rows: list[dict[str, Any]]) -> None:
        from sqlalchemy import insert

        if rows:
            self._db.execute(insert(model.__table__), rows)

    def _update(self, model: Any, rows: Iterable[dict[str, Any]]) -> None:
        from sqlalchemy import bindparam, update

        table = model.__table__
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in rows:
            alike.setdefault(tuple(row), []).append({f"new_{k}": v for k, v in row.items()})
        for keys, batch in alike.items():
            values: dict[str, Any] = {key: bindparam(f"new_{key}") for key in keys if key != "id"}
            # Only the columns that are ours: a person may be writing the others at this moment.
            self._db.execute(
                update(table).where(table.c.id == bindparam("new_id")).values(values), batch
            )

    def _remember(self) -> None:
        from sqlalchemy import delete

        table = our_table()
        if self._now_ours:
            self._db.execute(delete(table).where(table.c.notebook_id.in_(list(self._now_ours))))
            rows = [{"notebook_id": id, **ours} for id, ours in self._now_ours.items()]
            self._db.execute(table.insert(), rows)


def _or(first: float | None, second: float | None) -> float:
    return first if first is not None else second or 0.0


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
    return bool(one == other)
