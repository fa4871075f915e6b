"""What a check raises.

AssertionError
└── CheckFailed          a property does not hold: verdict "failed"
    └── Unfinished       the stub is still there: verdict "failed", "not written yet"
Exception
└── StudentError         the student's code raised, hung or crashed: verdict "error"

Anything else that leaves a test is the kit's own fault: verdict "internal".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.calls import Failure
from shared.messages import Message

if TYPE_CHECKING:  # it needs NumPy, and the doctor has to run without
    from shared.sidebyside import SideBySide


class CheckFailed(AssertionError):
    """A property of the student's answer does not hold."""

    def __init__(self, *messages: Message, picture: SideBySide | None = None) -> None:
        super().__init__(*(m.id for m in messages))
        self.messages = messages
        self.picture = picture


class Unfinished(CheckFailed):
    """The function is still a stub."""


class StudentError(Exception):
    """The student's code did not return: it raised, hung, left or crashed."""

    def __init__(self, function: str, failure: Failure, *messages: Message) -> None:
        super().__init__(f"{function}: {failure.kind} {failure.type}".strip())
        self.function = function
        self.failure = failure
        self.messages = messages
