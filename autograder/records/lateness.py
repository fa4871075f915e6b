"""What lateness costs: a number of its own beside the points, which stay as they were earned."""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Component, Course
from autograder.csv_tables import read_rows
from autograder.intake.handed_in import FILES, Times, text
from autograder.records.attempts import Attempt, attempts_of
from autograder.records.results import Result, read_result, tidy
from autograder.sheets import harmless

DAY = 86400.0
COLUMNS = (
    *("student", "component", "due", "extension_days", "handed_in", "source", "days_late"),
    *("points", "penalty", "after_penalty"),
)

# Days for each student and component; "" is every component that has no line of its own.
Extensions = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Lateness:
    """One component of one student against its due date."""

    due: datetime.datetime
    extension: float  # days
    handed_in: datetime.datetime
    source: str
    days: int  # late, each one begun counted whole
    full: float  # what these days cost, were there points enough
    points: float

    @property
    def penalty(self) -> float:
        """What is taken off: never more than was earned."""
        return min(self.full, self.points)


@dataclass
class Late:
    """Lateness by student and component, and what the staff should know of it."""

    by: dict[str, dict[str, Lateness]] = field(default_factory=dict)
    counted: dict[str, Times] = field(default_factory=dict)  # of the attempt that counts
    attempts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def of(self, student: str) -> Mapping[str, Lateness]:
        return self.by.get(student, {})

    def penalty(self, student: str) -> float:
        return sum(found.penalty for found in self.of(student).values())


def read_extensions(course: Course) -> dict[str, dict[str, float]]:
    """The table that `course.toml` names: student, component (empty for all), days.

    Raises
    ------
    UsageProblem
        With the line that is wrong.
    """
    found: dict[str, dict[str, float]] = {}
    path = course.late.extensions
    for row in read_rows(path, ("student", "days"), ("component",)) if path else ():
        component = row.component(course)
        days = found.setdefault(row["student"], {})
        if component in days:
            raise row.problem("a second extension of the same student; keep one line")
        try:
            days[component] = float(row["days"])
        except ValueError:
            days[component] = math.nan
        if not 0 <= days[component] <= 3650:
            raise row.problem(f"days is {row['days']!r}; write a number such as 2 or 0.5")
    return found


def lateness(
    course: Course,
    component: Component,
    counted: Attempt,
    attempts: Iterable[Attempt],
    extensions: Extensions,
) -> Lateness | None:
    """How late a component of an attempt is; None where nothing is due or nothing was handed in.

    Code that has not changed since an earlier attempt was handed in with that one: whoever hands
    in the whole package every week is not late with the first week's work.
    """
    code = counted.code.get(component.name)
    if component.due is None or code is None or component.name not in counted.result["components"]:
        return None
    same = [a for a in [counted, *attempts] if a.code.get(component.name) == code]
    known = [(t, a.times.source) for a in same if (t := a.times.of(component.name)) is not None]
    handed_in, source = min(known)
    own = extensions.get(counted.result["student"], {})
    extension = own.get(component.name, own.get("", 0.0))
    rules = course.late
    end = component.due + datetime.timedelta(days=extension)
    over = (handed_in - end).total_seconds()
    days = math.ceil(over / DAY) if over > rules.grace_minutes * 60 else 0
    about = counted.result["components"][component.name]
    cost = about["max_points"] * min(rules.per_day * days, rules.at_most) / 100
    return Lateness(component.due, extension, handed_in, source, days, tidy(cost), about["points"])


def late_of(
    course: Course, counted: Attempt, attempts: Iterable[Attempt], extensions: Extensions
) -> dict[str, Lateness]:
    """The lateness of every component of an attempt."""
    attempts = list(attempts)
    found = {
        c.name: lateness(course, c, counted, attempts, extensions)
        for c in course.components
        if c.due is not None
    }
    return {name: late for name, late in found.items() if late is not None}


def late_of_class(course: Course, out: Path, students: Collection[str]) -> Late:
    """The lateness of all that counts in a folder of results."""
    extensions = read_extensions(course)
    late = Late()
    weak = 0
    for student in students:
        result = read_result(out, student)
        attempts = attempts_of(out, student)
        counted = [a for a in attempts if result is not None and _same(a.result, result)]
        if counted:
            late.counted[student] = counted[0].times
            late.attempts[student] = len(attempts)
        if not counted or not counted[0].result["graded"]:
            continue
        late.by[student] = late_of(course, counted[0], attempts, extensions)
        weak += any(x.penalty and x.source == FILES for x in late.by[student].values())
    unknown = sorted(set(extensions) - set(students))
    if unknown:
        late.warnings.append(
            f"{course.late.extensions} names {', '.join(unknown)}, of whom there is no submission"
        )
    if weak:
        late.warnings.append(
            f"{weak} late by {FILES}, which copying may change: list them in handed_in.csv to be "
            "sure"
        )
    return late


def _same(one: Result, other: Result) -> bool:
    return bool(one["submission"]["hash"] == other["submission"]["hash"])


def late_csv(late: Late) -> str:
    """A row for each student and component that is due."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for student, found in sorted(late.by.items()):
        for name, x in found.items():
            times = [text(x.due), tidy(x.extension), text(x.handed_in), x.source, x.days]
            scores = [x.points, tidy(x.penalty), tidy(x.points - x.penalty)]
            writer.writerow([harmless(student), name, *times, *scores])
    return buffer.getvalue()
