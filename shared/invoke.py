"""Run one function of a student and say what happened, the same on a laptop and in a worker."""

from __future__ import annotations

import contextlib
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared import metering
from shared.calls import Count, Failure, FailureKind, Handle, Spec

MAX_TEXT = 500  # characters of an exception's text that are kept


@dataclass(frozen=True)
class Invocation:
    """One call: its value or the exception, and what was seen beside it."""

    value: Any
    error: BaseException | None
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    count: Count | None = None


def invoke(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    find: Callable[[Handle], Any] | None = None,
    count: bool = False,
) -> Invocation:
    """Call `function` and catch everything but Ctrl-C.

    Arrays among the arguments, nested ones too, are snapshotted; the names of those that the call
    changed are in `changed`, and their content is put back so that one mistake costs one test.
    What a handle stands for is the student's own and may change: `find` gets it for the call, and
    nothing here looks into it.
    """
    names = _argument_names(function, args, kwargs)
    before = [
        (name, array, array.copy())
        for name, argument in names
        for array in _arrays(argument)
        if array.flags.writeable
    ]
    if find is not None:
        args, kwargs = unseal(args, find), unseal(dict(kwargs), find)
    value, error, counted = None, None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # A library that a student imports may have silenced NumPy's floating-point warnings.
        with np.errstate(all="warn", under="ignore"):
            try:
                if count:
                    stop = metering.start()
                    try:
                        value = function(*args, **kwargs)
                    finally:
                        counted = stop()
                else:
                    value = function(*args, **kwargs)
            except KeyboardInterrupt:
                raise
            except BaseException as exception:
                error = exception
    changed = [(name, array, was) for name, array, was in before if not _same(array, was)]
    # A function that worked in place may return the very array that is put back below.
    value = _apart(value, [array for _, array, _ in changed])
    for _, array, was in changed:
        # Its shape or its dtype may have been set in place, or writing to it forbidden.
        with contextlib.suppress(Exception):
            array[...] = was
    return Invocation(
        value=value,
        error=error,
        changed=tuple(dict.fromkeys(name for name, _, _ in changed)),
        warnings=tuple(warning.category.__name__ for warning in caught),
        count=counted,
    )


def describe(error: BaseException, is_student_file: Callable[[str], bool]) -> Failure:
    """Turn an exception of the student's code into a `Failure` without a frame of ours."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if is_student_file(frame.filename)
    ]
    file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
    if isinstance(error, SyntaxError) and error.filename and is_student_file(error.filename):
        file, line = error.filename, error.lineno or 0
    lines = traceback.format_list(frames)
    name, message = _visible(type(error).__name__), _text(error)
    return Failure(
        kind=_kind(error),
        type=name,
        file=file,
        line=line,
        message=message,
        traceback="".join(lines) + (f"{name}: {message}" if message else name),
    )


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, NotImplementedError):
        return "unfinished"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, SystemExit):
        return "exited"
    return "raised"


def _text(error: BaseException) -> str:
    # The text of a student's own exception class is the student's code, and may raise.
    try:
        text = str(error)
    except BaseException as second:
        text = f"<its text could not be made: {type(second).__name__}>"
    return _visible(text)


def _visible(text: str) -> str:
    text = "".join(c if c.isprintable() or c == "\n" else "�" for c in text[: MAX_TEXT + 1])
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def seal(value: Any, returns: Spec, keep: Callable[[Any], Any]) -> Any:
    """Replace what `returns` calls opaque by `keep(part)`, where the value has that structure."""
    if returns == "opaque":
        return keep(value)
    if isinstance(returns, str):
        return value
    kind, *parts = returns
    if kind == "tuple" and isinstance(value, tuple) and len(value) == len(parts):
        return tuple(seal(v, part, keep) for v, part in zip(value, parts, strict=True))
    if kind == "list" and isinstance(value, list):
        return [seal(v, parts[0], keep) for v in value]
    if kind == "dict" and isinstance(value, dict):
        return {k: seal(v, parts[0], keep) for k, v in value.items()}
    return value


def unseal(value: Any, find: Callable[[Handle], Any]) -> Any:
    """Replace every handle in an argument by `find(handle)`."""
    if isinstance(value, Handle):
        return find(value)
    if isinstance(value, tuple):
        return tuple(unseal(v, find) for v in value)
    if isinstance(value, list):
        return [unseal(v, find) for v in value]
    if isinstance(value, dict):
        return {k: unseal(v, find) for k, v in value.items()}
    return value


def _argument_names(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    code = getattr(function, "__code__", None)
    known = code.co_varnames[: code.co_argcount] if code is not None else ()
    positional = [
        (known[i] if i < len(known) else f"argument {i + 1}", value) for i, value in enumerate(args)
    ]
    return [*positional, *kwargs.items()]


def _arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    # Plain data only: an object of a student's own class, such as a cache, may change as it likes.
    if type(value) is np.ndarray:
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _arrays(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _arrays(part)


def _apart(value: Any, changed: list[np.ndarray[Any, Any]]) -> Any:
    """The value with a copy of every array in it that shares memory with a changed one."""
    if not changed:
        return value
    if isinstance(value, np.ndarray):
        return value.copy() if any(np.may_share_memory(value, a) for a in changed) else value
    if type(value) in (tuple, list):
        return type(value)(_apart(part, changed) for part in value)
    if type(value) is dict:
        return {key: _apart(part, changed) for key, part in value.items()}
    return value


def _same(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    # Bytes, not values: NaN differs from itself and −0.0 equals 0.0.
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
