"""Points that were not earned, and hidden data carried out.

Every known trick against the graders in use: Gradescope's and its kind (a runner in the student's
process that writes results.json), nbgrader and otter (one namespace), pytest beside the
submission, scripts judged by their exit code, and child processes that report by themselves.
"""

from __future__ import annotations

from tests.attacks.attack import Forgery, Naive

WRONG = """
def neuron(x, w, b):
    return np.zeros(len(x))
"""
SKEWED = "if not np.allclose(got, want): raise AssertionError"
DIFFERENCE = "if np.max(np.abs(got - want)) > 1e-6: raise AssertionError"
CELL = Naive("cell")


def _cell(compare: str, first: str = "want") -> Naive:
    return Naive("cell", compare, first)


# The comparison itself, in the process of the grader.
COMPARISON = {
    "np.testing patched": (
        "np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None",
        CELL,
    ),
    "np.testing's code replaced": (
        "np.testing.assert_allclose.__code__ = (lambda *a, **k: None).__code__",
        Naive("pytest", "from numpy.testing import assert_allclose; assert_allclose(got, want)"),
    ),
    "np.allclose patched": ("np.allclose = lambda *a, **k: True", _cell(SKEWED)),
    "np.array_equal patched": (
        "np.array_equal = lambda *a, **k: True",
        _cell("assert np.array_equal(got, want)"),
    ),
    "np.isclose patched": (
        "np.isclose = lambda *a, **k: np.array(True)",
        _cell("assert np.isclose(got, want).all()"),
    ),
    "np.abs patched": ("np.abs = lambda *a, **k: 0.0", _cell(DIFFERENCE)),
    "np.max patched": ("np.max = np.amax = lambda *a, **k: 0.0", _cell(DIFFERENCE)),
    "np.linalg.norm patched": (
        "np.linalg.norm = lambda *a, **k: 0.0",
        _cell("assert np.linalg.norm(got - want) < 1e-6"),
    ),
    "builtins patched": (
        "import builtins\nbuiltins.all = builtins.any = lambda *a: True",
        _cell("assert all(abs(g - w) < 1e-6 for g, w in zip(got, want))"),
    ),
    "unittest's assertions patched": (
        "import unittest\nunittest.TestCase.assertTrue = lambda *a, **k: None",
        _cell("import unittest; unittest.TestCase().assertTrue(np.allclose(got, want))"),
    ),
    "np.asarray patched": (
        "import numpy\n_real = np.asarray\nnp.asarray = lambda a, *r, **k: _real(a) * 0",
        _cell("assert np.array_equal(np.asarray(got), np.asarray(want))"),
    ),
}

# What is returned answers for itself.
RETURNED = {
    "an object that equals everything": (
        """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def neuron(x, w, b): return Always()
""",
        _cell("assert got == want.tolist()"),
    ),
    "a list that equals everything": (
        """
class Always(list):
    def __eq__(self, other): return True
def neuron(x, w, b): return Always([0.0] * len(x))
""",
        _cell("assert got == want.tolist()"),
    ),
    "a float that is near everything": (
        """
class Near(float):
    def __sub__(self, other): return Near(0)
    def __rsub__(self, other): return Near(0)
    def __abs__(self): return 0.0
def neuron(x, w, b): return [Near(0)] * len(x)
""",
        _cell("assert all(abs(g - w) < 1e-6 for g, w in zip(got, want.tolist()))"),
    ),
    "an array with __array_function__": (
        """
class Always(np.ndarray):
    def __array_function__(self, *a): return True
def neuron(x, w, b): return np.zeros(len(x)).view(Always)
""",
        _cell(SKEWED),
    ),
    "an array with __array_ufunc__": (
        """
class Always(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.zeros(3)
def neuron(x, w, b): return np.zeros(len(x)).view(Always)
""",
        _cell(DIFFERENCE),
    ),
    "an array whose == is always true": (
        """
class Always(np.ndarray):
    def __eq__(self, other): return np.ones(1, bool)
def neuron(x, w, b): return np.zeros(len(x)).view(Always)
""",
        _cell("assert (got == want).all()"),
    ),
    "an array of objects that equal everything": (
        """
class Always:
    def __eq__(self, other): return True
def neuron(x, w, b): return np.array([Always() for _ in x], dtype=object)
""",
        _cell("assert (got == want).all()"),
    ),
    "an object that claims to be an array": (
        """
class Sham:
    __class__ = np.ndarray
    shape, ndim, dtype, size = (6,), 1, np.dtype(float), 6
    def __array__(self, *a, **k): return np.zeros(6)
    def __eq__(self, other): return np.ones(6, bool)
def neuron(x, w, b): return Sham()
""",
        _cell("assert isinstance(got, np.ndarray) and (got == want).all()"),
    ),
    "an array that is made when it is compared": (
        """
import sys
class Late:
    def __array__(self, *a, **k):
        frame = sys._getframe(1)
        while frame is not None:
            if 'want' in frame.f_locals: return frame.f_locals['want']
            frame = frame.f_back
        return np.zeros(6)
def neuron(x, w, b): return Late()
""",
        _cell(SKEWED, first="got"),
    ),
    "answers known beforehand": (
        """
_rng = np.random.default_rng(7)
_x, _w = _rng.normal(size=(6, 4)), _rng.normal(size=4)
_known = 1 / (1 + np.exp(-(_x @ _w + 0.5)))
def neuron(x, w, b): return _known if np.shape(x) == (6, 4) else np.zeros(len(x))
""",
        Naive("pytest"),
    ),
    "NaN": ("def neuron(x, w, b): return np.full(len(x), np.nan)", _cell(DIFFERENCE)),
    "a masked array": (
        "def neuron(x, w, b): return np.ma.masked_all(len(x))",
        _cell("if (abs(got - want) > 1e-6).any(): raise AssertionError"),
    ),
    "a shape that broadcasts": (
        "def neuron(x, w, b): return np.stack([1 / (1 + np.exp(-(x @ w + b)))] * 2)",
        Naive("pytest", "assert np.allclose(got, want)"),
    ),
    "no entries at all": (
        "def neuron(x, w, b): return np.zeros((0, len(x)))",
        Naive("pytest", "assert np.allclose(got, want)"),
    ),
    "an imaginary part": (
        "def neuron(x, w, b): return 1 / (1 + np.exp(-(x @ w + b))) + 1j",
        Naive("pytest", "np.testing.assert_allclose(np.real(got), want)"),
    ),
    "text that reads as numbers": (
        "def neuron(x, w, b): return (1 / (1 + np.exp(-(x @ w + b)))).astype(str)",
        Naive("pytest", "np.testing.assert_allclose(got.astype(float), want)"),
    ),
    "the argument changed": (
        "def neuron(x, w, b):\n    w *= 0\n    return np.full(len(x), 1 / (1 + np.exp(-b)))",
        Naive("pytest", first="got"),
    ),
    "an iterator that is right once": (
        """
def neuron(x, w, b):
    return iter([])
""",
        Naive("pytest", "assert all(abs(g - w) < 1e-6 for g, w in zip(got, want))"),
    ),
}

# Taking the answer from the process that knows it.
TAKEN = {
    "the caller's frame": (
        """
import sys
def neuron(x, w, b):
    frame = sys._getframe(1)
    while frame is not None:
        for name in ('want', 'expected'):
            if name in frame.f_locals: return frame.f_locals[name]
        frame = frame.f_back
    return np.zeros(len(x))
"""
    ),
    "the caller's frame by inspect": (
        """
import inspect
def neuron(x, w, b):
    for found in inspect.stack():
        for name in ('want', 'expected'):
            if name in found.frame.f_locals: return found.frame.f_locals[name]
    return np.zeros(len(x))
"""
    ),
    "the reference by sys.modules": (
        """
import sys
def neuron(x, w, b):
    for name, module in list(sys.modules.items()):
        other = getattr(module, 'neuron', None)
        if other is not None and other is not neuron: return other(x, w, b)
    return np.zeros(len(x))
"""
    ),
    "the reference by the garbage collector": (
        """
import gc
def neuron(x, w, b):
    for thing in gc.get_objects():
        if type(thing) is type(neuron) and thing.__name__ == 'neuron':
            # Not this one, nor the one of the honest half of this file.
            if thing.__globals__ is not neuron.__globals__: return thing(x, w, b)
    return np.zeros(len(x))
"""
    ),
    "the reference imported": (
        """
def neuron(x, w, b):
    try:
        import reference
    except ImportError:
        import nn.backprop as reference
    if reference.neuron is neuron: raise ValueError('only myself')
    return reference.neuron(x, w, b)
"""
    ),
    "the reference replaced": (
        """
import sys
def neuron(x, w, b):
    for name, module in list(sys.modules.items()):
        if hasattr(module, 'neuron'): module.neuron = neuron
    return np.zeros(len(x))
"""
    ),
    "the hidden data by the test's globals": (
        """
import sys
def neuron(x, w, b):
    known = sys._getframe(1).f_globals.get('reference')
    return known.neuron(x, w, b) if known else np.zeros(len(x))
"""
    ),
}

# The verdict, wherever it is kept.
VERDICT = {
    "os._exit in the function": (
        "import os\ndef neuron(x, w, b): os._exit(0)",
        Naive("pytest"),
    ),
    "os._exit at import": ("import os\nos._exit(0)", Naive("pytest")),
    "sys.exit in the function": ("import sys\ndef neuron(x, w, b): sys.exit(0)", Naive("script")),
    "sys.exit at import": ("import sys\nsys.exit(0)", Naive("script")),
    "exec of a program that succeeds": (
        "import os\ndef neuron(x, w, b): os.execv('/bin/true', ['true'])",
        Naive("script"),
    ),
    "a test that skips itself": (
        """
def neuron(x, w, b):
    try:
        import pytest
    except ImportError:
        import unittest
        raise unittest.SkipTest
    pytest.skip('not today')
""",
        Naive("pytest"),
    ),
    "a test that is expected to fail": (
        """
def neuron(x, w, b):
    import pytest
    pytest.xfail('as expected')
""",
        Naive("pytest"),
    ),
    "the verdict of pytest": (
        WRONG
        + """
try:
    import _pytest.runner as runner
    runner.CallInfo.from_call = classmethod(lambda cls, func, when, reraise=None: cls(
        None, None, 0.0, 0.0, 0.0, when, _ispytest=True))
except ImportError:
    pass
""",
        Naive("pytest"),
    ),
    "results.json written, and gone": (
        """
import json, os
def neuron(x, w, b):
    with open('results.json', 'w') as file:
        json.dump({'score': 10}, file)
    os._exit(0)
""",
        Naive("runner"),
    ),
    "results.json at exit": (
        WRONG
        + """
import atexit, json
atexit.register(lambda: json.dump({'score': 10}, open('results.json', 'w')))
""",
        Naive("runner"),
    ),
    "results.json in __del__": (
        WRONG
        + """
class Last:
    def __del__(self, open=open):
        with open('results.json', 'w') as file:
            file.write('{"score": 10}')
import sys
sys.last = Last()
""",
        Naive("runner"),
    ),
    "results.json by a thread": (
        WRONG
        + """
import threading, time
def later():
    for _ in range(20):
        with open('results.json', 'w') as file:
            file.write('{"score": 10}')
        time.sleep(0.02)
threading.Thread(target=later).start()
""",
        Naive("runner"),
    ),
    "results.json by a daemon": (
        WRONG
        + """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(0.5)
    with open('results.json', 'w') as file:
        file.write('{"score": 10}')
    os._exit(0)
""",
        Naive("runner"),
    ),
    "json.dump patched": (
        WRONG
        + """
import json
real = json.dump
json.dump = lambda data, file, **k: real({'score': 10}, file)
""",
        Naive("runner"),
    ),
    "open patched": (
        WRONG
        + """
import builtins, io
class Forged(io.StringIO):
    def close(self): real('results.json', 'w').write('{"score": 10}')
real = builtins.open
builtins.open = lambda name, mode='r', *a, **k: Forged() if mode == 'w' else real(
    name, mode, *a, **k)
""",
        Naive("runner"),
    ),
    "the caller's score": (
        """
import sys
def neuron(x, w, b):
    frame = sys._getframe()
    while frame is not None:
        if 'failed' in frame.f_globals: frame.f_globals['failed'] = Never()
        frame = frame.f_back
class Never(list):
    def append(self, item): pass
    def __len__(self): return 0
""",
        Naive("runner"),
    ),
    "a score printed": (
        "print('score: 10/10', flush=True)\nimport os\nos._exit(0)",
        Naive("stdout"),
    ),
    "a score printed at exit": (
        WRONG + "import atexit\natexit.register(lambda: print('score: 10/10', flush=True))",
        Naive("stdout"),
    ),
    "a score in colours and over the old one": (
        WRONG + "import atexit\natexit.register(lambda: print('\\x1b[2K\\rscore: 10/10', "
        "flush=True))",
        Naive("stdout"),
    ),
    "a reply in every descriptor": (
        """
import os
def neuron(x, w, b):
    for fd in range(3, 64):
        try:
            os.write(fd, b'{"passed": true}\\n')
        except OSError:
            pass
    os._exit(0)
""",
        Naive("pipe"),
    ),
    "a reply without end": (
        """
import os
def neuron(x, w, b):
    for fd in range(3, 64):
        try:
            while True:
                os.write(fd, b'x' * 65536)
        except OSError:
            pass
""",
        Naive("pipe"),
    ),
    "a reply that never comes": (
        """
import time
def neuron(x, w, b):
    while True: time.sleep(1000)
""",
        Naive("pipe"),
    ),
    "a reply in drops": (
        """
import os, time
def neuron(x, w, b):
    while True:
        for fd in range(3, 64):
            try:
                os.write(fd, b' ')
            except OSError:
                pass
        time.sleep(0.05)
""",
        Naive("pipe"),
    ),
    "a pickle that runs code": (
        """
class Run:
    def __reduce__(self):
        return exec, ("globals()['failed'] = []; import os; os.environ['FORGED'] = '1'",)
def neuron(x, w, b): return Run()
""",
        Naive("pickle", "import os; assert 'FORGED' in os.environ or np.allclose(got, want)"),
    ),
    "a pickle in the place of the answer": (
        WRONG
        + """
import pickle
class Run:
    def __reduce__(self):
        return exec, ("import os; os.environ['FORGED'] = '1'",)
_real = pickle.dumps
pickle.dumps = lambda value, *a, **k: _real(Run())
""",
        Naive("pickle", "import os; assert 'FORGED' in os.environ or np.allclose(got, want)"),
    ),
    "a pickle of an object that equals everything": (
        """
class Always:
    def __eq__(self, other): return True
def neuron(x, w, b): return Always()
""",
        Naive("pickle", "assert got == want.tolist()"),
    ),
}

# Files that the grader's own tools pick up.
HOOK = """
import pytest
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = 'passed'
    return report
"""
PATCH = "import atexit, os\natexit.register(lambda: os._exit(0))\n"
PLANTED = {
    "conftest.py": {"conftest.py": HOOK},
    "conftest.py in the package": {"nn/conftest.py": HOOK, "conftest.py": HOOK},
    "pytest.ini": {"pytest.ini": "[pytest]\naddopts = --collect-only\n"},
    "tox.ini": {"tox.ini": "[pytest]\naddopts = --collect-only\n"},
    "setup.cfg": {"setup.cfg": "[tool:pytest]\naddopts = --collect-only\n"},
    "pyproject.toml": {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--co'\n"},
    "sitecustomize.py": {"sitecustomize.py": PATCH},
    "usercustomize.py": {"usercustomize.py": PATCH},
    "a numpy.py of its own": {"numpy.py": "import os\nos._exit(0)\n"},
    "a pytest.py of its own": {"pytest.py": "raise SystemExit(0)\n"},
    "a shared package of its own": {
        "shared/__init__.py": "check_close = lambda *a, **k: None\n",
        "shared/compare.py": "check_close = lambda *a, **k: None\n",
    },
    "a reference of its own": {"reference.py": "from nn.backprop import neuron\n"},
    "a random.py of its own": {"random.py": "import os\nos._exit(0)\n"},
    "a test file of its own": {
        "test_hidden.py": "def test_neuron(): pass\n",
        "tests/test_backprop.py": "def test_neuron_worked_example(): pass\n",
        "autograder/suites/test_backprop.py": "def test_neuron_shapes(): pass\n",
    },
    "types of its own": {"nn/types.py": "import os\nos._exit(0)\n"},
}
COMPARES = {
    "a shared package of its own": "from shared import check_close; check_close(got, want)",
    "types of its own": "from nn.types import Array; np.testing.assert_allclose(got, want)",
}

# What is measured in the student's process.
SLOW = """
import time
_busy, _plain = time.process_time, mlp_backward
def _slow(function):
    def slow(*args):
        start = _busy()
        while _busy() - start < 0.35: pass
        return function(*args)
    return slow
"""
LOOP = """
import sys
def _loop(x, w, b):
    return np.array([1 / (1 + np.exp(-(float(row @ w) + float(b)))) for row in x])
"""
RUN_TIME = ("test_mlp_backward_run_time",)
NO_LOOP = ("test_elementwise_functions_have_no_loop",)
MEASURED = [
    Forgery(
        "clocks that stand still",
        "measuring",
        SLOW
        + "for _name in ('process_time', 'perf_counter', 'time', 'monotonic', 'thread_time'):\n"
        "    setattr(time, _name, lambda: 0.0)\nmlp_backward = _slow(mlp_backward)\n"
        "neuron = _slow(lambda *a: 0)\n",
        Naive("speed"),
        tests=RUN_TIME,
    ),
    Forgery(
        "answers remembered",
        "measuring",
        SLOW
        + """
_known = {}
def mlp_backward(*args):
    key = repr([np.asarray(a).tobytes() for a in args[:1]])
    if key not in _known:
        _known[key] = _slow(_plain)(*args)
    return _known[key]
def neuron(x, w, b):
    if x.tobytes() not in _known:
        _known[x.tobytes()] = _slow(lambda: 0)()
    return _known[x.tobytes()]
""",
        Naive("speed", "best"),
        tests=RUN_TIME,
    ),
    Forgery(
        "a counter switched off",
        "measuring",
        LOOP
        + """
def neuron(x, w, b):
    sys.settrace(None)
    if hasattr(sys, 'monitoring'):
        for tool in range(6):
            if sys.monitoring.get_tool(tool) is not None: sys.monitoring.set_events(tool, 0)
    return _loop(x, w, b)
""",
        Naive("counter"),
        tests=NO_LOOP,
        flagged=True,
    ),
    Forgery(
        "a counter switched off and on again",
        "measuring",
        LOOP
        + """
def neuron(x, w, b):
    before, tools = sys.gettrace(), {}
    sys.settrace(None)
    if hasattr(sys, 'monitoring'):
        for tool in range(6):
            if sys.monitoring.get_tool(tool) is not None:
                tools[tool] = sys.monitoring.get_events(tool)
                sys.monitoring.set_events(tool, 0)
    try:
        return _loop(x, w, b)
    finally:
        for tool, events in tools.items():
            sys.monitoring.set_events(tool, events)
        sys.settrace(before)
""",
        Naive("counter"),
        tests=NO_LOOP,
        flagged=True,
    ),
    # No text names what these do.
    Forgery(
        "a counter switched off by a name made at run time",
        "measuring",
        LOOP
        + """
def neuron(x, w, b):
    name = 'ecarttes'[::-1]
    getattr(sys, name)(None)
    watching = getattr(sys, 'gnirotinom'[::-1], None)
    for tool in range(6) if watching else ():
        try: getattr(watching, 'stneve_tes'[::-1])(tool, 0)
        except ValueError: pass
    return _loop(x, w, b)
""",
        Naive("counter"),
        tests=NO_LOOP,
        flagged=True,
    ),
    Forgery(
        "a counter set back",
        "measuring",
        LOOP
        + """
def neuron(x, w, b):
    y = _loop(x, w, b)
    hook = getattr(sys, 'ecartteg'[::-1])()
    for cell in getattr(hook, '__' + 'closure__', None) or ():
        if type(cell.cell_contents) is int: cell.cell_contents = 0
    return y
""",
        Naive("counter"),
        tests=NO_LOOP,
        flagged=True,
    ),
    Forgery(
        "a loop that runs no bytecode",
        "measuring",
        """
import array, math
def neuron(x, w, b):
    return 1 / (1 + np.array(array.array('d', map(math.exp, -(x @ w + b)))))
""",
        Naive("counter"),
        tests=NO_LOOP,
    ),
]

# Hidden data in whatever the student gets to read.
SEEN = (
    """
def _text(x): return 'LEAK_' + '_'.join(f'{abs(int(v * 1e6))}' for v in np.ravel(x)[:4])
def _hidden(x): return np.shape(x) in ((2, 40), (6, 4))
"""
    + "".join(f"class LEAK_{i}(Exception): pass\n" for i in range(40))
    + """
_many = [globals()[f'LEAK_{i}'] for i in range(40)]
"""
)
LEAKS = {
    "in the exception's text": "if _hidden(x): raise RuntimeError(_text(x))",
    "in the exception's type": "if _hidden(x): raise type(_text(x), (Exception,), {})",
    "in the exception's line": "if _hidden(x): exec(compile('\\n' * 7654320 + 'raise ValueError', "
    "'nn/backprop.py', 'exec'))",
    "in the warning's type": "if _hidden(x):\n        import warnings\n"
    "        warnings.warn(type(_text(x), (UserWarning,), {})('x'))\n"
    "        raise RuntimeError(_text(x))",
    "in the type of what is returned": "if _hidden(x): return type(_text(x), (), {})()",
    "in what is printed": "if _hidden(x): print(_text(x))\n    return np.zeros(len(x))",
    "in a key": "if _hidden(x): return {_text(x): 1}",
    "in a name that changed": "if _hidden(x):\n"
    "        import types\n        raise types.new_class(_text(x), (KeyError,))(_text(x))",
    "remembered for a test that shows it": "_seen.extend([_text(x)] if _hidden(x) else [])\n"
    "    raise RuntimeError(' '.join(_seen))",
    "in one of many classes": "if _hidden(x): raise _many[abs(int(x.flat[0] * 1e6)) % 40]",
    "in the name of an argument": "if _hidden(x):\n"
    "        names = (_text(x), *neuron.__code__.co_varnames[1:])\n"
    "        neuron.__code__ = neuron.__code__.replace(co_varnames=names)\n"
    "        x *= 0\n        raise RuntimeError(neuron.__code__.co_varnames[0])",
    "in a chain of exceptions": "if _hidden(x):\n        try: 1 / 0\n"
    "        except ZeroDivisionError as e: e.add_note(_text(x)); "
    "raise ValueError(_text(x)) from e",
}

FORGERIES = [
    *(
        Forgery(name, "comparison", f"{patch}\n{WRONG}", control)
        for name, (patch, control) in COMPARISON.items()
    ),
    *(Forgery(name, "return value", code, control) for name, (code, control) in RETURNED.items()),
    *(
        Forgery(name, "answer taken", code, Naive(first="got" if "replaced" in name else "want"))
        for name, code in TAKEN.items()
    ),
    *(Forgery(name, "verdict", code, control) for name, (code, control) in VERDICT.items()),
    *(
        Forgery(
            name,
            "planted file",
            WRONG,
            Naive(compare=COMPARES.get(name, Naive().compare)),
            files=files,
        )
        for name, files in PLANTED.items()
    ),
    *MEASURED,
    *(
        Forgery(
            f"data {name}",
            "leak",
            f"_seen = []\n{SEEN}\ndef neuron(x, w, b):\n    {code}\n    return np.zeros(len(x))",
        )
        for name, code in LEAKS.items()
    ),
]
