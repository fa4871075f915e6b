"""Read a notebook that was handed in: its code as the module that it stands for.

It is read as if it were run from top to bottom, and nothing of it is run: see `shared.definitions`.
Metadata decides nothing but which component a renamed notebook is about, so a notebook that lost
it on the way (Colab strips it) is read all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.authoring import provenance
from autograder.authoring.notebooks import OURS
from shared.definitions import Piece, join, needed, read_pieces
from shared.messages import Message, message

FORMAT = 4  # of Jupyter's files since 2015
_DEFINED = re.compile(r"^(?:def|class)\s+(\w+)", re.M)
MAX_CODE = 500_000  # characters of all code cells


@dataclass(frozen=True)
class Origin:
    """Where the lines of a module come from: (cell, line) for each, cells counted from 1."""

    file: str
    lines: tuple[tuple[int, int] | None, ...]
    functions: tuple[tuple[int, str], ...]  # the cell of each function

    def place(self, line: int) -> tuple[str, int] | None:
        """A line of the module as a student finds it: file, cell and function, and the line."""
        here = self.lines[line - 1] if 0 < line <= len(self.lines) else None
        if here is None:
            return None
        names = " ".join(f"`{name}`" for cell, name in self.functions if cell == here[0])
        return f"{self.file} [{here[0]}]{f' ({names})' if names else ''}", here[1]


@dataclass(frozen=True)
class Notebook:
    """A notebook of a submission; `problem` says why it cannot be read."""

    file: str
    component: str = ""  # what its metadata names
    release: str = ""  # the release that its metadata names
    cells: tuple[tuple[int, str], ...] = ()  # number and source of each code cell
    problem: Message | None = None
    is_guessed: bool = False  # what it is about, its functions alone say


@dataclass(frozen=True)
class Taken:
    """What a notebook holds of a component."""

    file: str
    pieces: tuple[Piece, ...]
    text: str
    origin: Origin
    notes: tuple[Message, ...]


def read_notebook(file: str, content: bytes) -> Notebook:
    """Read a notebook's file; whatever is wrong with it becomes its `problem`."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Notebook(file, problem=message("notebook-json", file=file))
    if not isinstance(data, dict) or "nbformat" not in data:
        return Notebook(file, problem=message("notebook-json", file=file))
    if data["nbformat"] != FORMAT:
        format = data["nbformat"] if isinstance(data["nbformat"], int) else "?"
        problem = message("notebook-format", file=file, format=format, expected=FORMAT)
        return Notebook(file, problem=problem)
    cells = data.get("cells")
    if not isinstance(cells, list):
        return Notebook(file, problem=message("notebook-json", file=file))
    sources = tuple(
        (number, _source(cell))
        for number, cell in enumerate(cells, start=1)
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    )
    if sum(len(source) for _, source in sources) > MAX_CODE:
        return Notebook(file, problem=message("notebook-code", file=file, most=MAX_CODE))
    return Notebook(file, _component(data), provenance.of_notebook(_ours(data)), sources)


def guessed(notebook: Notebook, functions: Mapping[str, Collection[str]]) -> Notebook:
    """The notebook as one of the component whose functions it defines, where that is only one.

    Colab calls a notebook "Copy of conv.ipynb" and keeps no metadata of ours.
    """
    defined = {name for _, source in notebook.cells for name in _DEFINED.findall(source)}
    counts = {c: len(defined.intersection(names)) for c, names in functions.items()}
    most = max(counts.values(), default=0)
    best = [c for c, count in counts.items() if count == most]
    if most == 0 or len(best) > 1:
        return notebook
    return replace(notebook, component=best[0], is_guessed=True)


def take(notebook: Notebook, functions: Collection[str]) -> Taken:
    """The functions of a component and what they use, and notes on how they were chosen."""
    pieces: list[Piece] = []
    notes: list[Message] = []
    for number, source in notebook.cells:
        try:
            pieces += read_pieces(source, number)
        except SyntaxError as error:
            notes.append(
                message("notebook-syntax", file=notebook.file, cell=number, line=error.lineno or 1)
            )
    taken = needed(pieces, functions)
    text, lines = join(taken)
    chosen = [(p.cell, name) for p in taken for name in sorted(p.defines & set(functions))]
    names = ", ".join(f"`{name}` [{cell}]" for cell, name in chosen)
    if names:
        notes.insert(0, message("notebook-taken", file=notebook.file, names=names))
    for cell, name in chosen:
        others = [p for p in pieces if name in p.defines]
        if len({p.code for p in others}) > 1:
            cells = ", ".join(str(p.cell) for p in others)
            about = {"function": name, "file": notebook.file, "cells": cells, "cell": cell}
            notes.append(message("notebook-twice", **about))
    origin = Origin(notebook.file, tuple(lines), tuple(chosen))
    return Taken(notebook.file, tuple(taken), text, origin, tuple(notes))


def is_written(pieces: Sequence[Piece], functions: Collection[str]) -> bool:
    """Whether a copy holds at least one function that is more than its stub."""
    return any(p.is_written and p.defines & set(functions) for p in pieces)


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _component(data: dict[str, object]) -> str:
    name = _ours(data).get("component")
    return name if isinstance(name, str) else ""


def _ours(data: dict[str, object]) -> dict[str, object]:
    metadata = data.get("metadata")
    ours = metadata.get(OURS) if isinstance(metadata, dict) else None
    return ours if isinstance(ours, dict) else {}
