"""The cells of a component's notebook, as plain data: what each is, and what it holds.

`notebooks.py` renders them for the student's folder. A channel for another tool renders the same
cells with metadata of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.authoring.stubs import make_stub
from autograder.course import Component
from autograder.errors import CourseProblem, suggest
from shared.definitions import Piece, join, needed, read_pieces
from shared.language import LANGUAGES
from shared.messages import message, render
from shared.notebook import figures_of, tests_of
from shared.verdicts import TestInfo

Kind = Literal["text", "setup", "given", "stub", "check", "figures"]

SETUP = """\
import sys
from pathlib import Path

# {place}
sys.path.insert(1, str({folder}))

from shared import {names}
from shared.language import use

use("{lang}")  # {speaks}"""

# In a folder `notebooks` of the student's, or beside `nn`, where a tool takes the notebook alone.
_ABOVE = ("notebook-above", "Path.cwd().parent")
_BESIDE = ("notebook-beside", "Path.cwd()")
_SPEAKS = "notebook-speaks"

# Sections that every handout ends with; they name functions, but explain none.
_ENDING = re.compile(
    r"^## (\d+\. )?(Usual mistakes|What to hand in|Where to read on"
    r"|Типичные ошибки|Что сдать|Что почитать)"
)
# A heading, or a line such as <!-- write: conv2d_forward -->: that function's cell comes here.
_CUT = re.compile(r"^(?:(?=##+ )|<!-- write: (?P<functions>[\w, ]+) -->\n?)", re.M)
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)


@dataclass
class _Section:
    """A part of a handout, and the functions whose cells the author wants after it."""

    text: str
    functions: list[str]


@dataclass(frozen=True)
class Cell:
    """One cell.

    `name` is the function or class of a stub or of its check; `tests` are the local tests that the
    check runs.
    """

    kind: Kind
    source: str
    name: str = ""
    tests: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        return self.kind != "text"


def cells_of(
    component: Component,
    infos: Iterable[TestInfo],
    lang: str = LANGUAGES[0],
    *,
    hand_in: str = "",
    beside: bool = False,
) -> list[Cell]:
    """The cells of a component: text and stubs in the handout's order, a check after each stub.

    Parameters
    ----------
    component : Component
    infos : iterable of TestInfo
        The course's tests; hidden ones are passed over.
    lang : str
        Of the text cells, which are those of the handout in that language.
    hand_in : str
        The id of what the notebook says of how it is handed in, where that is not as usual.
    beside : bool
        Whether the notebook lies beside `nn` and is handed in alone.

    Raises
    ------
    CourseProblem
        When the solution's markers are wrong.
    """
    name = component.name
    stub = make_stub(component.solution.read_text(encoding="utf-8"), component.solution.name)
    pieces = [p for p in read_pieces(stub) if p.defines or p.changes]
    functions = [n for p in pieces if p.is_block for n in p.defines if not n.startswith("_")]
    local = [i for i in infos if i.component == name and not i.hidden]
    given, own = _given_and_own(pieces, functions)
    figures = bool(figures_of(name))
    handout = component.handout_in(lang)
    sections = _sections(handout.read_text(encoding="utf-8") if handout.exists() else "")
    places = dict(zip(functions, _places(name, sections, functions), strict=True))
    names = "check, figures" if figures else "check"
    place, folder = _BESIDE if beside else _ABOVE
    comments = {k: render(message(id), lang) for k, id in (("place", place), ("speaks", _SPEAKS))}
    hand_in = hand_in or ("notebook-hand-in-alone" if beside else "notebook-hand-in")
    last = render(message(hand_in, component=name), lang)
    cells = [
        _text(sections[0].text),
        _text(render(message("notebook-about", component=name), lang) + " " + last),
        Cell("setup", SETUP.format(names=names, lang=lang, folder=folder, **comments)),
        # English, as all docstrings; the handout says the same in its own words.
        _text(ast.get_docstring(ast.parse(stub)) or "" if lang == LANGUAGES[0] else ""),
        Cell("given", join(given)[0].rstrip()),
    ]
    for number, section in enumerate(sections):
        if number:
            cells.append(_text(section.text))
        here = [f for f in functions if places[f] == number]
        for function in dict.fromkeys([*section.functions, *here]):  # the author's order first
            cells.append(Cell("stub", join(own[function])[0].rstrip(), function))
            tests = tuple(tests_of(function, local, functions))
            if tests:
                call = f'check("{name}", "{function}")'
                cells.append(Cell("check", call, function, tests))
    every = tuple(i.test for i in local)
    everything = f"## {render(message('notebook-all'), lang)}"
    more = render(message("notebook-all-about"), lang)
    cells += [_text(f"{everything}\n\n{more}"), Cell("check", f'check("{name}")', tests=every)]
    if figures:
        pictures = f"## {render(message('notebook-pictures'), lang)}"
        more = render(message("notebook-pictures-about"), lang)
        cells += [_text(f"{pictures}\n\n{more}"), Cell("figures", f'figures("{name}")')]
    return [cell for cell in cells if cell.source]


def _given_and_own(
    pieces: Sequence[Piece], functions: Sequence[str]
) -> tuple[list[Piece], dict[str, list[Piece]]]:
    """What the stub gives (imports, helpers, constants), and what belongs to each function's cell.

    A given definition that uses a function of the student's comes with that function.
    """
    own: dict[str, list[Piece]] = {}
    given: list[Piece] = []
    for piece in pieces:
        public = [f for f in functions if f in piece.defines]
        if public:
            own[public[0]] = [piece]
            continue
        used = needed(pieces, piece.defines | piece.changes)
        late = [f for f in functions if any(f in p.defines for p in used)]
        if late and late[-1] in own:
            own[late[-1]].append(piece)
        else:
            given.append(piece)
    return given, own


def _text(source: str) -> Cell:
    return Cell("text", source.strip())


def _sections(handout: str) -> list[_Section]:
    """A handout cut at its headings and marks; the first part is its title and what is under it."""
    fences = [match.span() for match in _FENCE.finditer(handout)]
    sections, end = [], 0
    for match in _CUT.finditer(handout):
        if any(start < match.start() < stop for start, stop in fences):
            continue
        functions = re.findall(r"\w+", match["functions"] or "")
        sections.append(_Section(handout[end : match.start()], functions))
        end = match.end()
    sections.append(_Section(handout[end:], []))
    return sections


def _places(component: str, sections: Sequence[_Section], functions: Sequence[str]) -> list[int]:
    """The section after which each function's stub stands.

    The author's mark decides; else the first section that names the function, else the function
    before it in the file.
    """
    marked = {f: n for n, section in enumerate(sections) for f in section.functions}
    unknown = [f for f in marked if f not in functions]
    if unknown:
        raise CourseProblem(
            f"assignments/handouts/{component}.md: `<!-- write: {unknown[0]} -->` names no "
            f"function of {component}; {suggest(unknown[0], functions)}"
        )
    ends = [n for n, section in enumerate(sections) if _ENDING.match(section.text)]
    body = range(1, ends[0] if ends else len(sections))
    places: list[int] = []
    for function in functions:
        name = re.compile(rf"`{re.escape(function)}\b")
        named = [n for n in body if name.search(sections[n].text)]
        before = places[-1] if places else max(body, default=0)
        places.append(marked.get(function, named[0] if named else before))
    return places
