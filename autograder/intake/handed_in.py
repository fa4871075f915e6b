"""When a submission was handed in: a table of the staff's, the platform's word, else file times.

In this order, the first that knows:

1. `handed_in.csv` in the folder of submissions: student, handed_in and, if wanted, component;
2. `timestamp.txt` of each assignment in nbgrader's `submitted/STUDENT/ASSIGNMENT/`;
3. `:created_at:` in Gradescope's `submission_metadata.yml`;
4. the time of the zip, or of the newest file in the folder. It is the weakest: copying may change
   it, so the first time that was seen of a submission is kept.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from autograder.course import Course
from autograder.csv_tables import Row, read_rows
from autograder.errors import UsageProblem
from autograder.intake.layouts import GRADESCOPE, folder_of_students, read_metadata

TABLE = "handed_in.csv"
TIMESTAMP = "timestamp.txt"
FILES = "the files' times"
UTC = datetime.UTC


@dataclass(frozen=True)
class Times:
    """When a submission was handed in.

    `by` maps a component to its time; "" is that of every component that is not in it.
    """

    source: str
    by: Mapping[str, datetime.datetime]

    def of(self, component: str) -> datetime.datetime | None:
        """The time of a component."""
        return self.by.get(component, self.by.get(""))

    def last(self) -> datetime.datetime:
        """The time of the last part."""
        return max(self.by.values(), default=datetime.datetime.min.replace(tzinfo=UTC))

    def after(self, before: Times) -> Times:
        """What holds of the times of one submission that were read now and before."""
        weak = self.source == FILES
        if weak and (before.source != FILES or before.last() <= self.last()):
            return before
        return self

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "handed_in": {k: text(v) for k, v in self.by.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Times:
        by = {k: datetime.datetime.fromisoformat(v) for k, v in data["handed_in"].items()}
        return cls(data["source"], by)


def text(time: datetime.datetime) -> str:
    """A time as it is written everywhere: in UTC."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def times_of(course: Course, submissions: Path) -> Callable[[str, Path], Times]:
    """What tells the times of a student's submission at a path.

    Raises
    ------
    UsageProblem
        When the table is wrong, or Gradescope's file cannot be read.
    """
    listed = _listed(course, submissions / TABLE)
    folder = folder_of_students(submissions)
    exported = folder / GRADESCOPE
    about = read_metadata(exported) if exported.is_file() else {}
    with_timestamps = folder.name == "submitted"

    def tell(student: str, path: Path) -> Times:
        if student in listed:
            return Times(TABLE, listed[student])
        found = _of_nbgrader(course, path) if with_timestamps else {}
        if found:
            return Times(TIMESTAMP, found)
        created = _of_gradescope(about.get(path.stem if path.is_file() else path.name))
        if created is not None:
            return Times("Gradescope", {"": created})
        return Times(FILES, {"": _of_files(path)})

    return tell


def _listed(course: Course, path: Path) -> dict[str, dict[str, datetime.datetime]]:
    listed: dict[str, dict[str, datetime.datetime]] = {}
    for row in read_rows(path, ("student", "handed_in"), ("component",)) if path.exists() else ():
        component = row.component(course)
        times = listed.setdefault(row["student"], {})
        if component in times:
            raise row.problem("it stands twice; keep one line")
        times[component] = _zoned(row)
    return listed


def _zoned(row: Row) -> datetime.datetime:
    try:
        time = datetime.datetime.fromisoformat(row["handed_in"])
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise row.problem(
            f"handed_in is {row['handed_in']!r}: write a time with its zone, such as "
            "2026-03-01T23:59:00+03:00"
        )
    return time.astimezone(UTC)


def _of_nbgrader(course: Course, path: Path) -> dict[str, datetime.datetime]:
    """The times of a student's assignments: by the components that each holds, and the last one."""
    times: dict[str, datetime.datetime] = {}
    for file in sorted(path.glob(f"*/{TIMESTAMP}")):
        written = file.read_text(encoding="utf-8", errors="replace").strip()
        try:
            time = _stamped(written)
        except (ValueError, KeyError, OSError):
            raise UsageProblem(
                f"{file} holds no time ({written[:40]!r}): write one such as 2026-03-01 23:59:00 "
                f"UTC, or list the student in {TABLE}"
            ) from None
        for component in course.names:
            if file.parent.name == component or any(_held(file.parent, component)):
                times[component] = time
        times[""] = max(time, times.get("", time))
    return times


def _stamped(written: str) -> datetime.datetime:
    """A time as nbgrader writes it: "2026-03-01 23:59:00.123456 UTC", or another zone's name."""
    day, _, zone = written.rpartition(" ")
    if " " not in day:
        return _in_utc(datetime.datetime.fromisoformat(written))
    return _in_utc(datetime.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)))


def _in_utc(time: datetime.datetime) -> datetime.datetime:
    """A time in UTC; one without a zone is taken as UTC, as nbgrader and Gradescope mean it."""
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).astimezone(UTC)


def _held(folder: Path, component: str) -> Iterator[bool]:
    for inside in (folder, folder / "nn", folder / "notebooks"):
        yield from ((inside / f"{component}{end}").exists() for end in (".py", ".ipynb"))


def _of_gradescope(entry: Any) -> datetime.datetime | None:
    created = entry.get(":created_at") if isinstance(entry, dict) else None
    if isinstance(created, str):
        try:
            created = datetime.datetime.fromisoformat(created.strip())
        except ValueError:
            return None
    if not isinstance(created, datetime.datetime):
        return None
    return _in_utc(created)


def _of_files(path: Path) -> datetime.datetime:
    newest = path.stat().st_mtime if path.is_file() else 0.0
    if not path.is_file():
        for number, (folder, _, names) in enumerate(os.walk(path)):
            if number > 100:
                break
            times = (os.lstat(os.path.join(folder, name)).st_mtime for name in names[:1000])
            newest = max([newest, *times])
        newest = newest or path.stat().st_mtime
    return datetime.datetime.fromtimestamp(int(newest), UTC)
