"""Classes made up for the gradebook: results as `grade` writes them, without grading anything."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.intake.handed_in import Times
from autograder.intake.submissions import functions_of, read_submission
from autograder.records.attempts import record
from autograder.records.results import Result, describe_suite, submission_result, write_result
from autograder.rules import LateRules
from autograder.running.suite import collect, files_of

START = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


def with_due_date(course: Course, name: str) -> Course:
    """The course with one component due at `START`, each day late costing a tenth."""
    components = [replace(c, due=START) if c.name == name else c for c in course.components]
    return replace(course, components=tuple(components), late=LateRules(per_day=10))


class Class:
    """Made-up students in `folder/in`, their results in `folder/out`."""

    def __init__(self, course: Course, folder: Path) -> None:
        self.course = course
        self.folder = folder
        self.out = folder / "out"
        self.infos = collect(files_of(course.components))
        self.out.mkdir(parents=True)
        suite = json.dumps(describe_suite(course, self.infos), ensure_ascii=False)
        (self.out / "suite.json").write_text(suite, encoding="utf-8")

    def add(
        self,
        student: str,
        *,
        hours: float = 0.0,
        code: str = "",
        passed: float = 0.7,
        without: str = "",
        graded: bool = True,
    ) -> Result:
        """A student's result; `hours` is when it was handed in, `without` a test that is gone."""
        path = self.folder / "in" / student
        for component in self.course.components:
            file = path / "nn" / f"{component.name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# {student} {code} <script>alert(1)</script>\n", encoding="utf-8")
        handed = read_submission(student, path, functions_of(self.course))
        dice = random.Random(f"{student} {code}")
        graded_components = {}
        for component in self.course.components:
            tests = [
                {
                    "test": info.test,
                    "verdict": "passed" if dice.random() < passed else "failed",
                    "points": info.points,
                    "max_points": info.points,
                    "hidden": info.hidden,
                    "messages": [],
                    "flags": [],
                    "call": "",
                }
                for info in self.infos
                if info.component == component.name and info.test != without
            ]
            for test in tests:
                test["points"] *= test["verdict"] == "passed"
            graded_components[component.name] = {
                "key": "",
                "points": sum(t["points"] for t in tests),
                "max_points": sum(t["max_points"] for t in tests),
                "problems": [],
                "tests": tests,
            }
        result = submission_result(
            self.course, self.course.components, handed, graded_components, "kernel"
        )
        result["graded"] = graded
        time = START + datetime.timedelta(hours=hours)
        record(self.course, self.out, result, path, Times("Gradescope", {"": time}))
        write_result(self.out, result)
        return result

    def results(self) -> Mapping[str, Result]:
        """All results by student."""
        paths = sorted((self.out / "results").glob("*.json"))
        return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in paths}


def agree(url: str, made: Class) -> int:
    """Hold a gradebook against the results; the number of grades compared."""
    from nbgrader.api import Grade, SubmittedAssignment

    from autograder.gradebook import open_gradebook

    compared = 0
    with open_gradebook(url) as book:
        results = made.results()
        graded = {(g.student.id, g.assignment.name, g.name): g for g in book.db.query(Grade).all()}
        submissions = book.db.query(SubmittedAssignment).all()
        expected = [(s, name) for s, r in results.items() for name in r["components"]]
        assert sorted((s.student.id, s.assignment.name) for s in submissions) == sorted(expected)
        for student, result in results.items():
            for name, about in result["components"].items():
                for test in about["tests"]:
                    grade = graded.pop((student, name, test["test"]))
                    score = test["points"] if result["graded"] else None
                    assert grade.auto_score == score
                    assert grade.max_score == test["max_points"]
                    compared += 1
        assert not graded
    return compared
