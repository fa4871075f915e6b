"""The attacks are worth something: they break a grader that imports the student's code.

Everything is as in `test_corpus` but for the sandbox, in whose place stands an import into the
grader's own process. Each attack has a bubble of its own.
"""

from __future__ import annotations

import sys

import pytest

from tests.attacks import board, bubble, corpus, naive
from tests.attacks.inprocess import InProcess

SAMPLE = (
    "open the reference",
    "own memory by /proc/self/mem",
    "frames of the caller",
    "environment",
    "tcp",
    "abstract unix socket",
    "fork bomb",
    "memory in arrays",
    "sleep for ever",
    "os._exit",
    "a signal to the grader",
    "a daemon",
    "patched NumPy",
    "the reference by the garbage collector",
    "results.json written, and gone",
)


@pytest.mark.skipif(bool(bubble.missing()), reason="no bubblewrap here")
def test_an_import_in_place_of_the_sandbox_is_broken():
    found = board.in_process(corpus.find(name) for name in SAMPLE)
    assert [name for name, successes in found.items() if not successes] == []


@pytest.mark.skipif(bool(bubble.missing()), reason="no bubblewrap here")
@pytest.mark.parametrize("grader", naive.PROGRAMS)
def test_a_naive_grader_is_beaten_by_a_trick_alone(grader):
    command = [sys.executable, "-m", "tests.attacks.inside", "naive", grader]
    assert bubble.run(command, seconds=corpus.LATE).answer == ["", naive.FULL]


def test_there_is_no_such_import_outside_a_bubble():
    with pytest.raises(RuntimeError, match="inside a bubble only"):
        InProcess()


def test_a_control_that_cannot_start_is_no_success(monkeypatch):
    monkeypatch.setattr(corpus, "find", None)
    broken = bubble.Ended(1, None, "Traceback: no module of that name")
    monkeypatch.setattr(bubble, "run", lambda *_, **__: broken)
    with pytest.raises(AssertionError, match="broken itself"):
        corpus.without_sandbox(corpus.ATTACKS[0])
