"""Does a submission name what the counting of Python work can be disturbed with?

The counter runs beside the student's code, and one who takes it away for a moment and puts it back
leaves no trace of that. Its means have no place in an assignment, so to name one is worth a look:
never a lost point, for the name alone proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

COUNTERS = {"settrace", "settrace_all_threads", "setprofile", "gettrace", "monitoring"}
FRAMES = {"f_trace", "f_trace_opcodes", "_getframe", "_current_frames"}
OBJECTS = {"ctypes", "pythonapi", "get_objects", "get_referrers", "get_referents"}
MEANS = COUNTERS | FRAMES | OBJECTS


def meddles(sources: Iterable[str]) -> bool:
    """Whether one of the texts uses, imports or spells a means of meddling."""
    return any(not MEANS.isdisjoint(_names(source)) for source in sources)


def _names(source: str) -> Iterable[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # nothing of it will run
    for node in ast.walk(tree):
        match node:
            # Not a bare name: "monitoring" is a fair name of a variable.
            case ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case ast.Constant(value=str(text)) if text in MEANS:
                yield text
