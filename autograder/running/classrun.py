"""Grade a whole class: every submission once, wherever there are cores, resumable at any moment.

Nothing is held of a submission that is done or not yet begun, so a class of any size takes the
same memory here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import closing
from pathlib import Path
from typing import Protocol

from autograder.course import Component, Course
from autograder.errors import GradingProblem
from autograder.intake.submissions import Handed, functions_of, read_submission
from autograder.records.attempts import earlier, was_graded
from autograder.records.results import Result, environment, result_key, submission_result, ungraded
from autograder.running.keys import reusable
from autograder.running.pool import Graded, Local

Known = Mapping[str, Result]  # of the components that need not be graded again
_Sent = tuple[str, Path, Known]


class Place(Protocol):
    """Where submissions are graded: around a `concurrent.futures.Executor` of either kind."""

    level: str  # of isolation there
    lost: tuple[type[Exception], ...]  # what a future raises when a process of ours died

    def room(self) -> int:
        """How many submissions may be under way."""
        ...

    def send(self, student: str, path: Path, known: Known) -> Future[Graded]:
        """Have a submission graded, but for the components whose results are known."""
        ...

    def wait(self, futures: Collection[Future[Graded]]) -> set[Future[Graded]]:
        """Those of the futures that are done; one at least."""
        ...

    def close(self) -> None:
        """Let go of all that is under way."""
        ...


def grade_class(
    course: Course,
    components: Sequence[Component],
    found: Mapping[str, Path],
    out: Path,
    *,
    jobs: int,
    require: str = "kernel",
    scheduler: str = "",
) -> Iterator[Graded]:
    """Grade submissions in any order; those with a result of the same key in `out` are kept.

    Parameters
    ----------
    scheduler : str
        The address of a Dask scheduler, whose workers grade; this machine's cores where it is not
        given.

    Raises
    ------
    GradingProblem
        When grading cannot start: no isolation, the reference fails its own tests, no cluster.
    """
    with closing(_place(course, components, jobs, require, scheduler)) as place:
        run = _Run(place, course, components)
        for student, path in found.items():
            kept, known = _before(course, components, student, path, out, place.level)
            if kept is not None:
                yield Graded(kept, {}, kept=True)
            else:
                yield from run.add(student, path, known)
        yield from run.rest()


def _place(
    course: Course, components: Sequence[Component], jobs: int, require: str, scheduler: str
) -> Place:
    if not scheduler:
        return Local(jobs, course, components, require)
    from autograder.running.cluster import Cluster

    return Cluster(scheduler, course, components, require)


def _before(
    course: Course,
    components: Sequence[Component],
    student: str,
    path: Path,
    out: Path,
    level: str,
) -> tuple[Result | None, Known]:
    """The result of a submission, where nothing is to be graded; else what need not be again."""
    if not was_graded(out, student):
        return None, {}
    handed = read_submission(student, path, functions_of(course))
    old = earlier(out, student, handed.digest)
    if old is not None and not old["graded"]:
        old = None
    if old is not None and old["key"] == result_key(course, handed, components, level):
        return old, {}
    known = reusable(course, handed, components, environment(level), old)
    if len(known) == len(components):
        # No score can have changed: only what the result says of the suite as a whole.
        return submission_result(course, components, handed, known, level), known
    return None, known


class _Run:
    """Submissions on their way through a place."""

    def __init__(self, place: Place, course: Course, components: Sequence[Component]) -> None:
        self._place = place
        self._course = course
        self._components = components
        self._under_way: dict[Future[Graded], _Sent] = {}

    def add(self, student: str, path: Path, known: Known) -> Iterator[Graded]:
        """Send a submission; what is done by the time that there is room for it."""
        while self._under_way and len(self._under_way) >= self._place.room():
            yield from self._collect()
        self._send(student, path, known)

    def rest(self) -> Iterator[Graded]:
        """What is still under way."""
        while self._under_way:
            yield from self._collect()

    def _send(self, student: str, path: Path, known: Known) -> None:
        self._under_way[self._place.send(student, path, known)] = student, path, known

    def _collect(self) -> Iterator[Graded]:
        suspects: list[_Sent] = []
        yield from self._take(suspects)
        if not suspects:
            return
        # A process died. Which submission did it is not known, so all that were beside it are tried
        # again, each with nothing else under way: an innocent one is graded, and the one that does
        # it again is known.
        while self._under_way:
            yield from self._take(suspects)
        for student, path, known in suspects:
            again: list[_Sent] = []
            self._send(student, path, known)
            yield from self._take(again)
            if again:
                nothing = ungraded(self._course, self._components, Handed(student))
                yield Graded(nothing, {}, trouble="the process that grades it died, twice")

    def _take(self, suspects: list[_Sent]) -> Iterator[Graded]:
        """What is done; submissions whose process died go to the suspects."""
        for future in self._place.wait(self._under_way):
            one = self._under_way.pop(future)
            try:
                graded = future.result()
            except self._place.lost:
                suspects.append(one)
            except CancelledError:
                raise GradingProblem(
                    "the cluster let go of what was under way; look at its scheduler, then run the "
                    "same command to go on"
                ) from None
            else:
                yield graded
