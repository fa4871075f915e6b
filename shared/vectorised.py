"""Is it vectorised? Counted, not timed: bytecodes at sizes n, 2n and 4n along one axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shared.calls import Count
from shared.compare import FAIR, worst
from shared.errors import CheckFailed
from shared.messages import message
from shared.student import Student

# Arguments of the call at a size: build(student, rng, size) -> (args, kwargs) or args.
Build = Callable[[Student, np.random.Generator, int], Any]

STEP_PER_ITEM = 1.0  # bytecodes for each added item that make a loop
STEP_GROWTH = 1.5  # linear work doubles its step; a tree of depth log n does not
OBJECTS_PER_ITEM = 0.8


def check_vectorised(
    student: Student, name: str, build: Build, rng: np.random.Generator, *, axis: str, n: int = 8
) -> None:
    """Require that the Python work of a call does not grow along an axis.

    Parameters
    ----------
    student : Student
    name : str
        The function.
    build : callable
        ``build(student, rng, size)`` gives the arguments at a size: a tuple, or a tuple and a dict
        of keyword arguments; caches come from the student that it is given.
    rng : numpy.random.Generator
        Draws the data.
    axis : str
        What grows, in the words of the message: ``"batch"``.
    n : int
        The smallest size; the others are 2n and 4n.

    Raises
    ------
    CheckFailed
        When bytecodes or live objects grow with the size, or when the counted call gives another
        answer than a plain one.
    """
    metered = student.metered()
    seed = int(rng.integers(2**62))
    # What NumPy, the student's module and the counting itself do once must not count as growth;
    # the first call is plain, since counting an import inside it would take seconds.
    for count in (False, True):
        args, kwargs = arguments(build(metered, np.random.default_rng([seed, count]), n))
        metered.run(name, args, kwargs, count=count)
    counts: list[Count] = []
    for size in (n, 2 * n, 4 * n):
        args, kwargs = arguments(build(metered, np.random.default_rng([seed, size]), size))
        value, reply = metered.run(name, args, kwargs, count=True)
        args, kwargs = arguments(build(student, np.random.default_rng([seed, size]), size))
        plain, _ = student.run(name, args, kwargs)
        if not same_answer(value, plain):
            raise CheckFailed(message("inconsistent", function=name))
        counts.append(reply.count or Count(0, 0, intact=False))
    is_intact = all(c.intact for c in counts)
    # A counter that was put back in its place looks untouched; the submission's text tells more.
    if student.meddles or not is_intact:
        student.notes.flag(message("needs-look", function=name))
    if not is_intact:
        return  # a count that was disturbed proves nothing, either way
    if _is_loop([c.bytecodes for c in counts], n):
        first, second, third = (c.bytecodes for c in counts)
        raise CheckFailed(
            message(
                "loop",
                function=name,
                axis=axis,
                first=first,
                second=second,
                third=third,
                n1=n,
                n2=2 * n,
                n4=4 * n,
            )
        )
    if _holds_objects([c.objects for c in counts], n):
        raise CheckFailed(message("objects", function=name, axis=axis))


def arguments(built: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and the keyword arguments of what a `Build` gave."""
    match built:
        case (tuple() as args, dict() as kwargs):
            return args, kwargs
    return built, {}


def _is_loop(bytecodes: list[int], n: int) -> bool:
    first, second = bytecodes[1] - bytecodes[0], bytecodes[2] - bytecodes[1]
    return second >= STEP_PER_ITEM * 2 * n and second >= STEP_GROWTH * first


def _holds_objects(objects: list[int], n: int) -> bool:
    first, second = objects[1] - objects[0], objects[2] - objects[1]
    return first >= OBJECTS_PER_ITEM * n and second >= OBJECTS_PER_ITEM * 2 * n


def same_answer(a: Any, b: Any, limit: float = FAIR) -> bool:
    """Whether two answers agree to rounding; handles are not looked into."""
    if isinstance(a, (tuple, list)) and type(a) is type(b):
        return len(a) == len(b) and all(same_answer(x, y, limit) for x, y in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.generic, float, int)):
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape or y.dtype.kind not in "biufc":
            return False
        # A NaN of both calls is no difference between them; the ladder has words for it.
        odd = ~(np.isfinite(x) & np.isfinite(y))
        return np.array_equal(x[odd], y[odd], equal_nan=True) and bool(
            worst(np.where(odd, 0, x), np.where(odd, 0, y))[0] <= limit
        )
    return type(a) is type(b)
