"""What passes between a test and a student's code: one call out, one reply back.

A `Backend` runs the student's functions somewhere: in this process on a laptop, in a sandboxed
process when a class is graded. Everything above it (the wrapper, the checks, the verdicts) is the
same in both places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

# What a function takes or returns, as the annotations of the reference say it.
#   "array"     data: a numpy.ndarray            (Array)
#   "scalar"    data: one real number            (float; a Python, NumPy or 0-d number)
#   "opaque"    a handle, never looked into      (Cache, State)
#   "any"       data as it comes: numbers, strings, None, arrays, tuples, lists, dicts of these
#   ["tuple", spec, spec, ...]   ["list", spec]   ["dict", spec]
Spec = str | list[Any]

FailureKind = Literal[
    "absent",  # no such file in the submission
    "missing",  # no such function in the file
    "unfinished",  # NotImplementedError: the stub is still there
    "raised",  # the student's code raised
    "import",  # the submission could not be loaded (a syntax error, an exception at import)
    "refused",  # it imports what a worker does not have (scipy, torch, files)
    "timeout",  # over its time
    "memory",  # over its memory
    "output",  # printed without end
    "exited",  # left the process: sys.exit, os._exit
    "crashed",  # killed by a signal
    "protocol",  # answered with what is no answer
    "unsupported",  # returned a value that cannot travel (an object array, a float128)
]


@dataclass(frozen=True)
class Failure:
    """Why a call gave no value."""

    kind: FailureKind
    type: str = ""  # the exception's class name, or the signal's
    file: str = ""  # "nn/conv.py"
    line: int = 0  # of the student's innermost frame; 0 where there is none
    message: str = ""  # the exception's text; a hidden test never shows it
    traceback: str = ""  # the student's frames only; local tests on a laptop show it


@dataclass(frozen=True)
class Count:
    """Python work done by one call, counted and not timed."""

    bytecodes: int
    objects: int  # peak of live Python memory blocks over the start of the call
    intact: bool  # the counter's hook was still in place at the end


@dataclass(frozen=True)
class Reply:
    """What a call gave: a value, or a failure."""

    value: Any = None
    failure: Failure | None = None
    changed: tuple[str, ...] = ()  # names of the arguments that the call changed
    warnings: tuple[str, ...] = ()  # class names of the warnings it raised
    count: Count | None = None  # when counting was asked for
    cpu_seconds: float = 0.0  # CPU time of the call


class Handle:
    """An opaque value that lives beside the student's code: a cache, a state, a generator.

    A test passes it on and never looks into it. Dropped when the test lets go of it.
    """

    __slots__ = ("__weakref__", "_key", "_owner")

    def __init__(self, owner: Any, key: int) -> None:
        self._owner = owner
        self._key = key

    def __repr__(self) -> str:
        return "<opaque>"

    def __del__(self) -> None:
        drop = getattr(self._owner, "drop", None)
        if drop is not None:
            drop(self._key)


class Backend(Protocol):
    """A place where a submission runs."""

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        returns: Spec,
        *,
        count: bool = False,
    ) -> Reply:
        """Call a function of the component. Never raises for what the student's code did."""
        ...

    def generator(self, seed: int) -> Handle:
        """A `numpy.random.Generator` that lives beside the student's code and advances."""
        ...

    def metered(self) -> Backend:
        """The same submission loaded apart, where C-level loops are counted too."""
        ...

    def drop(self, key: int) -> None:
        """Forget a handle."""
        ...


@dataclass(frozen=True)
class Foreign:
    """Stands for a returned value that is no data: only the name of its type is known."""

    type: str
