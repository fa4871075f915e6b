"""What `list` shows."""

from __future__ import annotations

from typing import Any

from autograder.course import Course
from autograder.records.results import tidy
from autograder.running.suite import collect, files_of


def describe(course: Course) -> list[dict[str, Any]]:
    """Each component: title, files and whether they are there, tests and points."""
    infos = collect(files_of(course.components))
    rows = []
    for component in course.components:
        mine = [i for i in infos if i.component == component.name]
        rows.append(
            {
                "name": component.name,
                "title": component.title,
                "files": {
                    what: {
                        "path": path.relative_to(course.root).as_posix(),
                        "exists": path.exists(),
                    }
                    for what, path in component.files.items()
                },
                "local_tests": sum(not i.hidden for i in mine),
                "local_points": tidy(sum(i.points for i in mine if not i.hidden)),
                "hidden_tests": sum(i.hidden for i in mine),
                "hidden_points": tidy(sum(i.points for i in mine if i.hidden)),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text: a line for each component, what it lacks beneath, and where files are."""
    lines = [f"{'component':<14} {'points':>6}  {'local':>13}  {'hidden':>13}  title"]
    for row in rows:
        points = tidy(row["local_points"] + row["hidden_points"])
        local = f"{row['local_points']} in {row['local_tests']}"
        hidden = f"{row['hidden_points']} in {row['hidden_tests']}"
        lines.append(f"{row['name']:<14} {points:>6}  {local:>13}  {hidden:>13}  {row['title']}")
        for what, file in row["files"].items():
            if not file["exists"]:
                lines.append(f"    missing: {file['path']} ({what})")
    if rows:
        # A component has the same name in every room, so one stands for all.
        name = rows[0]["name"]
        lines += ["", f"files, of {name} as of every component:"]
        lines += [f"    {what:<17} {file['path']}" for what, file in rows[0]["files"].items()]
    return "\n".join(lines)
