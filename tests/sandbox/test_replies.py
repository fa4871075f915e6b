"""Forged replies: a worker may say what it likes, and nothing but an answer counts as one."""

from __future__ import annotations

import numpy as np
import pytest

from shared.calls import Foreign

# What a worker's own code left on the stack: `serve`, from which its machinery is patched.
MACHINERY = """
import os, struct, sys, time
def machinery():
    frame = sys._getframe()
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_globals
def works(): return 1
"""


FORGED = {
    "text to every descriptor": "for fd in range(1, 9):\n        try: os.write(fd, b'100/100' * 9)"
    "\n        except OSError: pass",
    "a frame of no length": "os.write(4, b'NNW1' + bytes(12))",
    "a frame with a huge header": "os.write(4, struct.pack('<4sIQ', b'NNW1', 2**32 - 1, 0))",
    "a frame with a huge body": "os.write(4, struct.pack('<4sIQ', b'NNW1', 2, 2**63))",
    "a frame that is a pickle": "d = b'\\x80\\x04]\\x94.'\n"
    "    os.write(4, struct.pack('<4sIQ', b'NNW1', len(d), 0) + d)",
    "another request's number": "m = machinery(); m['send'](m['pack'](('value', 99, 1, [], [], "
    "None), key_of=None))",
    "no tuple": "m = machinery(); m['send'](m['pack']([1], key_of=None))",
    "no number": "m = machinery(); m['send'](m['pack'](('value', '1', 1), key_of=None))",
    "no kind": "m = machinery(); m['send'](m['pack'](('gift', 2, 1), key_of=None))",
    "a kind that is the grader's": "m = machinery(); m['send'](m['pack'](('failure', 2, 'timeout', "
    "'', '', 0, '', ''), key_of=None))",
    "a handle of the future": "m = machinery(); m['send'](m['pack'](('value', 2, m['Handle'](None, "
    "1), [], [], None), key_of=m['_key_of']))",
    "changed names are numbers": "m = machinery(); m['send'](m['pack'](('value', 2, 1, [1], [], "
    "None), key_of=None))",
    "endless names": "m = machinery(); m['send'](m['pack'](('value', 2, 1, ['a'] * 99, [], None), "
    "key_of=None))",
    "a count below zero": "m = machinery(); m['send'](m['pack'](('value', 2, 1, [], [], (-1, 0, "
    "True)), key_of=None))",
    "two replies": "m = machinery(); r = m['pack'](('value', 2, 1, [], [], None), key_of=None); "
    "os.write(4, r + r)",
    "a flood": "while True: os.write(4, b'NNW1' + bytes(60000))",
    "a closed pipe": "os.close(4)\n    while True: time.sleep(1)",
    "a pipe to itself": "os.dup2(0, 4)\n    while True: time.sleep(1)",
    "a patched encoder": "machinery()['pack'] = None",
    "a broken machinery": "machinery()['send'] = None",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_is_no_reply(make, name):
    worker = make(MACHINERY + f"def f():\n    {FORGED[name]}\n")
    assert worker.call("f", (), {}, "any").failure.kind == "protocol"
    assert worker.call("works", (), {}, "any").value == 1


def test_a_forged_reply_in_form_is_only_the_students_answer(make):
    worker = make(
        MACHINERY + "def f(x):\n    m = machinery()\n    m['send'](m['pack'](('value', 2, 42, [], "
        "[], None), key_of=None))\n    os._exit(0)"
    )
    assert worker.call("f", (1,), {}, "any").value == 42


def test_a_slow_drip_meets_the_deadline(make):
    worker = make(
        MACHINERY + "def f():\n    os.write(4, struct.pack('<4sIQ', b'NNW1', 1000, 0))\n"
        "    while True:\n        os.write(4, b' '); time.sleep(0.05)"
    )
    assert worker.call("f", (), {}, "any").failure.kind == "timeout"


def test_a_worker_that_never_reads_does_not_hold_the_grader(make):
    worker = make(
        MACHINERY + "def f(): machinery()['receive'] = lambda: time.sleep(10**6)\ndef g(x): pass"
    )
    assert worker.call("f", (), {}, "any").failure is None
    assert worker.call("g", (np.zeros(10 << 17),), {}, "any").failure.kind == "timeout"
    assert worker.call("works", (), {}, "any").value == 1


def test_a_reply_over_the_cap_is_refused(make):
    worker = make(
        MACHINERY + "import numpy as np\ndef f():\n    machinery()['pack'].__kwdefaults__"
        "['body_cap'] = 1 << 40\n    g = machinery()['pack']\n    machinery()['pack'] = "
        "lambda v, key_of, body_cap=0: g(v, key_of=key_of)\n    return np.zeros(10 << 17)"
    )
    assert worker.call("f", (), {}, "any").failure.kind == "protocol"


def test_the_clock_is_the_kernels(run):
    reply = run(
        """
        import time
        start = time.process_time
        time.process_time = time.perf_counter = time.time = time.monotonic = lambda: 0.0
        def f():
            t = start()
            while start() - t < 0.2: pass
        """
    )
    assert reply.cpu_seconds >= 0.2


def test_objects_that_equal_everything_are_no_data(run):
    source = """
        import numpy as np
        class Yes:
            def __eq__(self, other): return True
        class Sub(np.ndarray):
            def __array_function__(self, *a): return True
            def __array_ufunc__(self, *a, **k): return True
        class Float(float):
            def __sub__(self, other): return 0.0
        class List(list): pass
        def f(): return [Yes(), np.array([Yes()]), np.zeros(3).view(Sub), Float(), List([1])]
        """
    names = ["Yes", "ndarray of object", "Sub", "Float", "List"]
    assert run(source).value == [Foreign(name) for name in names]
