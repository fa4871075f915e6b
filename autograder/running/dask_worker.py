"""What runs in a worker of Dask: its kit is compared, and its grading processes are held.

The worker itself grades nothing, for it has threads and talks to the network. It holds a pool of
grading processes, the same as on one machine, one for each of its threads: each has its own fork
server, test of itself and proven reference.
"""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import platform
import threading
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import asdict, dataclass

from autograder.course import Course, load_course
from autograder.errors import GradingProblem
from autograder.intake.parcels import Parcel
from autograder.records.results import Result
from autograder.running import pool
from autograder.running.pool import Graded


@dataclass(frozen=True)
class Kit:
    """What a score depends on beside the submission."""

    version: str
    tests: str  # hash of the tests
    grading: str  # hash of all that grades, and of the course's secret
    python: str
    numpy: str


@dataclass(frozen=True)
class Job:
    """What a worker is to grade by."""

    kit: Kit
    names: tuple[str, ...]
    level: str
    require: str


def kit_of(course: Course) -> Kit:
    """The kit of this machine."""
    return Kit(
        version=course.version,
        tests=course.suite_hash(),
        grading=course.grading_hash(),
        python=platform.python_version(),
        numpy=importlib.metadata.version("numpy"),
    )


def refuse_other(worker: str, theirs: Kit, ours: Kit) -> None:
    """Refuse a worker with another kit than this machine's.

    Raises
    ------
    GradingProblem
        That names what differs.
    """
    names = {
        "version": "version of the course",
        "tests": "hash of the tests",
        "grading": "hash of the kit, the reference and EXPRESSML_SECRET",
        "python": "Python",
        "numpy": "NumPy",
    }
    other, own = asdict(theirs), asdict(ours)
    found = [f"{names[k]} {other[k]} there, {own[k]} here" for k in names if other[k] != own[k]]
    if found:
        raise GradingProblem(
            f"worker {worker} is not what this machine is, and a score must not depend on where it "
            f"was made: {'; '.join(found)}. Bring both to the same commit, environment and secret, "
            "and start the worker anew"
        )


def look_around(require: str) -> tuple[Kit, str]:
    """The kit of a worker, and its level of isolation."""
    from autograder.sandbox import SandboxError, best_level

    try:
        return kit_of(load_course()), best_level(require)
    except SandboxError as error:
        raise GradingProblem(str(error)) from None


class _Here:
    """The grading processes of a worker."""

    lock = threading.Lock()
    job: Job | None = None
    executor: ProcessPoolExecutor | None = None


def grade_there(job: Job, parcel: Parcel, known: Mapping[str, Result]) -> Graded:
    """Grade what is not known of a submission in one of this worker's grading processes."""
    executor = _executor(job)
    try:
        return executor.submit(pool.grade_parcel, parcel, known).result()
    except BrokenExecutor:
        with _Here.lock:
            if _Here.executor is executor:
                _let_go()
        raise
    except GradingProblem as error:
        raise GradingProblem(f"worker {_address()}: {error}") from None


def _executor(job: Job) -> ProcessPoolExecutor:
    with _Here.lock:
        if _Here.job != job or _Here.executor is None:
            _let_go()
            kit, level = look_around(job.require)
            refuse_other(_address(), kit, job.kit)
            if level != job.level:
                raise GradingProblem(f"its level of isolation is {level}, not {job.level}")
            # A nanny starts its worker as one that may have no children, lest they outlive it;
            # ours end with it.
            multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
            root = load_course().root
            _Here.executor = pool.start(_threads(), root, job.names, job.require)
            _Here.job = job
        return _Here.executor


def _let_go() -> None:
    executor, _Here.executor, _Here.job = _Here.executor, None, None
    if executor is not None:
        pool.stop(executor)


def _threads() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
