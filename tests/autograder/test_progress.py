"""What a run says of itself while it runs."""

from __future__ import annotations

import io

import pytest

from autograder.running import progress
from autograder.running.progress import Progress, lasting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_has_one_line_from_the_first_moment(clock):
    stream = Terminal()
    line = Progress(300, stream)
    assert "0/300" in stream.getvalue()
    clock[0] += 2
    line.step("kept", kept=True)
    assert stream.getvalue().endswith("1/300  kept from an earlier run  kept")
    line.step("anna", kept=False)
    assert stream.getvalue().endswith("2/300  2 s each  10 min left  anna")
    line.end()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert "\n" not in stream.getvalue()


def test_a_log_has_a_line_now_and_then(clock):
    stream = io.StringIO()
    line = Progress(300, stream)
    for number in range(60):
        clock[0] += 0.5
        line.step(f"s{number}", kept=False)
    assert stream.getvalue().splitlines() == [
        "20/300  2.0 a second  2 min left  s19",
        "40/300  2.0 a second  2 min left  s39",
        "60/300  2.0 a second  2 min left  s59",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (99, "99 s"), (240, "4 min"), (5000, "83 min"), (9e3, "2.5 h")],
)
def test_times_are_said_as_people_say_them(seconds, said):
    assert lasting(seconds) == said
