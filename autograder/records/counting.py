"""Which of a student's attempts counts, as `attempts` in `course.toml` says: the last or the best.

The best is the one with the most points after the penalty for lateness; of equals, the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.course import Course
from autograder.records.attempts import Attempt, attempts_of, handed_in
from autograder.records.lateness import Extensions, late_of
from autograder.records.results import Result


def counted(course: Course, out: Path, current: Result, extensions: Extensions) -> Result:
    """The result that counts, when `current` is that of what was handed in last.

    Only attempts that were graded by the same suite in the same environment are compared. What
    could not be graded through our fault stands as such: nobody knows whether it were the best.
    """
    if course.attempts == "last" or not current["graded"]:
        return current
    attempts = attempts_of(out, current["student"])
    mine = [a for a in attempts if a.result == current]
    if not mine:
        return current

    def worth(attempt: Attempt) -> tuple[float, bool]:
        late = late_of(course, attempt, attempts, extensions)
        after = attempt.result["points"] - sum(x.penalty for x in late.values())
        return round(after, 6), attempt is mine[0]

    rivals = [a for a in attempts if a.suite == mine[0].suite]  # in the order of their times
    return max(reversed(rivals), key=worth).result


def earlier_rounds(
    course: Course, out: Path, current: Mapping[str, str]
) -> Iterator[dict[str, Path]]:
    """Earlier attempts to grade by today's suite: in each round one of every student that has one.

    `current` maps students to the hash of what they handed in last.
    """
    if course.attempts == "last":
        return
    others = {
        student: [
            path
            for attempt in attempts_of(out, student)
            if attempt.digest != digest
            and (path := handed_in(out, student, attempt.digest)) is not None
        ]
        for student, digest in current.items()
    }
    for number in range(max(map(len, others.values()), default=0)):
        yield {s: paths[number] for s, paths in others.items() if len(paths) > number}
