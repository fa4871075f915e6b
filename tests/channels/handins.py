"""What students hand in: right, wrong and worse, as notebooks and as files.

Of a notebook each is a function from the one that was released, as a dict, to what is made of it;
it may come from any channel, which all keep our metadata on the cells. `as_file` is the same work
as a module.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from autograder.authoring.variants import read_variants
from autograder.course import Component, load_course
from autograder.demo import ENDLESS, EXIT, FORGER, HOG
from shared.definitions import join, needed, read_pieces
from shared.signatures import read_signatures

Notebook = dict[str, Any]

# Every channel is tried on this one: small, of four functions that do not use each other.
COURSE = load_course()
COMPONENT = COURSE.component("weight_decay")
WRONG = "l2-two-layers-only"  # costs some tests of one function, local and hidden ones

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


def blank(notebook: Notebook, component: Component) -> Notebook:
    """As it was released."""
    return copy.deepcopy(notebook)


def right(notebook: Notebook, component: Component) -> Notebook:
    """The reference."""
    return filled(notebook, solution(component))


def mistaken(component: Component) -> str:
    """The reference with a usual mistake."""
    return next(v.source for v in read_variants(component).wrong if v.name == WRONG)


def wrong(notebook: Notebook, component: Component) -> Notebook:
    """A usual mistake."""
    return filled(notebook, mistaken(component))


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
        cell.pop("id", None)
    made["nbformat_minor"] = 0
    return made


def noisy(notebook: Notebook, component: Component) -> Notebook:
    """Right, and it warns."""
    return _spoilt(notebook, component, NOISY)


def forged(notebook: Notebook, component: Component) -> Notebook:
    """A usual mistake, and every comparison says that all is equal."""
    return with_cells(wrong(notebook, component), _FORGER, at=0)


# Without the line that breaks Python's own `max`, which in a file costs the forger a test more.
_FORGER = "\n".join(
    line
    for line in f"import numpy as np\n{FORGER.partition('def FIRST')[0]}".splitlines()
    if not line.startswith("builtins.")
)

HANDINS: dict[str, Callable[[Notebook, Component], Notebook]] = {
    "blank": blank,
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
MEANING = {
    "blank": "as it was released",
    "right": "right",
    "wrong": "wrong",
    "endless": "right, but for an endless loop in one function",
    "exits": "right, but for `os._exit` in one function",
    "hog": "right, but for all the memory in one function",
    "deleted": "right, the test cells deleted",
    "duplicated": "right, every cell twice",
    "stripped": "right, its metadata lost",
    "noisy": "right, and warns on stderr",
    "forged": "wrong, and NumPy's comparisons forged",
}
FULL_MARKS = frozenset({"right", "deleted", "duplicated", "stripped", "noisy"})  # all points


def as_file(name: str, component: Component) -> str | None:
    """The same as a module; None for what can only be done to a notebook."""
    reference = solution(component)
    first = next(iter(read_signatures(reference)))
    return {
        "blank": component.stub.read_text(encoding="utf-8"),
        "right": reference,
        "wrong": mistaken(component),
        "endless": reference + ENDLESS.replace("FIRST", first),
        "exits": reference + EXIT.replace("FIRST", first),
        "hog": reference + HOG.replace("FIRST", first),
        "noisy": reference + NOISY.replace("FIRST", first),
        "forged": f"{mistaken(component)}\n\n{_FORGER}",
    }.get(name)


def source_of(cell: Mapping[str, Any]) -> str:
    """The text of a cell, which may be a list of lines."""
    return "".join(cell["source"])


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
