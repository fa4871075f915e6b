"""Graders of the usual kinds, thirty lines each, for the controls of forgeries. In a bubble only.

Each works: it gives full marks to a right submission and none to a wrong one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path

from tests.attacks.attack import Naive
from tests.attacks.bubble import ROOT, is_inside

REFERENCE = """
import numpy as np

def neuron(x, w, b):
    return 1 / (1 + np.exp(-(x @ w + b)))
"""
TEST = """
import numpy as np
{imports}
import reference

def test_neuron():
    rng = np.random.default_rng(7)
    x, w, b = rng.normal(size=(6, 4)), rng.normal(size=4), 0.5
    {first}
    {second}
    {compare}
"""
WANT = "want = reference.neuron(x, w, b)"
GOT = "got = neuron(x, w, b)"

# As gradescope-utils does it: test, then write the result.
RUNNER = """
import json, traceback
failed = []
try:
    import test_hidden
    test_hidden.test_neuron()
except Exception:
    failed.append(traceback.format_exc())
with open('results.json', 'w') as file:
    json.dump({'score': 0 if len(failed) else 10}, file)
print(*failed)
"""
# As nbgrader and otter do it: the student's cells and the tests in one namespace.
CELL = """
import sys, traceback, types
space = {'__name__': 'cells'}
sys.modules['cells'] = types.ModuleType('cells')
try:
    exec(open('nn/backprop.py').read(), space)
    exec(open('test_cell.py').read(), space)
    space['test_neuron']()
    print('score: 10/10')
except Exception:
    traceback.print_exc()
    print('score: 0/10')
"""
# The same by a kernel's shell, judged by whether an error was shown.
KERNEL = """
import contextlib, io
from IPython.core.interactiveshell import InteractiveShell
shell, shown = InteractiveShell.instance(), io.StringIO()
with contextlib.redirect_stdout(shown):
    for cell in (open('nn/backprop.py').read(), open('test_cell.py').read(), 'test_neuron()'):
        shell.run_cell(cell, store_history=True)
print(shown.getvalue())
print('score: 0/10' if 'Error' in shown.getvalue() else 'score: 10/10')
"""
STDOUT_CHILD = """
try:
    import test_hidden
    test_hidden.test_neuron()
    print('score: 10/10')
except Exception as error:
    print('score: 0/10')
"""
PIPE_CHILD = """
import json, os, sys
try:
    import test_hidden
    test_hidden.test_neuron()
    passed = True
except Exception:
    passed = False
os.write(int(sys.argv[1]), json.dumps({'passed': passed}).encode() + b'\\n')
"""
PIPE = """
import json, os, subprocess, sys
read, write = os.pipe()
child = subprocess.Popen([sys.executable, 'pipe_child.py', str(write)], pass_fds=[write])
os.close(write)
passed = json.loads(os.fdopen(read).readline())['passed']
print('score: 10/10' if passed else 'score: 0/10')
"""
PICKLE_CHILD = """
import pickle, sys
import numpy as np
from nn.backprop import neuron
rng = np.random.default_rng(7)
x, w, b = rng.normal(size=(6, 4)), rng.normal(size=4), 0.5
sys.stdout.buffer.write(pickle.dumps(neuron(x, w, b)))
"""
PICKLE = """
import pickle, subprocess, sys
import numpy as np
import reference
done = subprocess.run([sys.executable, 'pickle_child.py'], capture_output=True)
rng = np.random.default_rng(7)
x, w, b = rng.normal(size=(6, 4)), rng.normal(size=4), 0.5
want = reference.neuron(x, w, b)
try:
    got = pickle.loads(done.stdout)
    {compare}
    print('score: 10/10')
except Exception as error:
    print('score: 0/10')
"""
SPEED = """
import time
import numpy as np
from nn.backprop import neuron
rng = np.random.default_rng(7)
x, w, b = rng.normal(size=(6, 4)), rng.normal(size=4), 0.5
took = []
for _ in range({repeats}):
    start = time.perf_counter()
    neuron(x, w, b)
    took.append(time.perf_counter() - start)
print('score: 10/10' if min(took) < 0.1 else 'score: 0/10')
"""
COUNTER = """
import sys
import numpy as np
from nn.backprop import neuron

def count(n):
    steps = 0
    def trace(frame, event, arg):
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += 1
        return trace
    sys.settrace(trace)
    neuron(np.ones((n, 4)), np.ones(4), 0.5)
    sys.settrace(None)
    return steps

count(1)
print('score: 10/10' if count(64) - count(8) < 56 else 'score: 0/10')
"""
PROGRAMS = {
    "pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hidden.py"],
    "runner": ["runner.py"],
    "script": ["script.py"],
    "cell": ["cell.py"],
    "kernel": ["kernel.py"],
    "stdout": ["stdout_child.py"],
    "pipe": ["pipe.py"],
    "pickle": ["pickle_grader.py"],
    "speed": ["speed.py"],
    "counter": ["counter.py"],
}
FULL, LEAK, NO_VERDICT = "full marks", "hidden data was shown", "no verdict"


def grade(control: Naive, files: Mapping[str, str]) -> str:
    """Grade a submission; why it is a success for the attacker, or nothing."""
    assert is_inside()
    job = Path("/tmp/job")
    order = (WANT, GOT) if control.first == "want" else (GOT, WANT)
    filled = {"first": order[0], "second": order[1], "compare": control.compare}
    test = TEST.format(imports="from nn.backprop import neuron", **filled)
    ours = {
        "reference.py": REFERENCE,
        "test_hidden.py": test,
        "script.py": test + "\n\ntest_neuron()\n",
        "test_cell.py": TEST.format(imports="", **filled),
        "runner.py": RUNNER,
        "cell.py": CELL,
        "kernel.py": KERNEL,
        "stdout_child.py": STDOUT_CHILD,
        "pipe.py": PIPE,
        "pipe_child.py": PIPE_CHILD,
        "pickle_grader.py": PICKLE.format(compare=control.compare),
        "pickle_child.py": PICKLE_CHILD,
        "speed.py": SPEED.format(repeats=3 if control.compare == "best" else 1),
        "counter.py": COUNTER,
    }
    # The submission is unpacked over it, as many a script does.
    own = {"nn/types.py": (ROOT / "solutions" / "nn" / "types.py").read_text()}
    for name, text in {**ours, "nn/__init__.py": "", **own, **files}.items():
        path = job / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = _run(job, PROGRAMS[control.grader], 3.0 if control.grader == "pipe" else 50.0)
    if done is None:
        assert control.grader == "pipe", "no control of another kind goes on for ever"
        return NO_VERDICT
    if "LEAK_" in done.stdout or "7654321" in done.stdout:
        return LEAK
    return FULL if _is_full(control, job, done) else _missing(control, job, done)


def _run(
    job: Path, arguments: list[str], seconds: float
) -> subprocess.CompletedProcess[str] | None:
    # The plain interpreter, as a container has it: one of a virtual environment looks for no
    # usercustomize.
    packages = sysconfig.get_path("purelib")
    environment = {**os.environ, "PYTHONPATH": f"{job}:{packages}:{ROOT}"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what is installed here takes seconds
    environment.pop("BUBBLE")
    python = getattr(sys, "_base_executable", sys.executable)
    try:
        return subprocess.run(
            [python, *arguments],
            cwd=job,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _is_full(control: Naive, job: Path, done: subprocess.CompletedProcess[str]) -> bool:
    if control.grader in ("pytest", "script"):
        return done.returncode == 0
    if control.grader == "runner":
        # What reads the result comes a moment later.
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            if '"score": 10' in _text(job / "results.json"):
                return True
            time.sleep(0.05)
        return False
    return re.findall(r"score: (\d+)/10", done.stdout)[-1:] == ["10"]


def _missing(control: Naive, job: Path, done: subprocess.CompletedProcess[str]) -> str:
    if control.grader == "runner":
        return "" if _text(job / "results.json") else NO_VERDICT
    if control.grader in ("pytest", "script"):
        return ""
    if "score: " in done.stdout:
        return ""
    # These read what the student's process says; the others are broken if they say nothing.
    assert control.grader in ("stdout", "pipe", "pickle"), done.stdout
    return NO_VERDICT


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
