"""Does a submission name what the counting of Python work can be disturbed with?

The counter runs beside the student's code. What is done to it there is mostly heard of (see
`sandbox.tripwires`); its means have no place in an assignment, so to name one is worth a look too:
never a lost point, for the name alone proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from autograder.intake.trees import tree_of
from shared.definitions import is_readable

COUNTERS = {"settrace", "settrace_all_threads", "setprofile", "gettrace", "getallocatedblocks"}
FRAMES = {"f_trace", "f_trace_opcodes", "f_back", "tb_frame", "gi_frame", "_getframe"}
OTHERS = {"_current_frames", "currentframe", "__closure__", "cell_contents", "__subclasses__"}
OBJECTS = {"pythonapi", "get_objects", "get_referrers", "get_referents"}
PIPES = {"readv", "writev", "pwritev", "preadv"}
# Fair names of variables, which a means is not alone.
ATTRIBUTES = {"monitoring", "ctypes"}
UNMISTAKABLE = COUNTERS | FRAMES | OTHERS | OBJECTS | PIPES
MEANS = UNMISTAKABLE | ATTRIBUTES


def meddles(sources: Iterable[str]) -> bool:
    """Whether one of the texts uses, imports or spells a means of meddling."""
    return any(
        # What cannot be read here was not written to be read.
        not is_readable(source) or not MEANS.isdisjoint(_names(source))
        for source in sources
    )


def _names(source: str) -> Iterable[str]:
    tree = tree_of(source)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Attribute(attr=name):
                yield name
            # After `from sys import *`.
            case ast.Name(id=name) if name in UNMISTAKABLE:
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case ast.Constant(value=str(text)) if text in MEANS:
                yield text
