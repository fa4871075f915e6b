"""What the staff's program raises.

KitError                     one line: what is wrong, where, what to do next
├── UsageProblem             the command was asked for what is not there: exit 4
├── CourseProblem            course.toml or a room of the course is not as it must be: exit 1
└── GradingProblem           the kit could not do its own work: exit 3
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExitCode:
    """Exit status of the program, numbered as pytest numbers its own."""

    OK = 0
    FAULTS = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4


class KitError(Exception):
    """An error for a person: one line, and what to do."""

    exit_code = ExitCode.INTERNAL


class UsageProblem(KitError):
    """Something that was asked for is not there, or cannot be written."""

    exit_code = ExitCode.USAGE


class CourseProblem(KitError):
    """The course is not as it must be."""

    exit_code = ExitCode.FAULTS


class GradingProblem(KitError):
    """The kit itself failed."""

    exit_code = ExitCode.INTERNAL


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence on an unknown name: near names, else all of them."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(known)}" if known else "none is known yet"
