"""The ladder of comparison: None, not an array, shape, dtype, finite, values.

Each rung has its own sentence, and a higher rung is looked at only when those below hold: a wrong
shape must not be saved by broadcasting, nor a NaN be shown as a large difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from shared.calls import Foreign
from shared.diagnose import Clues, diagnose
from shared.errors import CheckFailed
from shared.messages import message
from shared.sidebyside import beside

EXACT = 1e-9  # exact algebra in float64
FAIR = 1e-6  # where FFT or cumulative sums are a fair way to the answer
FLOAT32 = 1e-4  # float32 inside

Array = np.ndarray[Any, Any]


def check_array(
    got: object,
    *,
    what: str,
    shape: tuple[int, ...] | None = None,
    dtype: DTypeLike | None = np.float64,
    finite: bool = True,
) -> Array:
    """Climb the ladder up to the values, and return `got` as the array it is.

    Parameters
    ----------
    got
        What the student's function returned.
    what : str
        Its name in the messages, such as ``"dw"``.
    shape, dtype
        Expected; ``None`` accepts any.
    finite : bool
        Refuse NaN and infinity.

    Raises
    ------
    CheckFailed
        On the first rung that does not hold.
    """
    array = _as_array(got, what)
    if shape is not None and array.shape != tuple(shape):
        raise CheckFailed(message("shape", what=what, got=array.shape, expected=tuple(shape)))
    if dtype is not None and array.dtype != np.dtype(dtype):
        raise CheckFailed(
            message("dtype", what=what, got=str(array.dtype), expected=str(np.dtype(dtype)))
        )
    if finite:
        _check_finite(array, what)
    return array


def check_close(
    got: object,
    expected: ArrayLike,
    *,
    what: str,
    limit: float = EXACT,
    dtype: DTypeLike | None = None,
    sizes: Mapping[str, int] | None = None,
    clues: Clues | None = None,
    columns: bool = False,
    guess: bool = True,
) -> None:
    """Require ``max|got − expected| / max|expected| <= limit``, and every rung below it.

    The dtype must be that of `expected`, or `dtype` where given. Where `expected` is zero
    everywhere the error is absolute. `sizes`, `clues` and `columns` help to name a mistake: see
    `diagnose`. Without a `guess` none is named: where the numbers are right and the call is wrong.

    Raises
    ------
    CheckFailed
        With the worst index, what was got and expected there, the relative error and its limit.
    """
    target = np.asarray(expected)
    array = _as_array(got, what)
    if array.shape != target.shape:
        raise CheckFailed(
            message("shape", what=what, got=array.shape, expected=target.shape),
            *diagnose(array, target),
        )
    check_array(array, what=what, dtype=target.dtype if dtype is None else dtype)
    error, index = worst(array, target)
    if not error <= limit:
        numbers = {"got": array[index], "expected": target[index], "error": error, "limit": limit}
        wrong = (
            message("values", what=what, index=index, **numbers)
            if target.ndim
            else message("number", what=what, **numbers)  # it has no index to name
        )
        guesses = diagnose(array, target, sizes, clues, columns) if guess else []
        picture = beside("values", what, array, target, index)
        raise CheckFailed(wrong, *guesses, picture=picture)


def check_number(got: object, expected: float, *, what: str, limit: float = EXACT) -> None:
    """`check_close` for one real number: a Python float, a NumPy scalar or a 0-d array.

    Raises
    ------
    CheckFailed
    """
    check_close(np.float64(as_number(got, what)), np.float64(expected), what=what, limit=limit)


def as_number(got: object, what: str) -> float:
    """The one real number that `got` is.

    Raises
    ------
    CheckFailed
        When it is None, an array of one or more axes, complex, or no number.
    """
    if got is None:
        raise CheckFailed(message("none", what=what))
    if isinstance(got, np.ndarray) and got.ndim:
        raise CheckFailed(message("shape", what=what, got=got.shape, expected=()))
    if isinstance(got, (np.ndarray, np.generic)):
        got = got.item()
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        raise CheckFailed(message("not-number", what=what, type=type_name(got)))
    try:
        return float(got)
    except OverflowError:  # a Python int beyond float64
        return math.inf if got > 0 else -math.inf


def worst(got: Array, expected: Array) -> tuple[float, tuple[int, ...]]:
    """The error ``max|got − expected| / max|expected|`` and the index where it is."""
    if got.size == 0:
        return 0.0, ()
    kind = np.complex128 if np.iscomplexobj(got) or np.iscomplexobj(expected) else np.float64
    difference = np.abs(got.astype(kind) - expected.astype(kind))
    scale = float(np.max(np.abs(expected)))
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(difference)), got.shape))
    return float(difference[index]) / (scale or 1.0), index


def type_name(value: object) -> str:
    """How a message names the type of a value."""
    return value.type if isinstance(value, Foreign) else type(value).__name__


def _as_array(got: object, what: str) -> Array:
    if got is None:
        raise CheckFailed(message("none", what=what))
    if isinstance(got, np.generic):
        return np.asarray(got)
    if type(got) is not np.ndarray:
        raise CheckFailed(message("not-array", what=what, type=type_name(got)))
    return got


def _check_finite(array: Array, what: str) -> None:
    if array.dtype.kind not in "fc":
        return
    bad = ~np.isfinite(array)
    if bad.any():
        value = array[bad].flat[0]
        if not array.ndim:
            raise CheckFailed(message("number-not-finite", what=what, value=value))
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        numbers = {"count": int(bad.sum()), "size": array.size}
        raise CheckFailed(message("not-finite", what=what, value=value, index=index, **numbers))
