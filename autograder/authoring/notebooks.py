"""A component's notebook: its cells as a file of Jupyter's, the same bytes for the same sources."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograder.authoring.cells import Cell, cells_of
from autograder.course import Component
from shared.language import LANGUAGES
from shared.verdicts import TestInfo

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
OURS = "expressml"  # the key of our own metadata, of a notebook and of a cell


def make_notebook(component: Component, infos: Iterable[TestInfo], lang: str = LANGUAGES[0]) -> str:
    """The notebook of a component as text.

    Its code cells and their ids are the same in every language.

    Raises
    ------
    CourseProblem
        When the solution's markers are wrong.
    """
    cells = cells_of(component, infos, lang)
    return to_text(nodes(cells), {OURS: {"component": component.name}})


def nodes(cells: Sequence[Cell]) -> list[Any]:
    """The cells as Jupyter's, each with an id made of what it is, and our metadata on it."""
    v4 = importlib.import_module("nbformat.v4")  # a second to load, so not at the top
    made, count = [], 0
    for cell in cells:
        count += cell.kind == "text"
        part = str(count) if cell.kind == "text" else cell.name
        about = {"kind": cell.kind, **({"name": cell.name} if cell.name else {})}
        new = v4.new_code_cell if cell.is_code else v4.new_markdown_cell
        made.append(new(cell.source, id=_id(cell.kind, part), metadata={OURS: about}))
    return made


def to_text(cells: Sequence[Any], metadata: dict[str, Any]) -> str:
    """A notebook file of these cells of Jupyter's."""
    nbformat = importlib.import_module("nbformat")
    about = {"kernelspec": KERNEL, "language_info": {"name": "python"}, **metadata}
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=about)
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def _id(*parts: str) -> str:
    """A cell's id: at most 64 letters, digits, hyphens and underscores."""
    return re.sub(r"[^\w-]", "-", "-".join(p for p in parts if p), flags=re.A)[:64]
