"""What writes in threads: nothing is lost, little waits, an error comes out."""

from __future__ import annotations

import threading

import pytest

from autograder.errors import UsageProblem
from autograder.running import writers
from autograder.running.writers import Writers


def test_little_waits_and_all_is_written():
    gate, written = threading.Event(), []

    def work(number: int) -> None:
        gate.wait(60)
        written.append(number)

    with Writers() as some:
        for number in range(writers.AHEAD):
            some.do(lambda number=number: work(number))
        opener = threading.Timer(0.1, gate.set)
        opener.start()
        some.do(lambda: work(-1))  # waits until there is room
        assert gate.is_set()
        some.finish()
        assert sorted(written) == list(range(-1, writers.AHEAD))


def test_a_full_disk_ends_the_run_and_what_was_begun_is_written():
    written = []

    def full() -> None:
        raise UsageProblem("cannot write: no space")

    def run() -> None:
        with Writers() as some:
            some.do(full)
            for number in range(100):
                some.do(lambda number=number: written.append(number))
            some.finish()

    with pytest.raises(UsageProblem, match="no space"):
        run()
    assert sorted(written) == list(range(len(written)))
