"""`verify` names every way in which the rooms may not fit together."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.authoring import verify
from autograder.course import load_course


@pytest.fixture
def faults(spoilable: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The faults of the copy, without running its tests."""
    monkeypatch.setattr(verify, "graded", lambda *args: iter(()))

    def run() -> str:
        # pytest keeps a collected module under its name, and another copy's has the same.
        for name in [n for n in sys.modules if ".suites.test_" in n or ".tests.test_" in n]:
            del sys.modules[name]
        course = load_course(spoilable)
        lines = verify.verify_course(course, course.components)
        return "\n".join(line.text for line in lines if line.fault)

    return run


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"the test is out of date: {old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_course_as_it_is_has_no_fault(faults):
    assert faults() == ""


@pytest.mark.parametrize(
    "room", ["solutions/nn", "assignments/nn", "assignments/tests", "autograder/suites"]
)
def test_a_file_that_nobody_owns_is_refused(spoilable, faults, room):
    (spoilable / room / "stray.py").write_text("x = 1\n")
    assert f"{room}/stray.py belongs to no component" in faults()


@pytest.mark.parametrize(
    ("room", "what"),
    [
        ("assignments/handouts/backprop.md", "handout"),
        ("assignments/handouts/backprop.ru.md", "Russian handout"),
        ("autograder/suites/test_backprop.py", "hidden tests"),
        ("autograder/mutants/backprop.py", "mutants"),
        ("assignments/tests/test_backprop.py", "local tests"),
        ("solutions/nn/backprop.py", "solution"),
    ],
)
def test_a_missing_file_is_named(spoilable, faults, room, what):
    (spoilable / room).unlink()
    assert f"missing: {what} {room}" in faults()


def test_a_stub_that_was_edited_is_out_of_date(spoilable, faults):
    edit(spoilable / "assignments/nn/backprop.py", "raise NotImplementedError", "return 0 or")
    assert "assignments/nn/backprop.py is not what the sources generate" in faults()


def test_a_release_of_other_tests_is_out_of_date(spoilable, faults):
    path = spoilable / "assignments/tests/release.json"
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"suite": "0" * 16}))
    assert "release.json is not what the sources generate" in faults()


def test_a_near_miss_of_a_marker_is_refused(spoilable, faults):
    edit(spoilable / "solutions/nn/backprop.py", "    # BEGIN SOLUTION", "    #BEGIN SOLUTION")
    assert "is nearly a marker" in faults()


def test_a_function_without_a_region_is_refused(spoilable, faults):
    path = spoilable / "solutions/nn/backprop.py"
    path.write_text(path.read_text() + "\n\ndef given(x):\n    return x\n")
    assert "given has no solution region" in faults()


def test_a_test_without_a_hint_or_points_is_refused(spoilable, faults):
    path = spoilable / "autograder/suites/test_backprop.py"
    text = path.read_text()
    path.write_text(
        text + '\n\n@points(1, hint=" ")\ndef test_no_hint(student):\n    """A title."""\n'
    )
    said = faults()
    assert "test_no_hint has no hint" in said
    assert "points, course.toml says" in said
    path.write_text(text + "\n\ndef test_no_points(student):\n    pass\n")
    assert "test_no_points has no @points(...)" in faults()


def test_a_mutant_that_names_no_test_is_refused(spoilable, faults):
    path = spoilable / "autograder/mutants/backprop.py"
    path.write_text(
        path.read_text() + '\n\n@wrong("odd", caught_by="test_nowhere")\ndef neuron(x, w, b):\n'
        '    """Odd."""\n    return x\n'
    )
    assert "the mutant 'odd' names the test test_nowhere" in faults()


def test_a_leak_is_refused(spoilable, faults):
    solution = (spoilable / "solutions/nn/backprop.py").read_text()
    (spoilable / "assignments/handouts/backprop.md").write_text(f"```python\n{solution}\n```\n")
    assert "holds the solution solutions/nn/backprop.py" in faults()


def test_handouts_that_differ_are_named(spoilable, faults):
    folder = "assignments/handouts"
    edit(spoilable / folder / "pool.ru.md", "Всего 30 баллов", "Всего 31 балл")
    edit(spoilable / folder / "glossary.md", "| batch | батч |", "| batch | пакет |")
    said = faults()
    assert f"{folder}/pool.ru.md:" in said
    assert "lacks the number 30 that is in" in said
    assert f"{folder}/glossary.md: line " in said
    assert "no Russian handout uses 'пакет'" in said
    (spoilable / folder / "glossary.md").unlink()
    course = load_course(spoilable)
    lines = [line.text for line in verify._handouts(course, course.components)]
    assert f"{folder}/glossary.md is missing: it has the words of both languages" in lines


def test_what_a_scaffold_leaves_to_the_author_is_named(spoilable, faults):
    edit(spoilable / "solutions/nn/backprop.py", '"""From one', '"""TO WRITE: say it. From one')
    assert "solutions/nn/backprop.py:1: left to the author: say it" in faults()
