"""What students make of a released notebook: functions from it to the notebook that is handed in.

They know nothing of the tool that released it: a cell is a stub because of what it holds, and a
check because of what it calls.
"""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Callable
from typing import Any

from autograder.authoring.variants import read_variants
from autograder.course import Component
from autograder.demo import ENDLESS, EXIT, FORGER, HOG
from shared.definitions import join, needed, read_pieces

Notebook = dict[str, Any]
Handin = Callable[[Notebook, Component], Notebook]

_STUB = re.compile(r'raise NotImplementedError\("(\w+)')
_CHECK = re.compile(r"\bcheck\(")
NOISY = """\
print("Warning: a note", file=sys.stderr)
warnings.warn("deprecated, says some library", stacklevel=2)
"""


def blank(notebook: Notebook, component: Component) -> Notebook:
    """As it was released."""
    return copy.deepcopy(notebook)


def right(notebook: Notebook, component: Component) -> Notebook:
    """The reference in every stub."""
    return filled(notebook, component.solution.read_text(encoding="utf-8"))


def wrong(notebook: Notebook, component: Component) -> Notebook:
    """A usual mistake."""
    return filled(notebook, read_variants(component).wrong[0].source)


def endless_loop(notebook: Notebook, component: Component) -> Notebook:
    return _spoilt(notebook, component, ENDLESS)


def os_exit(notebook: Notebook, component: Component) -> Notebook:
    return _spoilt(notebook, component, EXIT)


def memory_hog(notebook: Notebook, component: Component) -> Notebook:
    return _spoilt(notebook, component, HOG)


def forged_comparison(notebook: Notebook, component: Component) -> Notebook:
    """NumPy's comparisons patched, an array that equals everything, scores printed."""
    return _spoilt(notebook, component, FORGER)


def stderr_warning(notebook: Notebook, component: Component) -> Notebook:
    """Right, and its first function warns and writes to stderr."""
    made = right(notebook, component)
    cell = made["cells"][_stubs(notebook)[0]]
    before, last, after = cell["source"].rpartition("    return ")
    assert last
    noise = textwrap.indent(NOISY, "    ")
    cell["source"] = f"import sys\nimport warnings\n\n\n{before}{noise}{last}{after}"
    return made


def deleted_check(notebook: Notebook, component: Component) -> Notebook:
    """Right, without its first check and without the last cell."""
    made = right(notebook, component)
    checks = [i for i, c in enumerate(made["cells"]) if _CHECK.search(source_of(c))]
    for index in sorted({checks[0], len(made["cells"]) - 1}, reverse=True):
        del made["cells"][index]
    return made


def duplicated_cell(notebook: Notebook, component: Component) -> Notebook:
    """Right, with the first stub's cell and its check twice."""
    made = right(notebook, component)
    first = _stubs(notebook)[0]
    for index in (first + 1, first):
        made["cells"].insert(index + 1, copy.deepcopy(made["cells"][index]))
    return made


def stripped_metadata(notebook: Notebook, component: Component) -> Notebook:
    """Right, and all metadata and ids lost on the way, as Colab does it."""
    made = right(notebook, component)
    made["metadata"] = {}
    for cell in made["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    made["nbformat_minor"] = 0
    return made


HANDINS: dict[str, Handin] = {
    made.__name__: made
    for made in (
        *(blank, right, wrong, endless_loop, os_exit, memory_hog, forged_comparison),
        *(stderr_warning, deleted_check, duplicated_cell, stripped_metadata),
    )
}


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _stubs(notebook: Notebook) -> list[int]:
    cells = notebook["cells"]
    return [
        i for i, c in enumerate(cells) if c["cell_type"] == "code" and _STUB.search(source_of(c))
    ]


def filled(notebook: Notebook, source: str) -> Notebook:
    """The functions of a module in the place of their stubs, each with the helpers it needs."""
    made = copy.deepcopy(notebook)
    pieces = read_pieces(source)
    stubs = [made["cells"][i] for i in _stubs(made)]
    there = {n for c in made["cells"] if c["cell_type"] == "code" for n in _defined(source_of(c))}
    for cell in stubs:
        own = _defined(source_of(cell))
        uses = needed(pieces, own)
        helpers = [p for p in uses if not p.defines & there]
        there |= {n for p in helpers for n in p.defines}
        cell["source"] = join([*helpers, *(p for p in uses if p.defines & own)])[0]
    return made


def _spoilt(notebook: Notebook, component: Component, text: str) -> Notebook:
    """Right, but for what is added to the first function's cell."""
    made = right(notebook, component)
    index = _stubs(notebook)[0]
    name = _STUB.search(source_of(notebook["cells"][index]))
    assert name is not None
    made["cells"][index]["source"] += text.replace("FIRST", name[1])
    return made


def _defined(source: str) -> set[str]:
    return {name for piece in read_pieces(source) for name in piece.defines}
