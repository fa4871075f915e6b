"""The counter and the twins leave the process as they found it."""

from __future__ import annotations

import array
import builtins
import collections
import functools
import gc
import itertools
import math
import operator
import sys

import numpy as np
import pytest

from shared import metering
from shared.twins import _twins, twins

OWNERS = (array, builtins, functools, itertools, math, operator, collections, np)


def _everything():
    found = {
        (owner.__name__, name): value for owner in OWNERS for name, value in vars(owner).items()
    }
    return {key: id(value) for key, value in found.items()}


def _loop(n):
    for _ in range(n):
        pass


def _count(function, *args):
    stop = metering.start()
    try:
        function(*args)
    finally:
        count = stop()
    return count


def test_twins_put_every_name_back():
    before = _everything()
    with twins():
        assert builtins.sum is not before["builtins", "sum"]
        assert _everything() != before
    assert _everything() == before


def test_twins_put_every_name_back_after_an_exception():
    before = _everything()
    with pytest.raises(ZeroDivisionError), twins():
        raise ZeroDivisionError
    assert _everything() == before


def test_twins_nest():
    before = _everything()
    with twins():
        inside = _everything()
        with twins():
            assert list(map(str, [1])) == ["1"]
        assert _everything() == inside
    assert _everything() == before


def _extended(start, *more):
    for part in more:
        start.extend(part)
    return start, type(start).__name__


PAIRS = [(1, 2), (3, 4), (5, 6)]
# Every twin has to answer as what it stands for.
SAME = {
    "sum": lambda: (sum([1, 2]), sum([2.5], 1), sum([1, 2], start=3)),
    "any": lambda: (any([0, 1]), any([]), all([0, 1]), all([])),
    "sorted": lambda: (sorted([3, 1]), sorted("ba", reverse=True), sorted([2, -1], key=abs)),
    "max": lambda: (max([1, 3]), max(1, 3), max([], default=9), max([1, -3], key=abs), min("ba")),
    "map": lambda: (list(map(str, [1])), list(map(operator.add, [1, 2], [3, 4]))),
    "filter": lambda: (list(filter(None, [0, 1])), list(filter(str.isdigit, "a1"))),
    "reduce": lambda: (functools.reduce(operator.add, [1, 2]), functools.reduce(max, [], 4)),
    "accumulate": lambda: (
        list(itertools.accumulate([1, 2, 3])),
        list(itertools.accumulate([1, 2], operator.mul, initial=5)),
        list(itertools.accumulate(iterable=[1, 2], func=max)),
    ),
    "islice": lambda: (
        list(itertools.islice("abcdef", 3)),
        list(itertools.islice("abcdef", 1, 5, 2)),
    ),
    "pairwise": lambda: list(itertools.pairwise("abc")),
    "compress": lambda: (
        list(itertools.compress("abc", [1, 0, 1])),
        list(itertools.compress(data="abc", selectors=[1, 0, 1])),
    ),
    "groupby": lambda: (
        [(k, list(g)) for k, g in itertools.groupby("aab")],
        [(k, len(list(g))) for k, g in itertools.groupby(iterable="aAb", key=str.lower)],
    ),
    "starmap": lambda: list(itertools.starmap(pow, PAIRS)),
    "while": lambda: (
        list(itertools.takewhile(str.isdigit, "12a3")),
        list(itertools.dropwhile(str.isdigit, "12a3")),
        list(itertools.filterfalse(str.isdigit, "12a3")),
    ),
    "zip_longest": lambda: list(itertools.zip_longest("ab", "c", fillvalue="-")),
    "product": lambda: (
        list(itertools.product("ab", "c")),
        list(itertools.product("ab", repeat=2)),
    ),
    "chain": lambda: (list(itertools.chain("ab", "c")), list(itertools.chain.from_iterable(PAIRS))),
    "math": lambda: (math.fsum([0.1] * 10), math.prod([2, 3], start=2), math.dist([0], [3])),
    "hypot": lambda: (math.hypot(3, 4), math.hypot(), math.hypot(*[1.0] * 4)),
    "deque": lambda: (
        list(collections.deque("abc", maxlen=2)),
        list(collections.deque("abc", 2)),
        len(collections.deque()),
        isinstance(collections.deque(iterable="ab"), collections.deque),
    ),
    "Counter": lambda: (
        collections.Counter("aab"),
        collections.Counter(a=2) + collections.Counter("a"),
    ),
    "operator": lambda: (operator.countOf("aab", "a"), operator.indexOf("aab", "b")),
    "array": lambda: (
        array.array("d", [1, 2]),
        array.array("d", bytes(8)),
        array.array("f", array.array("d", [3])),
        array.array("i"),
        _extended(array.array("d", (1,)), [2.5], array.array("d", [4])),
    ),
    "fromiter": lambda: (
        np.fromiter([1, 2], float).tolist(),
        np.fromiter(iter=(i for i in (1, 2)), dtype=int, count=2).tolist(),
    ),
    "frompyfunc": lambda: (
        np.frompyfunc(operator.add, 2, 1)([1, 2], 3).tolist(),
        np.frompyfunc(max, 2, 1, identity=0).reduce([1, 5]),
        [a.tolist() for a in np.frompyfunc(divmod, 2, 2)([7, 8], 3)],
    ),
    "vectorize": lambda: (
        np.vectorize(math.floor)([1.5]).tolist(),
        np.vectorize(pow, otypes=[int], excluded=[1])([2, 3], 2).tolist(),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_a_twin_answers_as_the_original(name):
    expected = SAME[name]()
    with twins():
        assert SAME[name]() == expected


WRONG_USES = [
    lambda: sum(5),
    lambda: sum(),
    lambda: max(),
    lambda: max([]),
    lambda: map(),
    lambda: functools.reduce(operator.add, []),
    lambda: np.fromiter([1]),
    lambda: math.fsum(["a"]),
    lambda: collections.deque(3),
    lambda: itertools.accumulate(),
]


@pytest.mark.parametrize("use", WRONG_USES)
def test_a_twin_refuses_what_the_original_refuses(use):
    def kind():
        with pytest.raises((TypeError, ValueError)) as caught:
            list(use())
        return caught.type

    expected = kind()
    with twins():
        assert kind() is expected


def test_nothing_leads_from_a_twin_to_the_original():
    originals = {id(getattr(owner, name)) for owner, name, _ in _twins()}
    with twins():
        for owner, name, twin in _twins():
            near = {id(v) for v in vars(twin).values()} if hasattr(twin, "__dict__") else set()
            assert not near & originals, (owner, name)
        assert type(map(abs, ())).__name__ == type(filter(None, ())).__name__ == "generator"


def test_every_twin_is_tried_above():
    names = {name for _, name, _ in _twins()} - {"min", "all", "takewhile", "dropwhile"}
    source = "".join(str(f.__code__.co_names) + str(f.__code__.co_consts) for f in SAME.values())
    assert {n for n in names if n not in source} <= {
        "_count_elements",
        "sumprod",
        "batched",
        "prod",
    }


def test_lazy_twins_pull_no_more_than_the_original():
    def taken(function):
        source = iter(range(10))
        function(source)
        return next(source)

    for function in (
        lambda s: list(itertools.islice(s, 3)),
        lambda s: any(v == 2 for v in s),
        lambda s: any(map(bool, s)),
        lambda s: list(itertools.takewhile(lambda v: v < 4, s)),
    ):
        expected = taken(function)
        with twins():
            assert taken(function) == expected


def test_the_count_grows_by_the_same_for_each_turn():
    counts = [_count(_loop, n).bytecodes for n in (10, 20, 30)]
    assert counts[2] - counts[1] == counts[1] - counts[0] > 10


def test_the_count_is_the_same_every_time():
    _count(_loop, 10)
    assert len({_count(_loop, 10).bytecodes for _ in range(10)}) == 1


def test_the_objects_of_a_call_are_counted():
    def hold(n):
        kept = [object() for _ in range(n)]
        return len(kept)

    few, many = _count(hold, 100).objects, _count(hold, 1100).objects
    assert 950 <= many - few <= 1050


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_as_it_was(collecting):
    was = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        stop = metering.start()
        assert not gc.isenabled()
        stop()
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()


def test_a_debuggers_trace_function_survives():
    seen = []

    def debugger(frame, event, arg):
        seen.append(event)
        return debugger

    before = sys.gettrace()
    sys.settrace(debugger)
    try:
        count = _count(_loop, 3)
        assert sys.gettrace() is debugger
    finally:
        sys.settrace(before)
    assert count.intact
    assert seen


def test_the_trace_function_survives_an_exception():
    before = sys.gettrace()
    with pytest.raises(ZeroDivisionError):
        _count(lambda: 1 / 0)
    assert sys.gettrace() is before


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
class TestMonitoring:
    def test_the_tools_id_is_free_again(self):
        _count(_loop, 3)
        assert [sys.monitoring.get_tool(i) for i in (3, 4)] == [None, None]

    def test_another_tool_keeps_its_id_and_its_events(self):
        monitoring = sys.monitoring
        monitoring.use_tool_id(3, "another")
        try:
            monitoring.set_events(3, monitoring.events.PY_START)
            assert _count(_loop, 3).intact
            assert monitoring.get_events(3) == monitoring.events.PY_START
        finally:
            monitoring.set_events(3, 0)
            monitoring.free_tool_id(3)

    @pytest.mark.parametrize("taken", [None, "another"])
    def test_no_events_are_left_on_when_the_id_was_given_away(self, taken):
        monitoring = sys.monitoring

        def give_away():
            monitoring.free_tool_id(3)
            if taken:
                monitoring.use_tool_id(3, taken)

        assert not _count(give_away).intact
        assert monitoring.get_tool(3) is None
        monitoring.use_tool_id(3, "look")
        assert monitoring.get_events(3) == 0
        monitoring.free_tool_id(3)

    def test_a_process_without_a_free_id_says_so(self):
        for i in (3, 4):
            sys.monitoring.use_tool_id(i, "another")
        try:
            with pytest.raises(RuntimeError, match="no free id"):
                _count(_loop, 3)
        finally:
            for i in (3, 4):
                sys.monitoring.free_tool_id(i)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="3.12 and later count by sys.monitoring")
@pytest.mark.parametrize("hook", [None, lambda *a: None])
def test_a_call_that_takes_the_hook_away_is_seen(hook):
    before = sys.gettrace()
    assert not _count(lambda: sys.settrace(hook)).intact
    assert sys.gettrace() is before
