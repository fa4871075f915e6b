"""Processes that grade: each with its own sandbox, its own proven reference."""

from __future__ import annotations

import os
import signal
import traceback
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import load_course
from autograder.errors import GradingProblem, KitError
from autograder.onethread import ONE_THREAD
from autograder.sandbox.kernel import die_with

if TYPE_CHECKING:
    from autograder.grader import Grader


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
        from autograder.grader import Grader

        course = load_course(root)
        _Job.grader = Grader(course, course.select(names), require=require, share=True)
    except KitError as error:
        _Job.problem = str(error)
    except Exception:
        # An exception here would only say "the pool is broken", without the reason.
        _Job.problem = traceback.format_exc()
