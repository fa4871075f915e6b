"""`nbgrader export`: nbgrader's own table, in which what has no score yet is no zero."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import CsvExportPlugin

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class Table(CsvExportPlugin):  # type: ignore[misc]
    """The columns of `CsvExportPlugin`, quoted where they must be.

    The score of a submission stays empty while one of its cells waits for somebody: because the
    grader failed, or because points are given by hand.
    """

    def export(self, gradebook: Any) -> None:
        path = self.to or "grades.csv"
        self.log.info("Exporting grades to %s", path)
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(self._rows(gradebook))

    def _rows(self, gradebook: Any) -> Iterator[list[Any]]:
        students = {str(s) for s in self.student}
        for assignment in gradebook.assignments:
            if self.assignment and assignment.name not in self.assignment:
                continue
            for student in gradebook.students:
                if students and student.id not in students:
                    continue
                scores = self._scores(gradebook, assignment.name, student.id)
                yield [
                    *(assignment.name, assignment.duedate, scores[0], student.id),
                    *(student.last_name, student.first_name, student.email),
                    *(*scores[1:], assignment.max_score),
                ]

    def _scores(self, gradebook: Any, assignment: str, student: str) -> tuple[Any, ...]:
        """Timestamp, raw score, late penalty and score."""
        try:
            found = gradebook.find_submission(assignment, student)
        except MissingEntry:
            return None, 0.0, 0.0, 0.0  # nothing was handed in
        if any(_waits(grade) for notebook in found.notebooks for grade in notebook.grades):
            self.log.warning("%s of %s has no score yet: left empty", assignment, student)
            return found.timestamp, None, None, None
        penalty = found.late_submission_penalty
        return found.timestamp, found.score, penalty, max(0.0, found.score - penalty)


def _waits(grade: Any) -> bool:
    scored = grade.auto_score is not None or grade.manual_score is not None
    return bool(grade.needs_manual_grade) and not scored
