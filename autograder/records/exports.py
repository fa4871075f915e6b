"""`export`: the points of a class as other programs read them. `docs/exports.md` has the columns.

A submission that was not graded has an empty cell, never a zero. Who has no result is in the files
that list a class, and not in those that a program would change grades by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.records.graded import Folder, component_titles, final_points, most_points, unread
from autograder.records.results import Result, tidy
from autograder.records.rosters import Matched, Person
from autograder.sheets import Cell, for_people, for_programs

JSON_FORMAT = 1


@dataclass(frozen=True)
class Row:
    """One student of a table; `points` is None where there are none to give."""

    student: str  # what the submission was called; "" for somebody who is missing
    person: Person
    points: float | None
    parts: Mapping[str, float | None]
    status: str  # graded, unreadable, ungraded, missing, unknown


@dataclass(frozen=True)
class Table:
    """What every format is written from."""

    title: str
    max_points: float
    parts: Mapping[str, tuple[str, float]]  # component -> title and points
    rows: tuple[Row, ...]
    assignment: str = ""  # the id that Canvas knows it by
    by_roster: bool = False


def make_table(
    folder: Folder, matched: Matched, *, title: str = "", component: str = "", assignment: str = ""
) -> Table:
    """The table of a graded folder.

    Parameters
    ----------
    folder : Folder
    matched : Matched
        Who is who.
    title : str
        What the assignment is called; else the component, or the course.
    component : str
        The points of this one alone.
    assignment : str
        The assignment's id in Canvas.
    """
    titles = component_titles(folder)
    parts = {
        name: (shown, most_points(folder, name))
        for name, shown in titles.items()
        if name == component or not component
    }
    rows = [_row(result, matched, component, parts) for result in folder.results]
    nothing = dict.fromkeys(parts)
    rows += [Row("", person, None, nothing, "missing") for person in matched.missing]
    rows.sort(key=lambda r: (r.status == "missing", r.person.last or r.student, r.student))
    one = next(iter(titles.values())) if len(titles) == 1 else folder.suite["title"]
    return Table(
        title=title or titles.get(component) or str(one),
        max_points=most_points(folder, component),
        parts=parts,
        rows=tuple(rows),
        assignment=assignment,
        by_roster=matched.by_roster,
    )


def _row(
    result: Result, matched: Matched, component: str, parts: Mapping[str, tuple[str, float]]
) -> Row:
    student = result["student"]
    points = final_points(result, component)
    status = "ungraded" if points is None else "unreadable" if unread(result) else "graded"
    person = matched.people.get(student)
    if person is None:
        status, person = "unknown", Person(name=student)
    return Row(student, person, points, {n: final_points(result, n) for n in parts}, status)


def csv_table(table: Table, *, excel: bool = False) -> str:
    """For people: a row for each, with the points of each component and what is the matter."""
    about = ["id", "name", "email", "section"] if table.by_roster else []
    rows: list[list[Cell]] = [
        ["student", *about, "points", "max_points", *table.parts, "status"],
    ]
    for row in table.rows:
        p = row.person
        known: list[Cell] = [p.sid or p.login, p.name, p.email, p.section] if about else []
        parts = [row.parts[name] for name in table.parts]
        rows.append([row.student, *known, row.points, table.max_points, *parts, row.status])
    return for_people(rows, excel=excel)


def canvas(table: Table) -> str:
    """Canvas's gradebook: `Import grades` of a course."""
    column = f"{table.title} ({table.assignment})" if table.assignment else table.title
    rows: list[list[Cell]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column],
        ["    Points Possible", "", "", "", "", table.max_points],
    ]
    for row in table.rows:
        p = row.person
        sid = p.sid if table.by_roster else ""
        rows.append([p.name, p.canvas, sid, p.login or p.email, p.section, row.points])
    return for_programs(rows)


def moodle(table: Table) -> str:
    """Moodle: a gradebook import, or an offline grading worksheet where the roster was one."""
    rows: list[list[Cell]] = [
        [
            *("Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum grade"),
            *("Last modified (grade)", "Feedback comments"),
        ]
    ]
    for row in table.rows:
        p = row.person
        sid = p.sid if table.by_roster else ""
        rows.append(
            [
                *(p.identifier, p.name, sid, p.email, row.points, table.max_points),
                *(p.modified or "-", _feedback(table, row)),
            ]
        )
    return for_programs(rows)


def gradescope(table: Table) -> str:
    """The columns of Gradescope's own `Download Grades`, for what reads those."""
    heads = [
        f"{number}: {title} ({most:.1f} pts)"
        for number, (title, most) in enumerate(table.parts.values(), start=1)
    ]
    rows: list[list[Cell]] = [
        [
            *("First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points"),
            *("Status", *heads),
        ]
    ]
    for row in table.rows:
        p = row.person
        status = "Missing" if not row.student else "Ungraded" if row.points is None else "Graded"
        rows.append(
            [
                *(p.first, p.last, p.sid, p.email, p.section, row.points, table.max_points),
                *(status, *(row.parts[name] for name in table.parts)),
            ]
        )
    return for_programs(rows)


def as_json(table: Table) -> str:
    """All of it, for programs of one's own."""
    data: dict[str, Any] = {
        "format": JSON_FORMAT,
        "title": table.title,
        "max_points": tidy(table.max_points),
        "components": {
            name: {"title": title, "max_points": tidy(most)}
            for name, (title, most) in table.parts.items()
        },
        "students": [
            {
                "student": row.student,
                "id": row.person.sid,
                "name": row.person.name,
                "email": row.person.email,
                "login": row.person.login,
                "section": row.person.section,
                "points": None if row.points is None else tidy(row.points),
                "components": {n: None if p is None else tidy(p) for n, p in row.parts.items()},
                "status": row.status,
            }
            for row in table.rows
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


CHANGING = ("canvas", "moodle")  # those that change grades by what they read
FORMATS: Mapping[str, tuple[str, Callable[[Table], str]]] = {
    "csv": ("csv", csv_table),
    "canvas": ("csv", canvas),
    "moodle": ("csv", moodle),
    "gradescope": ("csv", gradescope),
    "json": ("json", as_json),
}


def held_by(format: str, table: Table) -> Table:
    """The table with the rows that a format holds.

    One that changes grades has those alone who handed in and are in the roster, if there is one.
    """
    if format not in CHANGING:
        return table
    known = tuple(row for row in table.rows if row.status not in ("missing", "unknown"))
    return replace(table, rows=known)


def default_out(folder: Path, format: str, component: str = "") -> Path:
    """Where an export goes that was given no other place."""
    name = "-".join(["export", format, *filter(None, [component])])
    return folder / f"{name}.{FORMATS[format][0]}"


def notices(table: Table, matched: Matched, folder: Folder) -> list[str]:
    """Who is missing, unknown or without points: what is to be read before anything is written."""
    lines = [f"missing, in the roster without a result: {p.shown}" for p in matched.missing]
    for student in matched.unknown:
        why = matched.doubtful.get(student)
        lines.append(
            f"unknown, a result that is of nobody in the roster: {student}"
            + (f" (it may be {why}: give the roster a column `folder`)" if why else "")
        )
    lines += [
        f"not graded, left blank: {r.student}" for r in table.rows if r.student and r.points is None
    ]
    lines += [f"cannot be read, left out: {name}" for name in folder.unreadable]
    return lines


def _feedback(table: Table, row: Row) -> str:
    if row.points is None:
        return ""
    if row.status == "unreadable":
        return "What was handed in could not be read."
    parts = [
        f"{title}: {tidy(points)} of {tidy(most)}"
        for name, (title, most) in table.parts.items()
        if (points := row.parts[name]) is not None
    ]
    return "; ".join(parts)
