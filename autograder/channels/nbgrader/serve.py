"""The grader beside nbgrader: a process of its own that answers line by line.

`python -m autograder.channels.nbgrader.serve NAME`, in the kit's folder, grades submissions of one
component. A line of stdin is a request, a line of stdout its answer, both JSON; see `Request` in
`client`. It ends when stdin does.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.channels.kit import read_settings
from autograder.channels.nbgrader.answers import answer
from autograder.course import Course, load_course
from autograder.errors import GradingProblem, KitError
from autograder.intake.submissions import Handed, functions_of, read_submission
from autograder.onethread import ONE_THREAD
from autograder.records.results import describe_suite
from autograder.running.grader import Grader
from autograder.running.pool import TRIES
from autograder.running.suite import collect, files_of


def main(name: str) -> None:
    """Answer until there are no more requests."""
    os.environ.update(ONE_THREAD)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed must not stand among the answers
    serving: Serving | None = None
    for line in sys.stdin:
        try:
            serving = serving or Serving(name)
            said = serving.grade(**json.loads(line))
        except KitError as error:
            said = {"fault": str(error)}
        except Exception:
            said = {"fault": traceback.format_exc()}
        answers.write(json.dumps(said) + "\n")
        answers.flush()


class Serving:
    """What is kept from one submission to the next."""

    def __init__(self, name: str) -> None:
        self._course = load_course()
        self._cells = read_settings(self._course.root)["cells"][name]
        component = self._course.component(name)
        self._component = component
        self._grader = Grader(self._course, [component])
        self._suite = describe_suite(self._course, collect(files_of([component])))

    def grade(self, student: str, folder: str, others: Sequence[str]) -> dict[str, Any]:
        """The answer for one submission; see `read_assignment`."""
        paths = [Path(other) for other in others]
        handed = read_assignment(self._course, student, Path(folder), paths)
        fault = ""
        for _ in range(TRIES):
            try:
                graded = self._grader.grade(handed)
            except GradingProblem as error:
                fault = str(error)
                continue
            fault = "; ".join(graded["faults"])
            if graded["result"]["graded"]:
                name = self._component.name
                return answer(
                    graded["result"], self._suite, name, self._cells, self._course.language
                )
        raise GradingProblem(fault or "the grading was not finished")


def read_assignment(course: Course, student: str, folder: Path, others: Sequence[Path]) -> Handed:
    """What a student handed in for one assignment, and for what that stands on.

    A component that is not in the folder of the assignment is taken from that of its own.
    """
    functions = functions_of(course)
    handed = read_submission(student, folder, functions)
    if handed.problem is not None:
        return handed
    files, broken = dict(handed.files), dict(handed.broken)
    for other in others:
        path = f"nn/{other.name}.py"
        if path in files or path in broken or other.name not in functions:
            continue
        there = read_submission(student, other, functions)
        if path in there.files:
            files[path] = there.files[path]
        elif path in there.broken:
            broken[path] = there.broken[path]
    return replace(handed, files=files, broken=broken)


if __name__ == "__main__":
    main(sys.argv[1])
