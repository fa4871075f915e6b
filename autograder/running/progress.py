"""Count, rate and remaining time of a run, for a terminal and for a log."""

from __future__ import annotations

import time
from typing import TextIO

INTERVAL = 10.0  # seconds between lines where there is no terminal


class Progress:
    """A line that changes on a terminal, plain lines elsewhere."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._terminal = stream.isatty()
        self._start = self._last = time.monotonic()
        self._done = 0
        self._worked = 0
        self._open = False
        if self._terminal:
            # The reference of a whole course takes its time, and silence looks like a hang.
            self._show(f"0/{total}  first the reference has to pass the tests")

    def step(self, student: str, *, kept: bool) -> None:
        """Count a submission that is done; one that was kept says nothing of the rate."""
        self._done += 1
        self._worked += not kept
        now = time.monotonic()
        if self._terminal:
            self._show(self._line(now, student))
        elif now - self._last >= INTERVAL:
            print(self._line(now, student), file=self._stream, flush=True)
            self._last = now

    def end(self) -> None:
        """Leave the line, so that what is printed next has one of its own."""
        if self._open:
            self._stream.write("\r\x1b[K")
            self._open = False

    def _show(self, line: str) -> None:
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()
        self._open = True

    def _line(self, now: float, student: str) -> str:
        if not self._worked:
            return f"{self._done}/{self._total}  kept from an earlier run  {student}"
        each = max(now - self._start, 1e-9) / self._worked
        rate = f"{1 / each:.1f} a second" if each < 1 else f"{lasting(each)} each"
        left = lasting((self._total - self._done) * each)
        return f"{self._done}/{self._total}  {rate}  {left} left  {student}"


def lasting(seconds: float) -> str:
    """A time to wait, as a person says it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
