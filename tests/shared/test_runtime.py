"""The time limit, with clocks that say what the test wants."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from shared.calls import Reply
from shared.errors import CheckFailed
from shared.messages import render
from shared.runtime import Load, check_runtime
from shared.signatures import Signature
from shared.student import Student

KNOWN = {"f": Signature("f", ("x",), "array", "Array")}


class Clock:
    """A backend whose calls take what a script says, in CPU seconds."""

    def __init__(self, seconds, answer=lambda x: 2 * x):
        self._seconds = itertools.chain(seconds, itertools.repeat(seconds[-1]))
        self._answer = answer
        self.calls = 0

    def call(self, name, args, kwargs, returns, *, count=False):
        self.calls += 1
        return Reply(value=self._answer(args[0]), cpu_seconds=next(self._seconds))


class Memory(Clock):
    """Fast where it has seen the data before."""

    def __init__(self, slow, fast):
        super().__init__([slow])
        self._seen, self._slow, self._fast = set(), slow, fast

    def call(self, name, args, kwargs, returns, *, count=False):
        key = args[0].tobytes()
        seconds = self._fast if key in self._seen else self._slow
        self._seen.add(key)
        return Reply(value=2 * args[0], cpu_seconds=seconds)


def _student(clock):
    return Student(clock, KNOWN, file="nn/work.py")


def _build(who, rng, size):
    return (rng.standard_normal(size),)


def _measure(clock, yardstick=(1.0,)):
    student = _student(clock)
    beside = yardstick if isinstance(yardstick, Load) else _student(Clock(list(yardstick)))
    check_runtime(student, "f", _build, np.random.default_rng(4), size=5, beside=beside)
    return [render(m) for m in student.notes.flags]


FLAG = (
    "Slow: `f` takes over 10 times as long as plain vectorised NumPy. No points are lost for this."
)


@pytest.mark.parametrize(
    ("ratio", "flags", "calls"),
    [(1, [], 2), (4.9, [], 2), (9, [], 6), (12, [FLAG], 16), (29, [FLAG], 16)],
)
def test_what_is_within_the_limit_passes(ratio, flags, calls):
    clock = Clock([ratio])
    assert _measure(clock) == flags
    assert clock.calls == calls  # the first one warms up


@pytest.mark.parametrize("ratio", [31, 100, 1e6])
def test_what_is_over_the_limit_fails_after_three_rounds(ratio):
    clock = Clock([ratio])
    with pytest.raises(CheckFailed) as caught:
        _measure(clock)
    assert [render(m) for m in caught.value.messages] == [
        "`f` takes over 30 times as long as plain vectorised NumPy."
    ]
    assert clock.calls == 4


@pytest.mark.parametrize("quiet", range(3))
def test_a_noisy_round_of_the_students_does_not_matter(quiet):
    seconds = [1.0, 500.0, 500.0, 500.0, 500.0]
    seconds[1 + quiet] = 2.0
    assert _measure(Clock(seconds)) == []


def test_noisy_rounds_of_the_yardstick_do_not_save_a_slow_student():
    for quiet in range(6):
        yardstick = [50.0] * 11
        yardstick[quiet] = 1.0
        if quiet == 0:  # the call that warms up is not measured
            yardstick[3] = 1.0
        with pytest.raises(CheckFailed):
            _measure(Clock([31]), yardstick)


def test_the_first_call_may_take_any_time():
    assert _measure(Clock([1e6, 1.0])) == []


def test_a_wrong_answer_on_fresh_data_fails():
    answers = iter([2.0, 2.0, 3.0])
    with pytest.raises(CheckFailed) as caught:
        _measure(Clock([8.0], lambda x: next(answers) * x))
    assert "wrong answer on the data that its time is measured with" in render(
        caught.value.messages[0]
    )


def test_a_remembered_answer_gains_nothing():
    with pytest.raises(CheckFailed):
        _measure(Memory(slow=100.0, fast=0.001))


def test_both_get_the_same_data_and_it_is_new_each_round():
    seen = {"student": [], "yardstick": []}

    def spy(who):
        def answer(x):
            seen[who].append(x.tobytes())
            return 2 * x

        return _student(Clock([8.0 if who == "student" else 1.0], answer))

    check_runtime(
        spy("student"), "f", _build, np.random.default_rng(4), size=5, beside=spy("yardstick")
    )
    assert len(set(seen["student"])) == len(seen["student"]) == 6
    assert set(seen["student"]) <= set(seen["yardstick"])


class Fixed(Load):
    def seconds(self):
        return 1.0


def test_a_fixed_load_serves_as_a_yardstick():
    assert _measure(Clock([9]), Fixed()) == []
    assert _measure(Clock([12]), Fixed()) == [FLAG]
    with pytest.raises(CheckFailed):
        _measure(Clock([31]), Fixed())


def test_the_load_takes_some_time():
    assert Load().seconds() > 0
    assert Load(product=(2, 3, 4), elements=10).seconds() >= 0


def test_keyword_arguments_reach_the_function():
    class Keyword(Clock):
        def call(self, name, args, kwargs, returns, *, count=False):
            return super().call(name, (kwargs["x"],), {}, returns)

    def build(who, rng, size):
        return (), {"x": rng.standard_normal(size)}

    slow, plain = (_student(Keyword([seconds])) for seconds in (100, 1))
    check_runtime(plain, "f", build, np.random.default_rng(4), size=5, beside=plain)
    with pytest.raises(CheckFailed):
        check_runtime(slow, "f", build, np.random.default_rng(4), size=5, beside=plain)
