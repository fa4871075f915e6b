"""The kit as it travels: what grades a submission on a machine that has no checkout.

It is the staff's: it holds the solutions, the hidden tests and the course's secret. A channel packs
`files`; what it starts where they are unpacked calls `read_config` and `grade_one`.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.channels import archive
from autograder.course import Component, Course, load_course
from autograder.errors import GradingProblem
from autograder.records.results import Result, describe_suite
from autograder.running.classrun import grade_class
from autograder.running.suite import collect, files_of
from autograder.stamps import SECRET_VARIABLE, secret

ROOMS = ("autograder", "shared", "solutions/nn", "assignments/tests")
CONFIG = "grading.json"
# Seconds for one submission, a little under what Gradescope gives: 10 minutes unless told
# otherwise, and 40 at the most. It makes a zero of what takes longer, so we stop first.
LIMIT, LIMIT_WHOLE = 570, 2340
NAME = "submission"  # names of students stay out of what is graded

Files = dict[str, bytes]


@dataclass(frozen=True)
class Config:
    """What an unpacked kit grades, and in how many seconds at the most."""

    course: Course
    components: tuple[Component, ...]
    seconds: int


def files(course: Course) -> Files:
    """The kit's files, which are the same whatever it grades."""
    root = course.root
    found: Files = {}
    for room in ROOMS:
        found |= archive.read_folder(root / room, root)
    found["course.toml"] = archive.read(root / "course.toml")
    found["LICENSE"] = archive.read(root / "docs" / "LICENSE")
    # The few packages that students get are all that grading takes.
    found["requirements.txt"] = archive.read(root / "assignments" / "requirements.txt")
    return found


def settings(**about: Any) -> Files:
    """The file that goes beside the others: what `read_settings` gives, and the secret."""
    told = {**about, "secret": secret()}
    return {CONFIG: (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()}


def read_settings(root: Path) -> dict[str, Any]:
    """What `settings` was told; from now on hidden data is drawn from the secret in it."""
    about: dict[str, Any] = json.loads((root / CONFIG).read_text(encoding="utf-8"))
    os.environ[SECRET_VARIABLE] = about["secret"]
    return about


def config(graded: Sequence[str], seconds: int = LIMIT) -> Files:
    """Settings that say which components a kit grades."""
    return settings(components=list(graded), seconds=seconds)


def read_config() -> Config:
    """What the kit grades that this program was unpacked from."""
    course = load_course()
    about = read_settings(course.root)
    return Config(course, course.select(about["components"]), about["seconds"])


def grade_one(config: Config, folder: Path, nowhere: Path) -> tuple[Result, Result]:
    """Grade the submission in a folder: its result, and titles and hints beside it.

    What is printed is for the staff.

    Parameters
    ----------
    config : Config
    folder : Path
        What the student handed in.
    nowhere : Path
        A folder that does not exist: no result is kept from one run to the next.

    Raises
    ------
    GradingProblem
        When it could not be graded through our own fault, or took too long.
    """
    course, components = config.course, config.components
    start = time.monotonic()
    with _time_limit(config.seconds):
        (graded,) = grade_class(course, components, {NAME: folder}, nowhere, jobs=1)
        if not graded.result["graded"]:
            raise GradingProblem(graded.trouble or "the grading was not finished")
        points = f"{graded.result['points']} of {graded.result['max_points']} points"
        level = graded.result["environment"]["level"]
        print(f"{points}, isolation {level}, {time.monotonic() - start:.1f} s")
        return graded.result, describe_suite(course, collect(files_of(components)))


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
