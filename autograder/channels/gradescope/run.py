"""What `run_autograder` starts in Gradescope's container: grade one submission.

What is printed is for the staff alone (`stdout_visibility`), results.json is for the student.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.channels.gradescope import CONFIG
from autograder.channels.gradescope.report import Metadata, our_fault, read_metadata, report
from autograder.classrun import grade_class
from autograder.course import SECRET_VARIABLE, Component, Course, load_course
from autograder.errors import ExitCode, GradingProblem, KitError
from autograder.files import write_whole
from autograder.onethread import ONE_THREAD
from autograder.results import Result, describe_suite
from autograder.suite import collect, files_of
from shared.language import LANGUAGES

HOME = Path("/autograder")
NAME = "submission"  # names of students stay out of what is graded


def main(arguments: Sequence[str]) -> int:
    """Grade what lies in /autograder/submission, or `--check` that this could be done."""
    os.environ.update(ONE_THREAD)
    try:
        course, components, seconds = _configured()
        if "--check" in arguments:
            return _check(course, components)
        with _time_limit(seconds):
            results = _grade(course, components)
    except KitError as error:
        print(f"OUR FAULT, not graded: {error}")
        results = our_fault(_language())
    except Exception:
        traceback.print_exc(file=sys.stdout)
        print("OUR FAULT, not graded: a fault of the program itself; please report these lines")
        results = our_fault(_language())
    if "--check" in arguments:
        return ExitCode.INTERNAL
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    write_whole(HOME / "results" / "results.json", text)
    return ExitCode.OK if "score" in results else ExitCode.INTERNAL


def _configured() -> tuple[Course, tuple[Component, ...], int]:
    course = load_course()
    config = json.loads((course.root / CONFIG).read_text(encoding="utf-8"))
    os.environ[SECRET_VARIABLE] = config["secret"]
    return course, course.select(config["components"]), config["seconds"]


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def over(number: int, frame: object) -> None:
        raise GradingProblem(
            f"it took over {seconds} s. Is there an endless loop in many functions? Raise the "
            f"time limit in the assignment's settings and `seconds` in {CONFIG}, or grade it by "
            "`python -m autograder grade`"
        )

    signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _grade(course: Course, components: Sequence[Component]) -> Result:
    folder = HOME / "submission"
    if not folder.is_dir():
        raise GradingProblem(f"{folder} does not exist: Gradescope has put no submission there")
    metadata = _metadata()
    print(f"submission of {', '.join(metadata.students) or 'an unknown student'}")
    print(f"late: {'yes' if metadata.late else 'no'}; earlier submissions: {metadata.earlier}")
    start = time.monotonic()
    # No result is kept from one run to the next: `out` is a folder that does not exist.
    nowhere = HOME / "results" / "none"
    (graded,) = grade_class(course, components, {NAME: folder}, nowhere, jobs=1)
    if not graded.result["graded"]:
        raise GradingProblem(graded.trouble or "the grading was not finished")
    points = f"{graded.result['points']} of {graded.result['max_points']} points"
    level = graded.result["environment"]["level"]
    print(f"{points}, isolation {level}, {time.monotonic() - start:.1f} s")
    suite = describe_suite(course, collect(files_of(components)))
    return report(graded.result, suite, metadata, course.language)


def _language() -> str:
    try:
        return load_course().language
    except KitError:
        return LANGUAGES[0]


def _metadata() -> Metadata:
    data: Any = None
    try:
        data = json.loads((HOME / "submission_metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"submission_metadata.json cannot be read ({error}): graded without it")
    return read_metadata(data)


def _check(course: Course, components: Sequence[Component]) -> int:
    from autograder.grader import Grader

    grader = Grader(course, components)
    print(f"the reference passes its tests; isolation {grader.box.level}")
    grader.close()
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
