"""Calls that an honest submission makes work as they do on a laptop."""

from __future__ import annotations

import gc
import os
import signal

import numpy as np
import pytest

from autograder.sandbox import Limits, Sandbox, SandboxError, Submission
from shared.calls import Count, Foreign, Handle


def test_values_go_there_and_back(run):
    value = (1, 2.5, None, True, "é", [np.arange(3.0)], {"a": np.float32(2)})
    reply = run("def f(x): return x", "f", value)
    assert reply.failure is None
    assert repr(reply.value) == repr(value)
    assert reply.cpu_seconds > 0


def test_keyword_arguments(make):
    worker = make("def f(x, *, k): return x - k")
    assert worker.call("f", (5,), {"k": 3}, "any").value == 2


def test_opaque_values_stay_and_come_back_as_themselves(make):
    worker = make(
        """
        class Cache: pass
        def forward(x):
            c = Cache(); c.x = x
            return x * 2, c
        def backward(d, c): return d + c.x
        def nested(box): return box["a"][0].x
        def unmatched(): return 1
        """
    )
    y, cache = worker.call("forward", (np.ones(2),), {}, ["tuple", "array", "opaque"]).value
    assert isinstance(cache, Handle)
    assert worker.call("backward", (y, cache), {}, "array").value.tolist() == [3, 3]
    assert worker.call("nested", ({"a": [cache]},), {}, "array").value.tolist() == [1, 1]
    # Where the structure is not what it should be, the value comes back for the message about it.
    assert worker.call("unmatched", (), {}, ["tuple", "array", "opaque"]).value == 1
    assert worker.call("forward", (y,), {}, "any").value[1] == Foreign("Cache")


def test_a_handle_that_is_let_go_is_forgotten(make):
    worker = make(
        """
        import gc
        class Cache: alive = 0
        def new():
            c = Cache(); Cache.alive += 1
            return c
        def alive(): return sum(type(o) is Cache for o in gc.get_objects())
        """
    )
    handles = [worker.call("new", (), {}, "opaque").value for _ in range(3)]
    assert worker.call("alive", (), {}, "any").value == 3
    del handles[:2]
    gc.collect()
    assert worker.call("alive", (), {}, "any").value == 1


def test_methods_of_a_class(make):
    worker = make(
        """
        class Net:
            def __init__(self, n): self.n = n
            def plus(self, k): return self.n + k
        """
    )
    net = worker.call("Net", (4,), {}, "opaque").value
    assert worker.call("Net.plus", (net, 3), {}, "any").value == 7


def test_generators_advance_and_repeat_by_seed(make):
    worker = make("def f(rng): return rng.normal(size=3)")
    first, again = worker.generator(5), worker.generator(5)
    draws = [worker.call("f", (rng,), {}, "array").value for rng in (first, first, again)]
    expected = np.random.default_rng(5).normal(size=6)
    assert np.array_equal(np.concatenate(draws[:2]), expected)
    assert np.array_equal(draws[2], expected[:3])


def test_unseeded_draws_repeat_in_every_worker(make):
    source = """
        import random
        import numpy as np
        def f(): return np.random.rand(), random.random(), hash("x"), list({"a", "b", "c"})
        """
    first, second = (make(source).call("f", (), {}, "any").value for _ in range(2))
    assert first == second


def test_changed_arguments_are_named(run):
    reply = run("def f(x, w):\n    w += 1\n    return x", "f", np.ones(2), np.ones(2))
    assert reply.changed == ("w",)


def test_the_test_keeps_its_own_arrays(make):
    x = np.ones(3)
    make("def f(x): x[:] = 0; return x").call("f", (x,), {}, "array")
    assert x.tolist() == [1, 1, 1]


@pytest.mark.parametrize("order", ["C", "F", "gaps"])
def test_arguments_keep_their_layout(run, order):
    x = {"C": np.ones((3, 4)), "F": np.ones((4, 3)).T, "gaps": np.ones((3, 8))[:, ::2]}[order]
    flags = run("def f(x): return x.flags.c_contiguous, x.flags.f_contiguous", "f", x).value
    assert flags == (x.flags.c_contiguous, x.flags.f_contiguous)


def test_warnings_are_named(run):
    reply = run("import numpy as np\ndef f(): return np.log(np.zeros(3))")
    assert reply.warnings == ("RuntimeWarning",)


def test_work_is_counted(make):
    source = """
        def loop(x): return sum(i * i for i in x)
        def flat(x): return x * x
        """
    worker = make(source)

    def count(worker, name, n):
        reply = worker.call(name, (np.ones(n),), {}, "any", count=True)
        assert isinstance(reply.count, Count)
        assert reply.count.intact
        return reply.count.bytecodes

    assert count(worker, "flat", 8) == count(worker, "flat", 64)
    assert count(worker, "loop", 64) > count(worker, "loop", 8) + 56
    assert worker.call("flat", (np.ones(2),), {}, "any").count is None


def test_the_metered_worker_counts_loops_in_c(make):
    worker = make("def f(x): return sum(x)")
    counts = [
        backend.call("f", (np.ones(n),), {}, "any", count=True).count.bytecodes
        for backend in (worker, worker.metered())
        for n in (8, 64)
    ]
    assert counts[0] == counts[1]
    assert counts[3] > counts[2] + 50
    assert worker.metered() is worker.metered()
    assert worker.metered().pid != worker.pid


def test_siblings_import_and_state_survives(make):
    worker = make(
        """
        from nn.layers import double
        from . import layers as again
        import nn.deep.inner
        from nn.deep import inner
        calls = []
        def f(x):
            calls.append(x)
            return double(x), again is not None, inner.K, len(calls)
        """,
        layers="def double(x): return 2 * x",
        **{"deep/inner": "from ..layers import double\nK = double(4)"},
    )
    assert worker.call("f", (1,), {}, "any").value == (2, True, 8, 1)
    assert worker.call("f", (2,), {}, "any").value == (4, True, 8, 2)


def test_only_the_component_is_imported(run):
    reply = run("def f(): return 1", broken="this is no Python")
    assert reply.value == 1


def test_two_workers_at_once(make):
    source = "x = 0\ndef f():\n    global x\n    x += 1\n    return x"
    first, second = make(source), make(source)
    assert [w.call("f", (), {}, "any").value for w in (first, second, first)] == [1, 1, 2]
    assert first.pid != second.pid


def test_a_handle_of_another_worker_is_the_tests_mistake(make):
    first, second = make("def f(x=0): return x"), make("def f(x=0): return x")
    handle = first.call("f", (), {}, "opaque").value
    with pytest.raises(SandboxError, match="another worker"):
        second.call("f", (handle,), {}, "any")
    with pytest.raises(SandboxError, match="set"):
        first.call("f", ({1},), {}, "any")
    assert first.call("f", (handle,), {}, "any").value == 0


def test_a_forked_grader_uses_the_same_sandbox(make):
    worker = make("x = 0\ndef f():\n    global x\n    x += 1\n    return x")
    worker.call("f", (), {}, "any")
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        # Whatever happens, this copy of pytest must end here.
        try:
            os.write(write, b"%d" % worker.call("f", (), {}, "any").value)
            worker.close()
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read, "rb") as answer:
        assert answer.read() == b"1"
    assert worker.call("f", (), {}, "any").value == 2


def test_an_interrupted_call_leaves_no_reply_behind(make):
    worker = make("import time\ndef f(x):\n    time.sleep(x)\n    return x")
    assert worker.call("f", (0,), {}, "any").value == 0

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            worker.call("f", (1.5,), {}, "any")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert worker.call("f", (0,), {}, "any").value == 0


def test_closed_workers_say_so(make):
    worker = make("def f(): return 1")
    assert worker.call("f", (), {}, "any").value == 1
    worker.close()
    worker.close()
    with pytest.raises(SandboxError, match="closed"):
        worker.call("f", (), {}, "any")


def test_nothing_is_left_open(box):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    for _ in range(5):
        with box.worker(Submission({"nn/a.py": "def f(): return 1"}), component="a") as worker:
            assert worker.call("f", (), {}, "any").value == 1
            worker.metered().call("f", (), {}, "any")
    assert descriptors() == before


def test_a_sandbox_that_ended_is_no_verdict_on_a_student():
    with Sandbox(Limits()) as box:
        worker = box.worker(Submission({"nn/a.py": "def f(): return 1"}), component="a")
        worker.call("f", (), {}, "any")
        box._server.close()
        with pytest.raises(SandboxError):
            worker.call("f", (), {}, "any")


@pytest.mark.parametrize("field", ["call_cpu", "memory_mb", "reply_mb"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_positive(field, value):
    with pytest.raises(ValueError, match=field):
        Limits(**{field: value})
