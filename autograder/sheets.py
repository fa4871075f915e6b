"""Tables as CSV: for other programs as they are, for people so that no cell is run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

Cell: TypeAlias = str | float | int | None

_RUN = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet may take for a formula
_NUMBER = re.compile(r"\d[\d.,]*([eE]\d+)?")  # what it would take for a number, and shorten


def for_programs(rows: Iterable[Sequence[Cell]]) -> str:
    """RFC 4180: texts quoted, numbers plain, nothing changed; None is an empty cell."""
    return _written(rows, ",")


def for_people(rows: Iterable[Sequence[Cell]], *, excel: bool = False) -> str:
    """The same, and a text that a spreadsheet would run begins with an apostrophe.

    Parameters
    ----------
    rows : iterable of rows
    excel : bool
        As Excel opens it by a double click where the decimal sign is a comma: a byte-order mark,
        semicolons, decimal commas, and what only looks like a number as text.
    """
    cells = ([_excel(cell) if excel else harmless(cell) for cell in row] for row in rows)
    return ("\ufeff" if excel else "") + _written(cells, ";" if excel else ",")


def harmless(cell: Cell) -> Cell:
    """The cell; a text that a spreadsheet would run begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_RUN) else cell


def _excel(cell: Cell) -> Cell:
    if isinstance(cell, float) or cell is None:
        return _Plain("" if cell is None else f"{cell:.12g}".replace(".", ","))
    if isinstance(cell, str) and _NUMBER.fullmatch(cell):
        return f'="{cell}"'  # digits alone: 007 stays 007, and there is nothing to run
    return harmless(cell)


class _Plain(str):
    """A number with a decimal comma: not quoted, or it would be a text."""


def _written(rows: Iterable[Sequence[Cell]], delimiter: str) -> str:
    buffer = io.StringIO()
    for row in rows:
        buffer.write(delimiter.join(map(_quoted, row)) + "\r\n")
    return buffer.getvalue()


def _quoted(cell: Cell) -> str:
    if cell is None or isinstance(cell, _Plain):
        return cell or ""
    if isinstance(cell, str):
        return '"' + cell.replace('"', '""') + '"'
    return f"{cell:.12g}"


def read_table(text: str) -> list[dict[str, str]]:
    """The rows of a CSV with a header, whatever of comma, semicolon and tab it is written with.

    Raises
    ------
    ValueError
        When it has no header, or a row that does not fit it.
    """
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if not rows or not any(name.strip() for name in rows[0]):
        raise ValueError("it has no header")
    names = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(names) and any(row[len(names) :]):
            raise ValueError(f"row {number} has {len(row)} cells, and the header {len(names)}")
    return [
        {name: cell.strip() for name, cell in zip(names, row, strict=False)} for row in rows[1:]
    ]
