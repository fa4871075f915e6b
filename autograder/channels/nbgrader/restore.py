"""Give a submitted notebook the cells of its assignment back, each once, whatever was done to it.

A cell that lost its metadata is known by the function that it defines; a copy of a cell is a cell
without a meaning; a test cell that was deleted comes back. This is for the eye alone: what is
graded our own reader takes from the file that was handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat

from autograder.authoring.notebooks import KERNEL
from autograder.channels.nbgrader.source import CHECK, SCHEMA

v4: Any = nbformat.v4
node: Any = nbformat.NotebookNode
MAKERS = {"code": v4.new_code_cell, "raw": v4.new_raw_cell, "markdown": v4.new_markdown_cell}


@dataclass(frozen=True)
class Role:
    """What the gradebook knows of a cell."""

    cell_type: str
    source: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None  # of what is graded


def read_roles(notebook: Any) -> dict[str, Role]:
    """The roles of a notebook of the gradebook, by grade id and in its order."""
    points = {c.name: c.max_score for c in (*notebook.grade_cells, *notebook.task_cells)}
    tasks = {c.name for c in notebook.task_cells}
    solutions = {c.name for c in notebook.solution_cells}
    return {
        c.name: Role(
            c.cell_type,
            c.source,
            c.checksum,
            locked=c.locked,
            grade=c.name in points and c.name not in tasks,
            solution=c.name in solutions,
            task=c.name in tasks,
            points=points.get(c.name),
        )
        for c in notebook.source_cells
    }


def restored(notebook: Any, roles: Mapping[str, Role]) -> Any:
    """The notebook with every graded cell of `roles`, without outputs and other metadata."""
    cells = [_bare(cell) for cell in notebook.cells]
    places = _places(notebook.cells, cells, roles)
    for name, index in places.items():
        _mark(cells[index], name, roles[name])
    for name, role in roles.items():
        if name in places or not (role.grade or role.task):
            continue
        made = MAKERS[role.cell_type](role.source)
        _mark(made, name, role)
        place = places.get(name.removeprefix(CHECK), len(cells) - 1) + 1
        cells.insert(place, made)
        places = {n: i + (i >= place) for n, i in places.items()} | {name: place}
    about = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return v4.new_notebook(cells=cells, metadata=about)


def grade_id_of(cell: Any) -> str:
    """What nbgrader calls a cell; empty where its metadata does not say."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


def _places(
    submitted: Sequence[Any], cells: Sequence[Any], roles: Mapping[str, Role]
) -> dict[str, int]:
    """Which cell has which role: the last that says so, else the last that defines the function."""
    places: dict[str, int] = {}
    for index, cell in enumerate(submitted):
        name = grade_id_of(cell)
        if name in roles and cells[index].cell_type == roles[name].cell_type:
            places[name] = index
    for name, role in roles.items():
        if name not in places and role.solution and not role.grade:
            defines = re.compile(rf"^(?:def|class)\s+{re.escape(name)}\b", re.M)
            taken = set(places.values())
            for index, cell in enumerate(cells):
                if cell.cell_type == "code" and index not in taken and defines.search(cell.source):
                    places[name] = index
    return places


def _bare(cell: Any) -> Any:
    source = cell.get("source", "")
    maker = MAKERS.get(cell.get("cell_type"), v4.new_markdown_cell)
    return maker(source if isinstance(source, str) else "")


def _mark(cell: Any, name: str, role: Role) -> None:
    """Give a cell the metadata of its role and, where students must not change it, its source."""
    if role.locked and not role.solution:
        cell.source = role.source
    about = {
        "schema_version": SCHEMA,
        "grade_id": name,
        "cell_type": role.cell_type,
        "checksum": role.checksum,
        "locked": role.locked,
        "grade": role.grade,
        "solution": role.solution,
        "task": role.task,
        "points": role.points,
    }
    known = {key: value for key, value in about.items() if value is not None}
    cell.metadata["nbgrader"] = node(known)
