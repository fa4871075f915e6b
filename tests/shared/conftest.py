"""A made-up submission in a temporary folder, and what a check says when it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from shared.errors import CheckFailed
from shared.local import LocalBackend
from shared.messages import render
from shared.signatures import read_signatures
from shared.student import Student

ROOT = Path(__file__).parents[2]
DOUBLE = '{"parameters": ["x"], "returns": "array", "shown": "Array"}'
RELEASE = {
    "version": "1.0",
    "suite": "abc",
    "components": {
        name: {
            "title": title,
            "functions": {
                "double": json.loads(DOUBLE),
                "half": json.loads(DOUBLE),
                "pair": {
                    "parameters": ["x"],
                    "returns": ["tuple", "array", "opaque"],
                    "shown": "tuple[Array, Cache]",
                },
            },
            "hidden_tests": 7,
            "hidden_points": 20,
        }
        for name, title in (("toy", "A toy"), ("other", "Another"))
    },
}
HEAD = """
import numpy as np
import pytest
from shared import check_close, check_unchanged, points

"""
RIGHT = """
    def double(x):
        return 2 * x

    def half(x):
        return x / 2

    def pair(x):
        return x, x
"""
TESTS = """
    @points(2, hint="Add x to itself.")
    def test_double(student, rng):
        \"\"\"double(x) is 2x.\"\"\"
        x = rng.standard_normal((2, 3))
        check_close(student.double(x), 2 * x, what="y")

    @points(3, hint="Divide.", needs=("test_double",))
    def test_half(student):
        \"\"\"half undoes double.\"\"\"
        check_close(student.half(student.double(np.ones(3))), np.ones(3), what="y")
"""


def _forget_nn():
    for name in [name for name in sys.modules if name.split(".")[0] == "nn"]:
        del sys.modules[name]


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """Make a backend of `nn.work`, given as text; further files of `nn` by keyword."""

    def make(source, *, folder=tmp_path, **files):
        _forget_nn()
        (folder / "nn").mkdir(parents=True, exist_ok=True)
        texts = {"__init__": "", "work": source, **files}
        for name, text in texts.items():
            (folder / "nn" / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        return LocalBackend("work", folder)

    _forget_nn()
    # A folder of a moment ago may have held another file of the same name, size and second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield make
    _forget_nn()


@pytest.fixture
def student(backend):
    """Make a `Student` of a source; its own annotations stand for those of the reference."""

    def make(source, *, signatures=None, **files):
        source = textwrap.dedent(source)
        if source.startswith("\n"):  # the annotations' names are nowhere imported
            source = "from __future__ import annotations" + source
        known = read_signatures(textwrap.dedent(signatures or source))
        return Student(backend(source, **files), known, file="nn/work.py")

    return make


@pytest.fixture
def refused():
    """Run a check that must fail, and give its messages as a student reads them."""

    def run(check, *args, **kwargs):
        with pytest.raises(CheckFailed) as caught:
            check(*args, **kwargs)
        return [render(m) for m in caught.value.messages]

    return run


class Folder:
    """A student's folder with one toy component, and pytest in it."""

    right, tests = RIGHT, TESTS

    def __init__(self, folder):
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "shared", folder / "shared", ignore=ignored)
        self.write("conftest.py", 'pytest_plugins = ["shared.plugin"]\n')
        ini = "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n"
        self.write("pytest.ini", ini)
        self.write("nn/__init__.py", "")
        self.write("tests/release.json", json.dumps(RELEASE))

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        head = HEAD if name.startswith("tests/test_") else ""
        path.write_text(head + textwrap.dedent(text), encoding="utf-8")

    def pytest(self, *options):
        environment = {**os.environ, "COLUMNS": "120", "PYTHONUTF8": "1", "NO_COLOR": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def __call__(self, source, tests, *options, **more):
        """Exit status and output of pytest on a toy; further components' tests by keyword."""
        for name, text in {"toy": tests, **more}.items():
            self.write(f"nn/{name}.py", source)
            self.write(f"tests/test_{name}.py", text)
        return self.pytest(*options)


@pytest.fixture
def run(tmp_path):
    return Folder(tmp_path)
