"""What a worker says of itself, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from autograder.sandbox.errors import ProtocolError
from autograder.sandbox.wire import harmless
from shared.calls import Count, Failure, FailureKind, Reply

# What a worker may say of its own call; how it ended is for the grader to say.
KINDS = frozenset(get_args(FailureKind)) - {"timeout", "output", "crashed", "protocol"}
NAMES = 50
NAME = 100
MESSAGE = 500
TRACEBACK = 10_000
LINE = 10**7
COUNT = 1 << 62


def parse(reply: Any, number: int, lines: Mapping[str, int]) -> Reply:
    """Turn a decoded frame into a `Reply`, or raise `ProtocolError`.

    `lines` holds how many lines each of the submission's files has.
    """
    if type(reply) is not tuple or len(reply) < 2 or type(reply[1]) is not int:
        raise ProtocolError("a reply has no kind and number")
    kind, answers, *rest = reply
    if answers != number:
        raise ProtocolError("a reply to another request")
    if kind == "value" and len(rest) == 4:
        value, changed, warned, count = rest
        return Reply(
            value=value, changed=_names(changed), warnings=_names(warned), count=_count(count)
        )
    if kind == "failure" and len(rest) == 6:
        return Reply(failure=_failure(rest, lines))
    if kind == "loaded" and not rest:
        return Reply()
    raise ProtocolError("a reply of no known kind")


def _failure(fields: list[Any], lines: Mapping[str, int]) -> Failure:
    kind, name, file, line, message, traceback = fields
    if type(kind) is not str or kind not in KINDS:
        raise ProtocolError("a failure of no known kind")
    # Only a file that the student handed in: a free text could end in a page of feedback.
    known = lines.get(file, 0) if type(file) is str else 0
    line = _number(line, LINE)
    return Failure(
        kind=kind,  # type: ignore[arg-type]  # it is in KINDS
        type=_text(name, NAME),
        file=file if known else "",
        # And only a line that it has: any other number is a message.
        line=line if line <= known else 0,
        message=_text(message, MESSAGE, keep="\n"),
        traceback=_text(traceback, TRACEBACK, keep="\n"),
    )


def _names(value: Any) -> tuple[str, ...]:
    if type(value) is not list or len(value) > NAMES:
        raise ProtocolError("names are no list, or too many")
    return tuple(_text(name, NAME) for name in value)


def _count(value: Any) -> Count | None:
    if value is None:
        return None
    if type(value) is not tuple or len(value) != 3 or type(value[2]) is not bool:
        raise ProtocolError("a count is malformed")
    return Count(_number(value[0], COUNT), _number(value[1], COUNT), value[2])


def _number(value: Any, bound: int) -> int:
    if type(value) is not int or not 0 <= value < bound:
        raise ProtocolError("a number is out of range")
    return value


def _text(value: Any, length: int, keep: str = "") -> str:
    if type(value) is not str:
        raise ProtocolError("a text is no text")
    return harmless(value[:length], keep)
