"""Processes that grade: each with its own sandbox, its own proven reference."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import Component, Course, load_course
from autograder.errors import GradingProblem, KitError
from autograder.intake.parcels import Parcel, pack
from autograder.intake.submissions import functions_of, unpack
from autograder.onethread import ONE_THREAD
from autograder.records.results import Result, ungraded
from autograder.sandbox.kernel import die_with

if TYPE_CHECKING:
    from autograder.running.grader import Grader

TRIES = 2  # a submission at which the kit failed is tried once more
AHEAD = 2  # submissions under way for each process: it never waits, and the queue stays short


@dataclass(frozen=True)
class Graded:
    """One submission that is done."""

    result: Result
    seconds: Mapping[str, Mapping[str, float]]  # component -> test -> seconds
    kept: bool = False  # it was there from an earlier run
    trouble: str = ""  # what went wrong on our side, for the staff


class Local:
    """The processes of this machine, started when the first submission comes."""

    lost: tuple[type[Exception], ...] = (BrokenExecutor,)

    def __init__(
        self, jobs: int, course: Course, components: Collection[Component], require: str
    ) -> None:
        from autograder.sandbox import SandboxError, best_level

        try:
            self.level = best_level(require)
        except SandboxError as error:
            raise GradingProblem(str(error)) from None
        self._jobs = jobs
        self._what = course.root, tuple(c.name for c in components), require
        self._executor: ProcessPoolExecutor | None = None

    def room(self) -> int:
        """How many submissions may be under way."""
        return self._jobs * AHEAD

    def send(self, student: str, path: Path, known: Mapping[str, Result]) -> Future[Graded]:
        """Have a submission graded; its future fails with one of `lost` when its process dies."""
        if self._executor is not None:
            with contextlib.suppress(BrokenExecutor):
                return self._executor.submit(grade_path, student, path, known)
            stop(self._executor)
        self._executor = start(self._jobs, *self._what)
        return self._executor.submit(grade_path, student, path, known)

    def wait(self, futures: Collection[Future[Graded]]) -> set[Future[Graded]]:
        """Those of the futures that are done; one at least."""
        return wait(futures, return_when=FIRST_COMPLETED).done

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        if self._executor is not None:
            stop(self._executor)


def start(jobs: int, root: Path, names: tuple[str, ...], require: str) -> ProcessPoolExecutor:
    os.environ.update(ONE_THREAD)
    # Spawned and not forked: a fork of this process would share what it has open.
    return ProcessPoolExecutor(
        jobs,
        mp_context=get_context("spawn"),
        initializer=_prepare,
        initargs=(root, names, require, os.getpid()),
    )


def stop(pool: ProcessPoolExecutor) -> None:
    """End the processes at once, whatever they are doing."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def grade_path(student: str, path: Path, known: Mapping[str, Result]) -> Graded:
    """Grade a submission of this machine's disk; called in a process of the pool."""
    return grade_parcel(pack(student, path), known)


def grade_parcel(parcel: Parcel, known: Mapping[str, Result]) -> Graded:
    """Grade what is not known of a submission; called in a process of the pool."""
    own = grader()
    handed = unpack(parcel, functions_of(own.course))
    graded = Graded(ungraded(own.course, own.components, handed), {})
    for _ in range(TRIES):
        try:
            answer = own.grade(handed, known)
        except GradingProblem as error:
            graded = replace(graded, trouble=str(error))
            continue
        graded = Graded(answer["result"], answer["seconds"], trouble="; ".join(answer["faults"]))
        if not graded.trouble:
            break
    return graded


class _Job:
    """What a grading process holds from submission to submission."""

    grader: Grader | None = None
    problem: str = ""


def grader() -> Grader:
    """The grader of this process; called in a process of the pool.

    Raises
    ------
    GradingProblem
        When it could not be made.
    """
    if _Job.grader is None:
        raise GradingProblem(_Job.problem or "this is no process of the pool")
    return _Job.grader


def _prepare(root: Path, names: tuple[str, ...], require: str, parent: int) -> None:
    # Ctrl-C goes to the whole group; the coordinator decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)
    try:
        from autograder.running.grader import Grader

        course = load_course(root)
        _Job.grader = Grader(course, course.select(names), require=require, share=True)
    except KitError as error:
        _Job.problem = str(error)
    except Exception:
        # An exception here would only say "the pool is broken", without the reason.
        _Job.problem = traceback.format_exc()
