"""The master notebook of a component: what `otter assign` makes a student's version of.

Its cells are those of the component's own notebook, with the solution in them and otter's raw cells
around them. otter's prompt for a solution is `...`, so that a stub would return None; with a prompt
block of its own it raises as ours do.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from autograder.authoring.cells import Cell, cells_of
from autograder.authoring.notebooks import OURS, nodes, to_text
from autograder.authoring.stubs import BEGIN, END, find_regions, make_stub
from autograder.course import Component
from shared.definitions import Piece, join, read_pieces
from shared.notebook import subject
from shared.signatures import read_signatures
from shared.verdicts import TestInfo

NO_PROMPT = f"{BEGIN} NO PROMPT"
PROMPT, END_PROMPT = '""" # BEGIN PROMPT', '""" # END PROMPT'  # in the master a string
# otter shows its students the line of a test that fails; what is wrong has been printed above it.
TEST = """\
def test(env):
    from shared.notebook import passes
    assert passes({arguments}), "what is wrong stands above\""""


def make_master(
    component: Component, infos: Iterable[TestInfo], config: Mapping[str, Any], lang: str
) -> str:
    """The master notebook of a component as text.

    Parameters
    ----------
    component : Component
    infos : iterable of TestInfo
        The course's tests, hidden ones too: a question is worth what its tests are.
    config : mapping
        otter's configuration of the assignment.
    lang : str
        Of the text cells.

    Raises
    ------
    CourseProblem
        When the solution's markers are wrong.
    """
    infos = list(infos)
    cells = [_adapted(c) for c in cells_of(component, infos, lang, hand_in="notebook-hand-in-zip")]
    cells = _solved(component, [c for c in cells if c.source])
    worth = points_of(component, infos)
    laid = [_raw("ASSIGNMENT CONFIG", config)]
    for cell, node in zip(cells, nodes(cells), strict=True):
        question = question_of(component.name, cell.name)
        if cell.kind == "stub":
            # Also where nothing is checked below it: only in a question otter takes solutions out.
            about = {"name": question, "points": worth.get(question, 0.0)}
            laid += [_raw("BEGIN QUESTION", about), _raw("BEGIN SOLUTION", id=question)]
            laid += [node, _raw("END SOLUTION", id=question)]
            if question not in worth:
                laid.append(_raw("END QUESTION", id=question))
        elif cell.kind == "check":
            if not cell.name:
                laid.append(_raw("BEGIN QUESTION", {"name": question, "points": worth[question]}))
            laid += [_raw("BEGIN TESTS", id=question), _test(component.name, cell, question)]
            laid += [_raw("END TESTS", id=question), _raw("END QUESTION", id=question)]
        else:
            laid.append(node)
    return to_text(laid, {OURS: {"component": component.name}})


def question_of(component: str, function: str) -> str:
    """The name of otter's question on a function, or on all of a component."""
    return f"{component}_{function}" if function else component


def questions_of(component: Component, infos: Iterable[TestInfo]) -> dict[str, str]:
    """The question that each test of a component, hidden or not, counts for.

    It is that of the function that its title names last. Where no local test is about that
    function, nothing is checked below it, and the test counts for the whole.
    """
    functions = _functions(component)
    mine = [i for i in infos if i.component == component.name]
    checked = {subject(i, functions) for i in mine if not i.hidden}
    subjects = {i.test: subject(i, functions) for i in mine}
    return {
        test: question_of(component.name, function if function in checked else "")
        for test, function in subjects.items()
    }


def points_of(component: Component, infos: Iterable[TestInfo]) -> dict[str, float]:
    """What each question is worth."""
    infos = list(infos)
    questions = questions_of(component, infos)
    worth = {component.name: 0.0, **dict.fromkeys(questions.values(), 0.0)}
    for info in infos:
        if info.component == component.name:
            worth[questions[info.test]] += info.points
    return worth


def _functions(component: Component) -> list[str]:
    source = component.solution.read_text(encoding="utf-8")
    return list(dict.fromkeys(name.partition(".")[0] for name in read_signatures(source)))


def _adapted(cell: Cell) -> Cell:
    """A cell as it is in otter's notebook, which lies beside `nn` and `shared`."""
    if cell.kind != "setup":
        return cell
    names = [n for n in cell.source.rpartition(" import ")[2].split(", ") if n != "check"]
    return Cell("setup", f"from shared import {', '.join(names)}" if names else "")


def _solved(component: Component, cells: Sequence[Cell]) -> list[Cell]:
    """The cells with the solution in the place of each stub.

    What only the solution has, such as a helper outside a function, goes into the first cell that
    comes to use it.
    """
    source = component.solution.read_text(encoding="utf-8")
    pieces = read_pieces(_marked(source, component.solution.name))
    stub = read_pieces(make_stub(source, component.solution.name))
    shown = {(p.defines, p.changes) for p in stub}
    helpers = [p for p in pieces if (p.defines, p.changes) not in shown]
    functions = {name: p for p in pieces if p.is_block for name in p.defines}
    laid: set[int] = set()
    solved = []
    for cell in cells:
        if cell.kind != "stub":
            solved.append(cell)
            continue
        parts = [functions[cell.name] if cell.name in p.defines else p for p in _pieces(cell)]
        mine = [i for i in _used(parts, helpers) if i not in laid]
        laid |= set(mine)
        text = join(parts)[0].rstrip()
        if mine:
            text = f"{NO_PROMPT}\n{join([helpers[i] for i in mine])[0]}{END}\n{text}"
        solved.append(Cell("stub", text, cell.name, cell.tests))
    return solved


def _pieces(cell: Cell) -> list[Piece]:
    return [p for p in read_pieces(cell.source) if p.defines or p.changes]


def _used(parts: Sequence[Piece], helpers: Sequence[Piece]) -> list[int]:
    """The helpers, by their place, that pieces use, directly or through each other."""
    found: set[int] = set()
    waiting = list(parts)
    while waiting:
        piece = waiting.pop()
        names = piece.at_once | piece.later
        new = {i for i, h in enumerate(helpers) if (h.defines | h.changes) & names} - found
        found |= new
        waiting += [helpers[i] for i in new]
    return sorted(found)


def _marked(source: str, file: str) -> str:
    """The source with otter's markers around what is solution inside functions and classes."""
    lines = source.splitlines()
    raised: set[str] = set()
    for region in find_regions(source, file):
        first, last = region.first - 1, region.last - 1
        if not region.indent:
            lines[first] = lines[last] = ""  # `_solved` takes what is in it to where it is used
            continue
        lines[first] = f"{region.indent}{NO_PROMPT}"
        if region.function and region.function not in raised:
            # As in the stub: of two regions of a function the first one's line raises.
            raised.add(region.function)
            prompt = (PROMPT, f'raise NotImplementedError("{region.function}")', END_PROMPT)
            lines[last] = "\n".join(f"{region.indent}{line}" for line in (END, *prompt))
    return "\n".join(lines) + "\n"


def _test(component: str, cell: Cell, question: str) -> Any:
    arguments = ", ".join(f'"{name}"' for name in (component, cell.name) if name)
    v4 = importlib.import_module("nbformat.v4")
    return v4.new_code_cell(TEST.format(arguments=arguments), id=_id("tests", question))


def _raw(title: str, about: Mapping[str, Any] | None = None, id: str = "") -> Any:
    """One of otter's own cells: its title, and what it says in YAML."""
    v4 = importlib.import_module("nbformat.v4")
    said = yaml.safe_dump(dict(about), sort_keys=False) if about else ""
    name = id or str((about or {}).get("name", ""))
    return v4.new_raw_cell(f"# {title}\n{said}".rstrip(), id=_id(title.lower(), name))


def _id(*parts: str) -> str:
    return "-".join(p for p in parts if p).replace(" ", "-")[:64]
