"""Grade a whole class: every submission once, on all cores, resumable at any moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import pool
from autograder.attempts import earlier
from autograder.course import Component, Course
from autograder.errors import GradingProblem
from autograder.keys import reusable
from autograder.results import Result, environment, result_key, submission_result, ungraded
from autograder.sandbox import SandboxError, best_level
from autograder.submissions import Handed, functions_of, read_submission

TRIES = 2  # a submission in whose grading a process of ours died is tried once more
AHEAD = 2  # submissions in the queue for each process: the coordinator's memory stays flat


@dataclass(frozen=True)
class Graded:
    """One submission that is done."""

    result: Result
    seconds: Mapping[str, Mapping[str, float]]  # component -> test -> seconds
    kept: bool = False  # it was there from an earlier run
    trouble: str = ""  # what went wrong on our side, for the staff


def grade_class(
    course: Course,
    components: Sequence[Component],
    found: Mapping[str, Path],
    out: Path,
    *,
    jobs: int,
    require: str = "kernel",
) -> Iterator[Graded]:
    """Grade submissions in any order; those with a result of the same key in `out` are kept.

    Raises
    ------
    GradingProblem
        When grading cannot start: no isolation, or the reference fails its own tests.
    """
    try:
        level = best_level(require)
    except SandboxError as error:
        raise GradingProblem(str(error)) from None
    todo: list[tuple[str, Path]] = []
    for student, path in found.items():
        handed, old, known = _before(course, components, student, path, out, level)
        if old is not None and old["key"] == result_key(course, handed, components, level):
            yield Graded(old, {}, kept=True)
        elif len(known) == len(components):
            # No score can have changed: only what the result says of the suite as a whole.
            result = submission_result(course, components, handed, known, level)
            yield Graded(result, {}, kept=True)
        else:
            todo.append((student, path))
    if todo:
        yield from _grade(course, components, todo, out, jobs, require, level)


def _before(
    course: Course,
    components: Sequence[Component],
    student: str,
    path: Path,
    out: Path,
    level: str,
) -> tuple[Handed, Result | None, dict[str, Result]]:
    """A submission, its result of an earlier run, and what of that need not be graded again."""
    handed = read_submission(student, path, functions_of(course))
    old = earlier(out, student, handed.digest)
    if old is not None and not old["graded"]:
        old = None
    return handed, old, reusable(course, handed, components, environment(level), old)


def _grade(
    course: Course,
    components: Sequence[Component],
    todo: list[tuple[str, Path]],
    out: Path,
    jobs: int,
    require: str,
    level: str,
) -> Iterator[Graded]:
    tries = dict.fromkeys((student for student, _ in todo), 0)
    queue = list(reversed(todo))
    names = tuple(c.name for c in components)
    while queue:
        workers = pool.start(min(jobs, len(queue)), course.root, names, require)
        running: dict[Future[Graded], tuple[str, Path]] = {}
        try:
            while queue or running:
                while queue and len(running) < jobs * AHEAD:
                    student, path = queue[-1]
                    known = _before(course, components, student, path, out, level)[2]
                    # A broken pool refuses here: until it takes a submission, that stays queued.
                    running[workers.submit(_grade_one, student, path, known)] = queue.pop()
                    tries[student] += 1
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                    del running[future]
        except BrokenProcessPool:
            # Which submission did it is not known: each that was under way gets one more try.
            for student, path in running.values():
                if tries[student] < TRIES:
                    queue.append((student, path))
                else:
                    handed = Handed(student)
                    yield Graded(
                        ungraded(course, components, handed), {}, trouble="a grading process died"
                    )
        finally:
            pool.stop(workers)


def _grade_one(student: str, path: Path, known: Mapping[str, Result]) -> Graded:
    grader = pool.grader()
    handed = read_submission(student, path, functions_of(grader.course))
    graded = Graded(ungraded(grader.course, grader.components, handed), {})
    for _ in range(TRIES):
        try:
            answer = grader.grade(handed, known)
        except GradingProblem as error:
            graded = replace(graded, trouble=str(error))
            continue
        graded = Graded(answer["result"], answer["seconds"], trouble="; ".join(answer["faults"]))
        if not graded.trouble:
            break
    return graded
