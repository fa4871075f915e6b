"""What a gradebook is to hold, read from the results: the tests, and each student's scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Component, Course
from autograder.errors import UsageProblem
from autograder.records.lateness import Late
from autograder.records.results import Result, read_result

CODE = "handed-in"  # the cell of the student's code, and what tells a notebook of ours from others
LONGEST = 128  # characters of a student's id in nbgrader's tables


@dataclass
class Sheet:
    """One component: an assignment with a notebook of the same name, and a cell for each test."""

    component: Component
    tests: dict[str, float] = field(default_factory=dict)  # points by test, in the tests' order


@dataclass(frozen=True)
class Scores:
    """What one student's result says of one component; no scores where they are withheld."""

    student: str
    component: str
    scores: Mapping[str, float] | None

    def of(self, test: str) -> float | None:
        return None if self.scores is None else self.scores.get(test, 0.0)


def students_in(out: Path) -> list[str]:
    """Who has a result in a folder of results.

    Raises
    ------
    UsageProblem
        When it is no such folder, or a name is too long for nbgrader.
    """
    students = sorted(path.stem for path in (out / "results").glob("*.json"))
    if not students:
        raise UsageProblem(f"{out} holds no results: name a folder that `grade --out` wrote")
    for student in students:
        if len(student) > LONGEST:
            raise UsageProblem(
                f"the name {student[:40]}... is longer than nbgrader's {LONGEST} characters: "
                "rename the submission"
            )
    return students


def read_sheets(course: Course, out: Path, students: Iterable[str]) -> dict[str, Sheet]:
    """The components that were graded, and their tests; today's suite says what a test is worth."""
    suite = course.suite_hash()
    sheets: dict[str, Sheet] = {}
    today: dict[str, dict[str, float]] = {}
    for student in students:
        result = read_result(out, student)
        for name, about in (result["components"] if result else {}).items():
            if name not in course.names or result is None:
                continue
            sheet = sheets.setdefault(name, Sheet(course.component(name)))
            points = {test["test"]: float(test["max_points"]) for test in about["tests"]}
            sheet.tests.update({t: p for t, p in points.items() if t not in sheet.tests})
            if result["suite"] == suite:
                today.setdefault(name, points)
    for name, points in today.items():
        sheets[name].tests.update(points)
    return {name: sheets[name] for name in course.names if name in sheets}


def scores_of(result: Result, sheets: Mapping[str, Sheet]) -> Iterator[Scores]:
    """The scores of a result; of a submission that could not be read, nothing in every component.

    Points that are withheld, for the kit's own failure, are none, and never zero.
    """
    student = result["student"]
    names = [n for n in sheets if n in result["components"]] if result["components"] else sheets
    for name in names:
        tests = result["components"].get(name, {}).get("tests", ())
        points = {test["test"]: float(test["points"]) for test in tests}
        yield Scores(student, name, points if result["graded"] else None)


def remark(late: Late, student: str, component: str) -> str:
    """What stands beside the student's code: which attempt it is, and how late."""
    parts = []
    if late.attempts.get(student, 1) > 1:
        parts.append(f"{late.attempts[student]} attempts; this one counts.")
    found = late.of(student).get(component)
    if found is not None and found.days:
        after = f" with {found.extension:g} days of extension" if found.extension else ""
        parts.append(
            f"{found.days} {'day' if found.days == 1 else 'days'} late{after}: penalty "
            f"{found.penalty:g} of {found.points:g} points."
        )
    return " ".join(parts)
