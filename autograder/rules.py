"""The rules of `course.toml`: limits, language, which attempt counts, what lateness costs."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseProblem, suggest
from autograder.toml_checks import Table, number, only, text
from shared.language import LANGUAGES

ATTEMPTS = ("last", "best")
LIMIT_KEYS = (
    "call_cpu",
    "long_cpu",
    "call_wall",
    "load_cpu",
    "worker_cpu",
    "memory_mb",
    "output_kb",
    "reply_mb",
)


@dataclass(frozen=True)
class LateRules:
    """What a late submission costs: per cent of a component's points for each day begun."""

    per_day: float = 0.0
    at_most: float = 100.0
    grace_minutes: float = 0.0
    extensions: Path | None = None  # a CSV: student, component, days


def read_late(table: Table, root: Path) -> LateRules:
    """The table `[late]`."""
    where = "[late]"
    only(table, ("per_day", "at_most", "grace_minutes", "extensions"), where)
    extensions = text(table, "extensions", where) if "extensions" in table else ""
    return LateRules(
        per_day=number(table, "per_day", where, 0, most=100),
        at_most=number(table, "at_most", where, 100, most=100),
        grace_minutes=number(table, "grace_minutes", where, 0),
        extensions=root / extensions if extensions else None,
    )


def read_due(table: Table, where: str) -> datetime.datetime | None:
    """The key `due` of a component: a point in time, which takes a zone."""
    due = table.get("due")
    if due is None:
        return None
    if isinstance(due, datetime.datetime) and due.tzinfo is not None:
        return due
    raise CourseProblem(
        f"course.toml: {where}: due must be a day and a time with its zone and without quotes, "
        "such as 2026-03-01T23:59:00+03:00"
    )


def read_attempts(table: Table) -> str:
    """The key `attempts` of `[course]`."""
    attempts: str = table.get("attempts", ATTEMPTS[0])
    if attempts not in ATTEMPTS:
        raise CourseProblem(
            f"course.toml: [course]: attempts is one of {', '.join(ATTEMPTS)}, not {attempts!r}"
        )
    return attempts


def read_limits(table: Table, where: str) -> dict[str, float]:
    """The table `[limits]`, or that of a component."""
    only(table, LIMIT_KEYS, where)
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise CourseProblem(f"course.toml: {where}: {key} must be a positive number")
    return dict(table)


def read_language(table: Table) -> str:
    """The key `language` of `[course]`."""
    lang = table.get("language", LANGUAGES[0])
    if lang not in LANGUAGES:
        raise CourseProblem(
            f"course.toml: [course]: no language {lang!r}; {suggest(str(lang), LANGUAGES)}"
        )
    return str(lang)
