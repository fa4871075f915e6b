"""Planted leaks must be found, and the course as it is must be clean."""

import json

import numpy as np
import pytest

from autograder.authoring.dataleaks import find_data_leaks
from autograder.authoring.leaks import find_leaks
from autograder.course import load_course
from autograder.stamps import DEMO_SECRET

SOLUTION = '''"""Softmax."""

import numpy as np


def softmax(x):
    """Softmax over the last axis."""
    # BEGIN SOLUTION
    shifted = x - x.max(axis=-1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=-1, keepdims=True)
    return powers / total
    # END SOLUTION
'''
MUTANTS = '''"""Variants."""

from autograder.mutants import right, wrong


@wrong("w", caught_by="test_x")
def softmax(x):
    """Wrong."""
    return x


@right("by-logs")
def softmax(x):
    """By logarithms."""
    logs = np.logaddexp.reduce(x, axis=-1)
    column = np.expand_dims(logs, axis=-1)
    return np.exp(x - column)
'''
HIDDEN = '''"""Hidden."""


def test_softmax_hidden_property(student):
    assert student.softmax([0.25, 1.5, -3.75, 2.125])
'''
COURSE = """
[course]
title = "A course"
version = "1"

[[component]]
name = "softmax"
title = "Softmax"
"""


@pytest.fixture
def small(tmp_path):
    for path, text in {
        "course.toml": COURSE,
        "solutions/nn/softmax.py": SOLUTION,
        "autograder/mutants/softmax.py": MUTANTS,
        "autograder/suites/test_softmax.py": HIDDEN,
        "assignments/nn/softmax.py": 'def softmax(x):\n    raise NotImplementedError("softmax")\n',
        "shared/__init__.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return load_course(tmp_path)


def test_a_clean_course_has_no_leak(small):
    assert find_leaks(small, small.components) == []


def notebook(source, cell_type="code", indent=1):
    """A notebook with a cell before the one that leaks."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Softmax\n", "Write it."]},
        {"cell_type": cell_type, "metadata": {}, "source": source.splitlines(keepends=True)},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, indent=indent)


STATEMENTS = """b = a - a.max(axis=-1, keepdims=True)
c = np.exp(b)
d = c.sum(axis=-1, keepdims=True)
"""
PLANTED = {
    "in a code cell of a notebook": (
        "assignments/notebooks/softmax.ipynb",
        notebook("def f(a):\n    " + STATEMENTS.replace("\n", "\n    ")),
        "the solution",
    ),
    "in a notebook on one line": (
        "assignments/notebooks/softmax.ipynb",
        notebook(STATEMENTS, indent=None),
        "the solution",
    ),
    "in a code block of a text cell": (
        "assignments/notebooks/softmax.ipynb",
        notebook(f"Like this:\n\n```python\n{STATEMENTS}```\n", "markdown"),
        "the solution",
    ),
    "the name of a hidden test in a notebook": (
        "assignments/notebooks/softmax.ipynb",
        notebook('check("softmax", "test_softmax_hidden_property")'),
        "the name of a hidden test",
    ),
    "data of a hidden test in a notebook": (
        "assignments/notebooks/softmax.ipynb",
        notebook("x = [0.25, 1.5, -3.75, 2.125]"),
        "data of a hidden test",
    ),
    "the solution under other names": (
        "assignments/tests/helper.py",
        "def f(a):\n    b = a - a.max(axis=-1, keepdims=True)\n    c = np.exp(b)\n"
        "    d = c.sum(axis=-1, keepdims=True)\n    return c / d\n",
        "the solution",
    ),
    "three of its statements in the middle of others": (
        "shared/tool.py",
        "def f(a):\n    print(a)\n    p = a - a.max(axis=-1, keepdims=True)\n    q = np.exp(p)\n"
        "    r = q.sum(axis=-1, keepdims=True)\n    print(q, r)\n",
        "the solution",
    ),
    "in a code block of a handout": (
        "assignments/handouts/softmax.md",
        "# Softmax\n\n```python\nb = a - a.max(axis=-1, keepdims=True)\nc = np.exp(b)\n"
        "d = c.sum(axis=-1, keepdims=True)\n```\n",
        "the solution",
    ),
    "a right variant": (
        "assignments/tests/helper.py",
        "def g(y):\n    k = np.logaddexp.reduce(y, axis=-1)\n    m = np.expand_dims(k, axis=-1)\n"
        "    return np.exp(y - m)\n",
        "the right variant 'by-logs'",
    ),
    "the name of a hidden test": (
        "assignments/handouts/softmax.md",
        "Mind test_softmax_hidden_property!\n",
        "the name of a hidden test",
    ),
    "in a cell of a notebook": (
        "assignments/notebooks/softmax.ipynb",
        json.dumps(
            {
                "cells": [
                    {"cell_type": "markdown", "source": ["# Softmax\n", "Write it."]},
                    {
                        "cell_type": "code",
                        "source": [
                            "b = a - a.max(axis=-1, keepdims=True)\n",
                            "c = np.exp(b)\n",
                            "d = c.sum(axis=-1, keepdims=True)\n",
                        ],
                    },
                ]
            }
        ),
        "the solution",
    ),
    "the secret": ("shared/tool.py", f"SEED = {DEMO_SECRET!r}\n", "the course's secret"),
    "data of a hidden test": (
        "assignments/tests/helper.py",
        "values = [0.25, 1.5, -3.75, 2.125]\n",
        "data of a hidden test",
    ),
}


@pytest.mark.parametrize("plant", PLANTED, ids=str)
def test_a_planted_leak_is_found(small, plant):
    path, text, what = PLANTED[plant]
    (small.root / path).parent.mkdir(parents=True, exist_ok=True)
    (small.root / path).write_text(text)
    leaks = find_leaks(small, small.components)
    assert any(leak.file == path and leak.what.startswith(what) for leak in leaks), leaks


def test_a_leak_in_a_notebook_names_its_line(small):
    path = small.root / "assignments" / "notebooks" / "softmax.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(notebook(STATEMENTS))
    [leak] = find_leaks(small, small.components)
    assert "a.max(axis=-1" in path.read_text().splitlines()[leak.line - 1]


def test_two_statements_alone_are_no_leak(small):
    path = small.root / "assignments" / "tests" / "helper.py"
    path.parent.mkdir(parents=True)
    path.write_text("def f(a):\n    c = np.exp(a)\n    return c / 2\n")
    assert find_leaks(small, small.components) == []


@pytest.fixture
def images(small):
    found = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    (small.root / "autograder" / "data").mkdir()
    np.savez(small.root / "autograder" / "data" / "secret.npz", x_test=found, y_test=np.arange(5))
    (small.root / "shared" / "data").mkdir()
    return found


def test_other_images_are_no_leak(small, images):
    # The labels of both files are the same numbers.
    np.savez(small.root / "shared" / "data" / "open.npz", x=images + 100, y_test=np.arange(5))
    assert find_data_leaks(small) == []


def test_one_hidden_image_among_others_is_found(small, images):
    among = np.concatenate([images + 100, images[3:4]])
    np.savez_compressed(small.root / "shared" / "data" / "open.npz", x=among)
    (leak,) = find_data_leaks(small)
    assert leak.file == "shared/data/open.npz"
    assert "secret.npz" in leak.what


def test_the_hidden_file_itself_is_found_under_any_name(small, images):
    source = small.root / "autograder" / "data" / "secret.npz"
    (small.root / "assignments" / "picture.bin").write_bytes(source.read_bytes())
    (leak,) = find_data_leaks(small)
    assert leak.file == "assignments/picture.bin"
