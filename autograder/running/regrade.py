"""`regrade`: grade again what changed, and say who moved because of which test.

The results that are there are set aside in `DIR/before/` when a regrade begins, and go when it has
ended with everything graded: one that was interrupted in between still compares with them.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Component, Course
from autograder.errors import UsageProblem
from autograder.files import write_whole
from autograder.intake.layouts import find_submissions
from autograder.records.results import Result, read_result, tidy
from autograder.running.grading import Ending, grade_folder
from autograder.sheets import harmless

TABLE = "moved.csv"
BEFORE = "before"
COLUMNS = (
    *("student", "points_before", "points_after", "moved", "component", "test"),
    *("test_before", "test_after", "verdict_before", "verdict_after", "because"),
)


@dataclass(frozen=True)
class TestMove:
    """One test of one student that gives other points than before; None where it was not there."""

    component: str
    test: str
    before: float | None
    after: float | None
    verdicts: tuple[str, str]

    @property
    def by(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Move:
    """A student whose result is another one; points that were withheld are None."""

    student: str
    before: float | None
    after: float | None
    because: str
    tests: tuple[TestMove, ...]

    @property
    def by(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


def regrade(
    course: Course,
    submissions: Path,
    out: Path,
    *,
    jobs: int,
    require: str = "kernel",
    scheduler: str = "",
) -> tuple[Ending, list[Move]]:
    """Grade a folder again and compare with the results that were there.

    The components are those that the earlier results hold.

    Raises
    ------
    UsageProblem
        When there are no earlier results, or no submissions.
    GradingProblem
        When grading cannot start.
    """
    before = _set_aside(out)
    components = _components(course, before)
    ending = grade_folder(
        course, components, submissions, out, jobs=jobs, require=require, scheduler=scheduler
    )
    students = sorted(find_submissions(submissions))
    moves = list(_moves(before, out, students))
    write_whole(out / TABLE, moved_csv(moves))
    if not ending.ungraded:
        # Renamed first: a half removed folder would be compared with.
        gone = Path(tempfile.mkdtemp(dir=out, prefix=f".{BEFORE}-"))
        before.rename(gone / BEFORE)
        shutil.rmtree(gone)
    return ending, moves


def _set_aside(out: Path) -> Path:
    """The results as they were, made whole before they are in place."""
    results, before = out / "results", out / BEFORE
    if before.is_dir():
        return before
    if not any(results.glob("*.json")):
        raise UsageProblem(f"{out} holds no earlier results: run `grade` with --out {out} first")
    for rest in out.glob(f".{BEFORE}-*"):  # of a regrade that was killed
        shutil.rmtree(rest)
    try:
        made = Path(tempfile.mkdtemp(dir=out, prefix=f".{BEFORE}-"))
        (made / "results").mkdir()
        for path in sorted(results.glob("*.json")):
            _second_name(path, made / "results" / path.name)
        made.rename(before)
    except OSError as error:
        raise UsageProblem(f"cannot set the results in {out} aside: {error.strerror}") from None
    return before


def _second_name(path: Path, new: Path) -> None:
    # Results are replaced and never changed, so a second name keeps the old one.
    try:
        os.link(path, new)
    except OSError:  # a file system without second names
        shutil.copy2(path, new)


def _components(course: Course, before: Path) -> tuple[Component, ...]:
    """The components that earlier results hold."""
    names: set[str] = set()
    for path in (before / "results").glob("*.json"):
        result = read_result(before, path.stem)
        names.update(result["components"] if result is not None else ())
    return course.select(name for name in course.names if name in names)


def _moves(before: Path, out: Path, students: Sequence[str]) -> Iterator[Move]:
    for student in students:
        old, new = read_result(before, student), read_result(out, student)
        if old is None or new is None:
            continue
        tests = tuple(_test_moves(old, new))
        if tests or _points(old) != _points(new):
            yield Move(student, _points(old), _points(new), _because(old, new), tests)


def _points(result: Result) -> float | None:
    return result["points"] if result["graded"] else None


def _test_moves(old: Result, new: Result) -> Iterator[TestMove]:
    if not (old["graded"] and new["graded"]):
        return
    # A component that only one of the runs graded has not moved.
    both = [name for name in new["components"] if name in old["components"]]
    if not old["components"] or not new["components"]:
        both = [*new["components"], *old["components"]]  # one of them could not be read
    for name in both:
        was, now = _tests(old, name), _tests(new, name)
        for test in dict.fromkeys([*was, *now]):
            one, other = was.get(test), now.get(test)
            a, b = (t["points"] if t else None for t in (one, other))
            if a != b:
                verdicts = (one["verdict"] if one else "", other["verdict"] if other else "")
                yield TestMove(name, test, a, b, verdicts)


def _tests(result: Result, component: str) -> Mapping[str, Result]:
    tests = result["components"].get(component, {}).get("tests", ())
    return {test["test"]: test for test in tests}


def _because(old: Result, new: Result) -> str:
    """What of a result's keys is another one."""
    if not new["graded"]:
        return "not graded, through our fault"
    if not old["graded"]:
        return "was not graded before"
    parts = []
    if old["submission"]["hash"] != new["submission"]["hash"]:
        parts.append("submission")
    if old["environment"] != new["environment"]:
        parts.append("environment")
    if old["suite"] != new["suite"]:
        parts.append("suite")
    return ", ".join(parts) or "the kit or course.toml"


def moved_csv(moves: Sequence[Move]) -> str:
    """A row for each student and test that moved; one for a student of whom no test did."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for move in moves:
        about = [harmless(move.student), _shown(move.before), _shown(move.after), tidy(move.by)]
        for test in move.tests:
            points = [_shown(test.before), _shown(test.after)]
            writer.writerow(
                [*about, test.component, test.test, *points, *test.verdicts, move.because]
            )
        if not move.tests:
            writer.writerow([*about, *[""] * 6, move.because])
    return buffer.getvalue()


def _shown(points: float | None) -> float | int | str:
    return "" if points is None else tidy(points)


def report(moves: Sequence[Move], out: Path) -> str:
    """Who moved, for a terminal: the largest loss first."""
    if not moves:
        return "nobody moved"
    lines = []
    for move in sorted(moves, key=lambda m: (m.by, m.student)):
        before, after = _shown(move.before), _shown(move.after)
        was = "withheld" if before == "" else before
        now = "withheld" if after == "" else after
        lines.append(f"{move.student}: {was} -> {now} ({move.by:+g}; {move.because})")
        lines += [f"  {t.by:+g}  {t.component}::{t.test}  {_verdicts(t)}" for t in move.tests]
    up = sum(move.by > 0 for move in moves)
    down = sum(move.by < 0 for move in moves)
    lines.append(f"{len(moves)} moved: {up} up, {down} down; see {out / TABLE}")
    return "\n".join(lines)


def _verdicts(test: TestMove) -> str:
    before, after = test.verdicts
    if not before:
        return f"new, {after}"
    if not after:
        return f"gone, was {before}"
    return f"{before} -> {after}" if before != after else f"{after}, worth other points"
