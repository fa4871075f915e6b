"""`python -m autograder grade` itself on every hand-in, as a file and as a notebook, run once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.records.results import read_result
from autograder.running.grading import grade_folder

from .handins import COMPONENT, COURSE, HANDINS, as_file

NAME = COMPONENT.name


@dataclass(frozen=True)
class Grade:
    """Where the results are; a hand-in's as a file is called NAME.py, as a notebook NAME."""

    graded: Path

    def result(self, name: str) -> dict[str, Any] | None:
        return read_result(self.graded, name)

    def points(self, name: str) -> float | None:
        found = self.result(name)
        return None if found is None else found["points"]


@pytest.fixture(scope="session")
def by_grade(tmp_path_factory: pytest.TempPathFactory) -> Grade:
    folder = tmp_path_factory.mktemp("grade")
    notebook = json.loads(COMPONENT.notebook_in(COURSE.language).read_text(encoding="utf-8"))
    for name, make in HANDINS.items():
        made = folder / "class" / name / f"{NAME}.ipynb"
        made.parent.mkdir(parents=True)
        made.write_text(json.dumps(make(notebook, COMPONENT)), encoding="utf-8")
        file = as_file(name, COMPONENT)
        if file is not None:
            made = folder / "class" / f"{name}.py" / f"{NAME}.py"
            made.parent.mkdir()
            made.write_text(file, encoding="utf-8")
    with open(os.devnull, "w") as nowhere:
        out = folder / "graded"
        grade_folder(COURSE, [COMPONENT], folder / "class", out, jobs=2, stream=nowhere)
    return Grade(out)
