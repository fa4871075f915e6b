"""Whoever disturbs the counting of Python work is heard of, and who is honest is not."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

from autograder.sandbox import Submission
from shared.errors import CheckFailed
from shared.signatures import read_signatures
from shared.student import Student
from shared.vectorised import check_vectorised

# Names are put together at run time: no text of these says what it does.
TOP = """
import inspect, json, os, re, sys
import numpy as np
def named(owner, *parts): return getattr(owner, ''.join(parts))
def rows(x): return np.array([float(row.sum()) for row in x])
def classes(kind):
    for one in named(type, '__sub', 'classes__')(kind): yield one
def cells(function): return getattr(function, '__clo' 'sure__', None) or ()
def forged(text):
    # Of the same length: the frame says how long it is.
    new = '["t",46,5,true]'
    return re.sub(r'\\["t",\\d+,\\d+,true\\]', lambda found: new.ljust(len(found[0])), text)
def up(frame):
    while frame is not None:
        yield frame
        frame = named(frame, 'f_', 'back')
def reset(frames):
    for frame in frames:
        for cell in cells(frame.f_locals.get('stop')) if 'stop' in frame.f_locals else ():
            if type(cell.cell_contents) is int: cell.cell_contents = 0
"""
MEDDLING = {
    "the hook taken away": """
        def f(x):
            named(sys, 'set', 'trace')(None)
            return rows(x)
        """,
    "the hook taken away and put back": """
        def f(x):
            before = named(sys, 'get', 'trace')()
            named(sys, 'set', 'trace')(None)
            try: return rows(x)
            finally: named(sys, 'set', 'trace')(before)
        """,
    "all events off": """
        def f(x):
            m = getattr(sys, 'monit' 'oring', None)
            for tool in range(6) if m else ():
                try: named(m, 'set_', 'events')(tool, 0)
                except ValueError: pass  # where nobody counts
            return rows(x)
        """,
    "a frame's own hook": """
        def f(x):
            out, frame = np.zeros(len(x)), inspect.currentframe()
            setattr(frame, 'f_' 'trace', None)
            setattr(frame, 'f_' 'trace_opcodes', False)
            for i in range(len(x)): out[i] = x[i, 0]
            return out
        """,
    "the function that the hook is": """
        def f(x):
            out = rows(x)
            for cell in cells(named(sys, 'get', 'trace')()): cell.cell_contents = lambda: None
            return out
        """,
    "the worker replaced": """
        (worker,) = (c for c in classes(object) if hasattr(c, '_answer') and hasattr(c, '_keep'))
        old = worker._answer
        worker._answer = lambda self, request: (
            forged(old(self, request).decode('latin-1')).encode('latin-1')
        )
        def f(x): return rows(x)
        """,
    "the reply spelled anew": """
        old = json.dumps
        json.dumps = lambda *a, **k: forged(old(*a, **k))
        def f(x): return rows(x)
        """,
    "the counter's cells by its frames": """
        def f(x):
            out = rows(x)
            reset(up(named(sys, '_get', 'frame')()))
            return out
        """,
    "the counter's cells by a traceback": """
        def f(x):
            out = rows(x)
            try: 1 / 0
            except ZeroDivisionError as error: reset(up(named(error.__traceback__, 'tb_', 'frame')))
            return out
        """,
    "the counter's cells by a generator": """
        def turn():
            reset(up(named(running[0], 'gi_', 'frame')))
            yield
        def f(x):
            out = rows(x)
            running[:] = [turn()]
            next(running[0])
            return out
        running = []
        """,
    "the counter's cells by the garbage collector": """
        import gc
        def f(x):
            out = rows(x)
            for thing in named(gc, 'get_', 'objects')():
                if getattr(thing, '__name__', '') == 'stop': reset_cells(thing)
            return out
        def reset_cells(function):
            for cell in cells(function):
                if type(cell.cell_contents) is int: cell.cell_contents = 0
        """,
}
# Undone without a trace: nothing of it was ever of use.
VAIN = {
    "the count of objects": """
        setattr(sys, 'getallocated' 'blocks', lambda: 0)
        def f(x): return np.array(x.tolist())
        """,
    "the original behind a twin": """
        original = getattr(sum, '__wra' 'pped__', sum)
        def f(x): return float(original(x[:, 0]))
        """,
}
HONEST = {
    "logging": """
        import logging
        def f(x):
            logging.getLogger('f').warning('shape')
            return x
        """,
    "warnings and tracebacks": """
        import traceback, warnings
        def f(x):
            warnings.warn('careful')
            try: 1 / 0
            except ZeroDivisionError: traceback.format_exc()
            return x
        """,
    "classes of every kind": """
        import collections, dataclasses, enum, typing
        def f(x):
            collections.namedtuple('P', 'a b')
            class Kind(enum.Enum): A = 1
            @dataclasses.dataclass
            class Layer: size: int = 1
            typing.TypeVar('T')
            class Named(typing.NamedTuple): a: int
            return x
        """,
    "its own source": "import inspect\ndef f(x):\n    inspect.getsource(f)\n    return x",
    "printing": """
        import os, sys
        def f(x):
            print(x.shape, flush=True)
            sys.stderr.write('here')
            os.write(1, b'and here')
            return x
        """,
    "the garbage collector": "import gc\ndef f(x):\n    gc.collect()\n    return x",
}


@pytest.fixture(scope="module")
def judge(box):
    """What is said of a submission's `f`: the message it fails with, and the flags."""

    def judge(source):
        text = TOP + textwrap.dedent(source)
        with box.worker(Submission({"nn/work.py": text}), component="work") as worker:
            student = Student(worker, read_signatures("def f(x): ..."), file="nn/work.py")
            try:
                check_vectorised(
                    student,
                    "f",
                    lambda who, rng, size: (rng.standard_normal((size, 6)),),
                    np.random.default_rng(3),
                    axis="batch",
                )
            except CheckFailed as failed:
                return failed.messages[0].id, []
            return "", [flag.id for flag in student.notes.flags]

    return judge


@pytest.mark.parametrize("how", MEDDLING)
@pytest.mark.parametrize("has_loop", [True, False])
def test_who_meddles_is_flagged_and_loses_nothing(judge, how, has_loop):
    is_monitored = sys.version_info >= (3, 12)
    if how == ("a frame's own hook" if is_monitored else "all events off"):
        pytest.skip("this Python counts another way")
    source = textwrap.dedent(MEDDLING[how])
    if not has_loop:
        source = source.replace("rows(x)", "x.sum(axis=1)")
        source = source.replace("for i in range(len(x)): out[i] = x[i, 0]", "out = x[:, 0]")
    assert judge(source) == ("", ["needs-look"])


@pytest.mark.parametrize("how", VAIN)
def test_what_counts_is_out_of_reach(judge, how):
    assert judge(VAIN[how])[0] in ("loop", "objects")


@pytest.mark.parametrize("how", HONEST)
def test_honest_code_is_not_flagged(judge, how):
    assert judge(HONEST[how]) == ("", [])


def test_the_worker_itself_is_not_to_be_had(judge):
    with pytest.raises(Exception, match="refused"):
        judge(
            "import importlib\nimportlib.import_module('sha' + 'red.metering')\ndef f(x): return x"
        )
