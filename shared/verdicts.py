"""From what a test raised to one of the five verdicts."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any, Literal

from shared.errors import CheckFailed, StudentError
from shared.messages import Message, message
from shared.sidebyside import SideBySide

Verdict = Literal["passed", "failed", "skipped", "error", "internal"]


@dataclass(frozen=True)
class Outcome:
    """What one test gave.

    `points` is 0 unless the verdict is "passed"; nothing but "passed" earns.
    """

    test: str  # "test_linear_forward[batch of one]"
    verdict: Verdict
    points: float
    max_points: float
    hidden: bool
    component: str = ""  # two components may have tests of one name
    messages: tuple[Message, ...] = ()
    flags: tuple[Message, ...] = ()
    call: str = ""  # the last call before it failed
    traceback: str = ""  # the student's frames, or ours when internal
    seconds: float = 0.0
    picture: SideBySide | None = None  # of a failed comparison; never of a hidden test

    def to_json(self) -> dict[str, Any]:
        """What a result stores: ids and numbers, and nothing that depends on the load."""
        picture = {"picture": self.picture.to_json()} if self.picture and not self.hidden else {}
        return {
            "test": self.test,
            "verdict": self.verdict,
            "points": self.points,
            "max_points": self.max_points,
            "hidden": self.hidden,
            "messages": [m.to_json() for m in self.messages],
            "flags": [m.to_json() for m in self.flags],
            "call": self.call,
            **picture,
        }


@dataclass(frozen=True)
class TestInfo:
    """What is known of a test before it runs."""

    test: str
    component: str
    title: str
    points: float
    hint: str
    hidden: bool
    needs: tuple[str, ...] = ()
    stands_on: tuple[str, ...] = ()


TestInfo.__test__ = False  # type: ignore[attr-defined]  # pytest must not collect it


def judge(error: BaseException | None) -> tuple[Verdict, tuple[Message, ...], str]:
    """The verdict of an exception that left a test, its messages and the frames to show."""
    if error is None:
        return "passed", (), ""
    if isinstance(error, CheckFailed):
        return "failed", error.messages, ""
    if isinstance(error, StudentError):
        return "error", error.messages, error.failure.traceback
    if isinstance(error, AssertionError):
        return "failed", (message("assertion"),), ""
    return "internal", (message("internal"),), "".join(traceback.format_exception(error))
