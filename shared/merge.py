"""`nn/NAME.py` as a notebook writes it: the notebook's definitions over what the file has.

A file that a notebook wrote starts with three lines of comment, the last of which holds a hash of
the rest. Where the hash does not fit, somebody has edited the file by hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.definitions import Piece, join, read_pieces, same_code
from shared.release import digest

HEAD = """\
# Written by the notebook of `{component}` when one of its checks ran; edit it there. A check never
# overwrites what was changed here by hand: it says so, and writes nothing.
# content: {digest}
"""
_HEAD = re.compile(r"# Written by the notebook of .*\n#.*\n# content: ([0-9a-f]{16})\n")


class Edited(Exception):
    """Definitions of a file and of the notebook differ, and the file was edited by hand."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def is_as_written(text: str) -> bool:
    """Whether a notebook wrote this file and nobody has edited it since."""
    text = text.replace("\r\n", "\n")
    found = _HEAD.match(text)
    return found is not None and found[1] == digest(text[found.end() :])


def merge(
    component: str, file: str | None, pieces: Sequence[Piece], *, is_released: bool = False
) -> str:
    """The new text of `nn/COMPONENT.py`.

    A definition of the notebook takes the place of the file's; what the file has beside them is
    kept, and so is a written function where the notebook only has its stub.

    Parameters
    ----------
    component : str
    file : str or None
        The present text; None where there is no file.
    pieces : sequence of Piece
        The notebook's definitions, in order.
    is_released : bool
        Whether the present text is the stub as it was released.

    Raises
    ------
    Edited
        When a definition that was written into the file by hand differs from the notebook's.
    SyntaxError
        When the present text is no Python.
    """
    body, ours = "", True
    if file is not None:
        file = file.replace("\r\n", "\n")
        head = _HEAD.match(file)
        body, ours = file[head.end() if head else 0 :], is_as_written(file)
    kept = read_pieces(body)
    written = {name for p in kept if p.is_written for name in p.defines}
    if not ours and not is_released:
        _refuse_differing(kept, pieces)
    new = [p for p in pieces if p.is_written or not p.defines & written]
    laid = _lay(kept, new)
    if file is not None and is_released and same_code(kept, laid):
        return file  # the cells are as empty as the stub
    text, _ = join(laid)
    return HEAD.format(component=component, digest=digest(text)) + text


def _refuse_differing(kept: Sequence[Piece], pieces: Sequence[Piece]) -> None:
    theirs = {name: p for p in kept if p.is_written for name in p.defines}
    ours = {name: p for p in pieces if p.is_written for name in sorted(p.defines)}  # the last ones
    differing = [n for n, p in ours.items() if n in theirs and theirs[n].code != p.code]
    if differing:
        raise Edited(differing)


def _lay(kept: Sequence[Piece], new: Sequence[Piece]) -> list[Piece]:
    """Each new piece in the place of the one that it replaces, else after the one before it."""
    result = list(kept)
    before = [True] * len(result)  # not yet replaced: of one name a notebook may define several,
    place = sum(1 for _ in _opening(kept))  # such as a function and what wraps it
    for piece in new:
        here = [
            i
            for i, (p, kept_before) in enumerate(zip(result, before, strict=True))
            if kept_before and p.defines and p.defines <= piece.defines
        ]
        if here:
            place = here[0]
            before[place] = False
            if result[place].code != piece.code or result[place].is_block:
                result[place] = piece
            for extra in reversed(here[1:]):
                del result[extra], before[extra]
        elif not any(p.code == piece.code for p in result):
            place = 0 if "__future__" in piece.text else place
            result.insert(place, piece)
            before.insert(place, False)
        place += 1
    # An annotation may use an import as soon as its function is defined.
    head = _opening(result)
    rest = result[len(head) :]
    return [*head, *filter(_is_import, rest), *(p for p in rest if not _is_import(p))]


def _is_import(piece: Piece) -> bool:
    return piece.code.startswith(("Import(", "ImportFrom("))


def _opening(kept: Sequence[Piece]) -> Sequence[Piece]:
    """The docstring and the imports at the start of a file."""
    count = 0
    while count < len(kept) and kept[count].code.startswith(("Expr(", "Import(", "ImportFrom(")):
        count += 1
    return kept[:count]
