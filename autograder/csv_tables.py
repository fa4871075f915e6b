"""CSV tables that the staff write: what is wrong is said with its file and line."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course
from autograder.errors import UsageProblem, suggest


@dataclass(frozen=True)
class Row:
    """A row, and where it stands."""

    path: Path
    line: int
    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def problem(self, said: str) -> UsageProblem:
        """What is wrong with the row, to be raised."""
        return UsageProblem(f"{self.path}, line {self.line}: {said}")

    def component(self, course: Course) -> str:
        """The component that the row names; empty for all."""
        name = self.values["component"]
        if name and name not in course.names:
            raise self.problem(f"no component {name!r}; {suggest(name, course.names)}")
        return name


def read_rows(path: Path, must: Sequence[str], may: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a table, cells stripped, every column there.

    Raises
    ------
    UsageProblem
        When the file cannot be read, lacks a column, or a cell of one that must be there is empty.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageProblem(f"{path} is not there, and course.toml names it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path} cannot be read ({error}): save it as CSV in UTF-8") from None
    reader = csv.DictReader(content.splitlines())
    columns = [name.strip() for name in reader.fieldnames or ()]
    for name in columns:
        if name not in (*must, *may):
            raise UsageProblem(
                f"{path}, line 1: unknown column {name!r}; {suggest(name, [*must, *may])}"
            )
    for name in must:
        if name not in columns:
            raise UsageProblem(f"{path}, line 1: the column {name!r} is missing")
    for raw in reader:
        cells = {(k or "").strip(): (v or "").strip() for k, v in raw.items() if k is not None}
        values = {name: cells.get(name, "") for name in (*must, *may)}
        if "student" in values:
            values["student"] = unicodedata.normalize("NFC", values["student"])
        row = Row(path, reader.line_num, values)
        if None in raw:
            raise row.problem("more cells than columns")
        for name in must:
            if not values[name]:
                raise row.problem(f"{name!r} is empty")
        yield row
