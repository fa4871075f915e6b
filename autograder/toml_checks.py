"""Checks of the tables of `course.toml`: what is wrong is said with its table and its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograder.errors import CourseProblem, suggest

Table = Mapping[str, Any]


def only(table: Table, known: Iterable[str], where: str) -> None:
    """Refuse a key that nothing reads."""
    for key in table:
        if key not in known:
            raise CourseProblem(f"course.toml: {where}: unknown key {key!r}; {suggest(key, known)}")


def table(data: Table, key: str) -> Table:
    """A table of the file; empty where it is not there."""
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise CourseProblem(f"course.toml: [{key}] must be a table")
    return found


def text(table: Table, key: str, where: str) -> str:
    """A text that must be there."""
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise CourseProblem(f"course.toml: {where}: `{key}` is missing; it is a text")
    return value


def names(table: Table, key: str, where: str) -> tuple[str, ...]:
    """A list of names; empty where it is not there."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise CourseProblem(f"course.toml: {where}: `{key}` is a list of names")
    return tuple(value)


def number(table: Table, key: str, where: str, default: float, most: float | None = None) -> float:
    """A number of 0 or more."""
    value = table.get(key, default)
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not plain or not 0 <= value <= (float("inf") if most is None else most):
        kind = "0 or more" if most is None else f"0 to {most:g}"
        raise CourseProblem(f"course.toml: {where}: {key} must be a number of {kind}")
    return float(value)
