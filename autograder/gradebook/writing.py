"""Bring a gradebook to what a folder of results says; the results stay the truth.

Batches of students are written in a transaction each. Whatever stops it in between, the same
command goes on: what is there already is compared, not written again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.errors import GradingProblem, UsageProblem
from autograder.gradebook.database import Database, held, open_gradebook, speaking, stamp
from autograder.gradebook.pages import Pages
from autograder.gradebook.plan import Scores, read_sheets, scores_of, students_in
from autograder.gradebook.rows import Batch, our_table
from autograder.gradebook.shape import Ids, chunks, remove_gone, write_shape
from autograder.records.lateness import Late, late_of_class
from autograder.records.results import Result, read_result

BATCH = 25  # students in a transaction
TRIES = 5  # to write a batch that another program is in the way of
PAUSE = 0.2  # seconds before the next try


@dataclass
class Written:
    """What was written."""

    students: int = 0
    grades: int = 0  # new or changed
    pages: int = 0  # new or changed
    folder: Path | None = None  # nbgrader's course folder, where the pages are
    stayed: list[str] = field(default_factory=list)  # cells of tests that are gone
    warnings: list[str] = field(default_factory=list)  # on lateness

    def __str__(self) -> str:
        pages = f", {self.pages} pages in {self.folder}" if self.folder is not None else ""
        return f"{self.students} students, {self.grades} grades new or changed{pages}"


def write_gradebook(
    course: Course, out: Path, database: Database, folder: Path | None = None
) -> Written:
    """Write the results of a folder into a gradebook.

    Parameters
    ----------
    course : Course
    out : Path
        What `grade --out` wrote.
    database : Database
    folder : Path, optional
        nbgrader's course folder, for the notebooks that feedback and formgrader show. The SQLite
        file's own folder where it is not given; with another database, no notebooks.

    Raises
    ------
    UsageProblem, GradingProblem
        In a line. Of the batch under way nothing is written; the same command goes on from there.
    """
    if folder is None and database.file is not None:
        folder = database.file.parent
    students = students_in(out)
    suite = _read_suite(out)
    late = late_of_class(course, out, students)
    written = Written(len(students), folder=folder, warnings=late.warnings)
    sheets = read_sheets(course, out, students)
    stamp(database)
    with held(database), open_gradebook(database) as book, speaking(database, "written"):
        our_table().create(book.engine, checkfirst=True)
        shapes = write_shape(book, sheets, suite)
        pages = Pages(course, out, folder, sheets, suite) if folder is not None else None
        for names in chunks(students, BATCH):
            results = [r for r in (read_result(out, name) for name in names) if r is not None]
            scores = [s for result in results for s in scores_of(result, sheets)]
            written.grades += _write_batch(book.db, shapes, late, scores)
            if pages is not None:
                written.pages += sum(pages.write(result) for result in results)
        written.stayed = remove_gone(book, shapes)
    return written


def _write_batch(db: Any, shapes: Mapping[str, Ids], late: Late, scores: Sequence[Scores]) -> int:
    from sqlalchemy.exc import IntegrityError, OperationalError

    for attempt in range(TRIES):
        batch = Batch(db, shapes, late)
        try:
            batch.write(scores)
            return batch.grades
        except (IntegrityError, OperationalError) as error:
            db.rollback()
            # Another program has written the same rows, or holds the SQLite file: read anew.
            passing = isinstance(error, IntegrityError) or "locked" in str(error.orig)
            if not passing or attempt == TRIES - 1:
                raise
            time.sleep(PAUSE * (attempt + 1))
    raise GradingProblem("the gradebook is held by another program: try again later")


def _read_suite(out: Path) -> Result:
    try:
        suite: Result = json.loads((out / "suite.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageProblem(
            f"{out / 'suite.json'} cannot be read: name a folder that `grade --out` wrote"
        ) from None
    return suite
