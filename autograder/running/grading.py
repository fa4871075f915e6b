"""`grade`: a folder of submissions in, results, a table and pages out."""

from __future__ import annotations

import heapq
import json
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from autograder.course import Component, Course
from autograder.files import write_whole
from autograder.intake.handed_in import Times, times_of
from autograder.intake.layouts import find_submissions, passed_over
from autograder.records.attempts import earlier, record
from autograder.records.counting import counted, earlier_rounds
from autograder.records.lateness import Extensions, late_csv, late_of_class, read_extensions
from autograder.records.results import (
    Result,
    csv_lines,
    describe_suite,
    grades_csv,
    read_result,
    write_result,
)
from autograder.reports.feedback import write_page
from autograder.running.classrun import grade_class
from autograder.running.pool import Graded
from autograder.running.progress import Progress
from autograder.running.suite import collect, files_of
from autograder.running.writers import Writers
from shared.messages import Message, render

SLOWEST = 20  # tests that are remembered for being slow


@dataclass
class Ending:
    """How a run ended: numbers of submissions, for a class may be of any size."""

    graded: int = 0
    kept: int = 0
    ungraded: int = 0
    unreadable: int = 0
    foreign: int = 0  # made from another release than the one that grades
    slowest: list[tuple[float, str, str]] = field(default_factory=list)  # seconds, test, student
    seconds: float = 0.0


def grade_folder(
    course: Course,
    components: Sequence[Component],
    submissions: Path,
    out: Path,
    *,
    jobs: int,
    require: str = "kernel",
    scheduler: str = "",
    as_json: bool = False,
    lang: str | None = None,
    stream: TextIO | None = None,
) -> Ending:
    """Grade every submission of a folder and write what is made of it.

    `lang` is the language of the pages, that of the course where it is not given.

    Raises
    ------
    UsageProblem
        When there is nothing to grade, or `out` cannot be written.
    GradingProblem
        When grading cannot start on this machine.
    """
    stream = stream or sys.stderr
    found = find_submissions(submissions)
    writers = Writers()
    keeper = _Keeper(course, out, times_of(course, submissions), read_extensions(course), writers)
    suite = describe_suite(course, collect(files_of(components)), lang)
    write_whole(out / "suite.json", json.dumps(suite, indent=1, ensure_ascii=False) + "\n")
    ending = Ending()
    start = time.monotonic()
    progress = Progress(len(found), stream)
    # Without a name: nothing of it is left when this process is killed.
    timings = tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=out)  # noqa: SIM115
    where: dict[str, Any] = {"jobs": jobs, "require": require, "scheduler": scheduler}
    try:
        with writers:
            for graded in grade_class(course, components, found, out, **where):
                keeper.keep(graded, found[graded.result["student"]], suite, ending)
                _time(graded, ending, timings)
                if as_json:
                    print(json.dumps(graded.result, ensure_ascii=False), flush=True)
                progress.step(graded.result["student"], kept=graded.kept)
                _tell(graded, stream, progress)
            writers.finish()
            for again in earlier_rounds(course, out, keeper.current):
                for graded in grade_class(course, components, again, out, **where):
                    keeper.keep_earlier(graded, again, suite, ending)
                    _tell(graded, stream, progress)
                writers.finish()
    except KeyboardInterrupt:
        progress.end()
        done = ending.graded + ending.kept
        print(
            f"interrupted: {done} of {len(found)} submissions are done; run the same command to go "
            "on from there",
            file=stream,
        )
        raise
    finally:
        progress.end()
    with timings:
        for warning in _write_tables(course, out, components, found, timings):
            print(f"note: {warning}", file=stream)
    loose = passed_over(submissions)
    if loose:
        more = f" and {len(loose) - 5} more" if len(loose) > 5 else ""
        print(
            f"note: NOT GRADED, for a submission is a folder or a .zip with its student's name: "
            f"{', '.join(loose[:5])}{more}",
            file=stream,
        )
    ending.seconds = time.monotonic() - start
    print(_summary(ending, len(found), out), file=stream)
    return ending


class _Keeper:
    """Writes what is made of a submission, its result last: what is there is whole."""

    def __init__(
        self,
        course: Course,
        out: Path,
        times: Callable[[str, Path], Times],
        extensions: Extensions,
        writers: Writers,
    ) -> None:
        self.current: dict[str, str] = {}  # the hash of what each student handed in last
        self._course = course
        self._out = out
        self._times = times
        self._extensions = extensions
        self._writers = writers

    def keep(
        self,
        graded: Graded,
        path: Path,
        suite: Result,
        ending: Ending,
    ) -> None:
        result = graded.result
        student = result["student"]
        if result["graded"]:
            self.current[student] = result["submission"]["hash"]

        def write() -> None:
            if result["graded"]:
                record(self._course, self._out, result, path, self._times(student, path))
            self._count(result, suite)

        self._writers.do(write)
        ending.kept += graded.kept
        ending.graded += not graded.kept
        ending.ungraded += not result["graded"]
        if result["problems"] and not result["components"] and result["graded"]:
            ending.unreadable += 1
        ending.foreign += any(note["id"] == "other-release" for note in result["notes"])

    def keep_earlier(
        self, graded: Graded, paths: Mapping[str, Path], suite: Result, ending: Ending
    ) -> None:
        """Keep an earlier attempt that was graded again, and count anew."""
        result = graded.result
        student = result["student"]
        if not result["graded"]:
            ending.ungraded += 1
            return

        def write() -> None:
            record(self._course, self._out, result, paths[student])
            self._count(earlier(self._out, student, self.current[student]), suite)

        self._writers.do(write)

    def _count(self, current: Result | None, suite: Result) -> None:
        if current is None:
            return
        out = self._out
        result = counted(self._course, out, current, self._extensions)
        student = result["student"]
        if result != read_result(out, student):
            write_page(out, result, suite)
            write_result(out, result)
        elif not (out / "feedback" / f"{student}.html").exists():
            write_page(out, result, suite)


def _time(graded: Graded, ending: Ending, timings: TextIO) -> None:
    student = graded.result["student"]
    rows = [
        (student, component, test, seconds)
        for component, tests in graded.seconds.items()
        for test, seconds in tests.items()
    ]
    timings.writelines(csv_lines(rows))
    slow = ((seconds, f"{c}::{t}", who) for who, c, t, seconds in rows)
    ending.slowest = heapq.nlargest(SLOWEST, [*ending.slowest, *slow])


def _tell(graded: Graded, stream: TextIO, progress: Progress) -> None:
    result = graded.result
    if graded.trouble:
        progress.end()
        print(f"OUR FAULT, not graded: {result['student']}: {graded.trouble}", file=stream)
    for problem in result["problems"] if result["graded"] else ():
        progress.end()
        print(f"{result['student']}: {render(Message.from_json(problem))}", file=stream)


def _write_tables(
    course: Course,
    out: Path,
    components: Sequence[Component],
    students: Collection[str],
    timings: TextIO,
) -> list[str]:
    """Write the tables; what the staff should know of them."""
    late = late_of_class(course, out, students)
    results = (r for r in (read_result(out, s) for s in students) if r is not None)
    write_whole(out / "grades.csv", grades_csv(results, components, late.penalty))
    if late.by and any(c.due for c in course.components):
        write_whole(out / "late.csv", late_csv(late))
    else:
        (out / "late.csv").unlink(missing_ok=True)
    if timings.tell():
        timings.seek(0)
        header = csv_lines([["student", "component", "test", "seconds"]])
        write_whole(out / "timings.csv", chain(header, timings))
    return late.warnings


def _summary(ending: Ending, total: int, out: Path) -> str:
    parts = [f"{total} submissions: {ending.graded} graded in {ending.seconds:.1f} s"]
    if ending.kept:
        parts.append(f"{ending.kept} kept from an earlier run")
    if ending.unreadable:
        parts.append(f"{ending.unreadable} could not be read (0 points)")
    if ending.foreign:
        parts.append(f"{ending.foreign} made from another release than this one")
    if ending.ungraded:
        parts.append(f"{ending.ungraded} NOT GRADED through our fault")
    pages = f"results in {out / 'results'}, grades in {out / 'grades.csv'}"
    return f"{', '.join(parts)}\n{pages}, pages in {out / 'feedback'}"
