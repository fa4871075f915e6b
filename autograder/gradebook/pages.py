"""The notebooks that nbgrader's feedback and formgrader show: a student's code and its tests.

`autograded/STUDENT/NAME/NAME.ipynb` has the code as it was handed in, in the cell that formgrader
takes comments on, and a cell for each test: its title and hint above what was said of it. It is
made of the result, which holds nothing of a hidden test's data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.authoring.notebooks import KERNEL
from autograder.course import Course
from autograder.files import write_changed
from autograder.gradebook.plan import CODE, Sheet
from autograder.gradebook.shape import test_source
from autograder.intake.submissions import functions_of, read_submission
from autograder.records.attempts import handed_in
from autograder.records.results import Result, sentence

SCHEMA = 3  # of nbgrader's metadata of a cell
UNREADABLE = "# Nothing that could be read was handed in."


class Pages:
    """Writes the notebooks of a class into nbgrader's course folder."""

    def __init__(
        self,
        course: Course,
        out: Path,
        folder: Path,
        sheets: Mapping[str, Sheet],
        suite: Result,
    ) -> None:
        self._course = course
        self._out = out
        self._folder = folder
        self._sheets = sheets
        self._suite = suite
        for name in sheets:
            # formgrader lists the assignments that have a folder here.
            (folder / "source" / name).mkdir(parents=True, exist_ok=True)

    def write(self, result: Result) -> int:
        """Write a student's notebooks; how many are new or changed."""
        student = result["student"]
        files = self._files(result)
        count = 0
        for name, sheet in self._sheets.items():
            if result["components"] and name not in result["components"]:
                continue
            text = self._notebook(sheet, files.get(f"nn/{name}.py", UNREADABLE), result)
            path = self._folder / "autograded" / student / name / f"{name}.ipynb"
            count += write_changed(path, text)
        return count

    def _files(self, result: Result) -> Mapping[str, str]:
        student = result["student"]
        path = handed_in(self._out, student, result["submission"]["hash"])
        if path is None:
            return {}
        return read_submission(student, path, functions_of(self._course)).files

    def _notebook(self, sheet: Sheet, code: str, result: Result) -> str:
        name = sheet.component.name
        about = result["components"].get(name, {"problems": [], "tests": []})
        said = [
            sentence(problem, self._suite, name)
            for problem in [*result["problems"], *about["problems"]]
        ]
        tests = {test["test"]: test for test in about["tests"]}
        cells: list[dict[str, Any]] = [
            _cell("code", code, _about(CODE, grade=False), said, CODE),
            *(
                _cell(
                    "code",
                    test_source(self._suite, name, test),
                    _about(test, grade=True, points=points),
                    self._said(name, tests.get(test)),
                    test,
                )
                for test, points in sheet.tests.items()
            ),
        ]
        language = {"name": "python"}
        notebook = {
            "cells": cells,
            "metadata": {"kernelspec": KERNEL, "language_info": language},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def _said(self, component: str, test: Mapping[str, Any] | None) -> list[str]:
        if test is None:
            return ["not graded"]
        score = f"{test['verdict']}: {test['points']:g} of {test['max_points']:g} points"
        messages = [*test["messages"], *test["flags"]]
        return [score, *(sentence(m, self._suite, component) for m in messages)]


def _about(grade_id: str, *, grade: bool, points: float = 0.0) -> dict[str, Any]:
    """nbgrader's metadata of a cell: of a test, or of the student's code."""
    about = {
        "schema_version": SCHEMA,
        "grade_id": grade_id,
        "grade": grade,
        "solution": not grade,
        "locked": grade,
        "task": False,
        "cell_type": "code",
    }
    return {"nbgrader": {**about, "points": points} if grade else about}


def _cell(
    kind: str, source: str, metadata: dict[str, Any], said: list[str], name: str
) -> dict[str, Any]:
    text = "\n".join(said)
    output = {"output_type": "stream", "name": "stdout", "text": f"{text}\n"}
    return {
        "id": name[:64],
        "cell_type": kind,
        "source": source,
        "metadata": metadata,
        "outputs": [output] if said else [],
        "execution_count": None,
    }
