"""Whatever a student's functions answer, a test has a verdict on it that is not our own fault.

A submission that breaks the grader is withheld and looked at by hand: nobody may bring that about.
"""

from __future__ import annotations

import contextlib

import pytest

from autograder.course import load_course
from autograder.intake.submissions import Handed
from autograder.running.grader import Grader, fault

ODD = """

import numpy as _np

def _of(leaf, box):
    def walk(value):
        if type(value) is tuple: return tuple(walk(part) for part in value)
        if type(value) is list: return box([walk(part) for part in value])
        if type(value) is dict: return box({key: walk(part) for key, part in value.items()})
        if isinstance(value, (int, float, _np.generic, _np.ndarray)): return leaf(value)
        return value
    return walk

def _odd(function, walk):
    return lambda *args, **kwargs: walk(function(*args, **kwargs))

for _name, _function in list(globals().items()):
    if not _name.startswith("_") and getattr(_function, "__module__", "") == __name__:
        if type(_function) is type(_odd):
            globals()[_name] = _odd(_function, _of(LEAF, BOX))
"""
SAME = "lambda value: value"
LEAVES = {
    "no entries": "lambda v: _np.zeros((0, *_np.shape(v)[1:]))",
    "no axes": "lambda v: _np.float64(_np.sum(v))",
    "huge integers": "lambda v: -(10**900)",
    "NaN": "lambda v: v * _np.nan",
    "text": r"lambda v: '\u202e<b>{0}%s'",
}
BOXES = {
    "no parts": "lambda box: type(box)()",
    "one part": "lambda box: type(box)(list(box.items() if type(box) is dict else box)[:1])",
    "too many parts": "lambda box: {**box, 'more': 1} if type(box) is dict else box * 3",
    "odd names": "lambda box: {(k, None): v for k, v in box.items()} if type(box) is dict else []",
}
CASES = [
    *((component, name, leaf, SAME) for component in ("init", "activations", "weight_decay",
      "standardize", "dropout") for name, leaf in LEAVES.items()),
    *((component, name, SAME, box) for component in ("backprop", "init", "activations",
      "weight_decay") for name, box in BOXES.items()),
]  # fmt: skip


@pytest.fixture(scope="module")
def grader():
    course = load_course()
    with contextlib.closing(Grader(course, course.components, prove=False)) as grader:
        yield grader


@pytest.mark.parametrize(
    ("component", "leaf", "box"),
    [case[:1] + case[2:] for case in CASES],
    ids=[f"{case[0]}: {case[1]}" for case in CASES],
)
def test_no_answer_breaks_a_test(grader, component, leaf, box):
    component = grader.course.component(component)
    source = component.solution.read_text(encoding="utf-8")
    odd = ODD.replace("LEAF", leaf).replace("BOX", box)
    files = grader.course.reference_files(component, source + odd)
    outcomes = grader.outcomes(component, Handed("odd", files))
    assert [fault(o) for o in outcomes if o.verdict == "internal"] == []
