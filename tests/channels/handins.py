"""What students hand in, as notebooks made of a release's notebook: right, wrong and worse.

Each is a function from the notebook of a component, as a dict, to another one; the notebook may
come from any channel that keeps our metadata on its stub cells.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from autograder.authoring.variants import read_variants
from autograder.course import Component
from autograder.demo import ENDLESS, EXIT, FORGER, HOG
from shared.definitions import join, needed, read_pieces
from shared.signatures import read_signatures

Notebook = dict[str, Any]

NOISY = """
import sys, warnings

warnings.warn("deprecated, says some library")
print("Warning: a note", file=sys.stderr)
_first = FIRST

def FIRST(*args, **kwargs):
    warnings.warn("deprecated, says some library")
    print("Warning: a note", file=sys.stderr)
    return _first(*args, **kwargs)
"""


def solution(component: Component) -> str:
    """The reference."""
    return component.solution.read_text(encoding="utf-8")


def function_cells(source: str) -> dict[str, str]:
    """For each function of a module what a student would write into its cell, with helpers."""
    pieces = read_pieces(source)
    public = {n for p in pieces if p.is_block for n in p.defines if not n.startswith("_")}
    cells: dict[str, str] = {}
    written: set[str] = set()
    for name in [n for p in pieces for n in p.defines if n in public]:
        parts = needed(pieces, [name])
        own = [p for p in parts if name in p.defines or not p.defines & (public | written)]
        written |= {n for p in own for n in p.defines}
        cells[name] = join(own)[0]
    return cells


def stubs(notebook: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The stub cells by the function that they are for."""
    ours = ((cell["metadata"].get("expressml", {}), cell) for cell in notebook["cells"])
    return {about["name"]: cell for about, cell in ours if about.get("kind") == "stub"}


def filled(notebook: Notebook, source: str) -> Notebook:
    """The functions of a module in their cells."""
    made = copy.deepcopy(notebook)
    sources = function_cells(source)
    for name, cell in stubs(made).items():
        cell["source"] = sources[name]
    return made


def right(notebook: Notebook, component: Component) -> Notebook:
    """The reference."""
    return filled(notebook, solution(component))


def wrong(notebook: Notebook, component: Component) -> Notebook:
    """A usual mistake."""
    return filled(notebook, read_variants(component).wrong[0].source)


def endless(notebook: Notebook, component: Component) -> Notebook:
    """A function that never ends and swallows interrupts, and a cell that never ends."""
    return with_cells(_spoilt(notebook, component, ENDLESS), "while True:\n    pass")


def exits(notebook: Notebook, component: Component) -> Notebook:
    """A function and a cell that leave the process at once."""
    return with_cells(_spoilt(notebook, component, EXIT), "import os\nos._exit(0)")


def hog(notebook: Notebook, component: Component) -> Notebook:
    """A function and a cell that take all the memory."""
    return with_cells(_spoilt(notebook, component, HOG), "all_of_it = bytearray(1 << 42)")


def deleted(notebook: Notebook, component: Component) -> Notebook:
    """Right, without a single cell that checks or explains anything."""
    made = right(notebook, component)
    kept = ("stub", "given", "setup")
    made["cells"] = [c for c in made["cells"] if _about(c).get("kind") in kept]
    return made


def duplicated(notebook: Notebook, component: Component) -> Notebook:
    """Right, and each cell stands twice with the same id and metadata."""
    made = right(notebook, component)
    made["cells"] = [copy.deepcopy(c) for cell in made["cells"] for c in (cell, cell)]
    return made


def stripped(notebook: Notebook, component: Component) -> Notebook:
    """Right, and all metadata was lost on the way, as in Colab."""
    made = right(notebook, component)
    made["metadata"] = {}
    for cell in made["cells"]:
        cell["metadata"] = {}
    return made


def noisy(notebook: Notebook, component: Component) -> Notebook:
    """Right, and it warns."""
    return _spoilt(notebook, component, NOISY)


def forged(notebook: Notebook, component: Component) -> Notebook:
    """A usual mistake, and every comparison says that all is equal."""
    made = wrong(notebook, component)
    forger = FORGER.partition("\n\ndef FIRST")[0]
    return with_cells(made, f"import numpy as np\n{forger}", at=0)


HANDINS: dict[str, Callable[[Notebook, Component], Notebook]] = {
    "right": right,
    "wrong": wrong,
    "endless": endless,
    "exits": exits,
    "hog": hog,
    "deleted": deleted,
    "duplicated": duplicated,
    "stripped": stripped,
    "noisy": noisy,
    "forged": forged,
}
FULL = frozenset({"right", "deleted", "duplicated", "stripped", "noisy"})  # all points


def with_cells(notebook: Notebook, *sources: str, at: int | None = None) -> Notebook:
    """Further code cells of a student's own, before the cell `at` or at the end."""
    made = copy.deepcopy(notebook)
    place = len(made["cells"]) if at is None else at
    about = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    own = [{**about, "id": f"own-{n}", "source": text} for n, text in enumerate(sources)]
    made["cells"][place:place] = own
    return made


def _spoilt(notebook: Notebook, component: Component, text: str) -> Notebook:
    """Right, but for what is appended to the first function's cell."""
    made = right(notebook, component)
    first = next(iter(read_signatures(solution(component))))
    stubs(made)[first]["source"] += text.replace("FIRST", first)
    return made


def _about(cell: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = cell["metadata"].get("expressml", {})
    return found
