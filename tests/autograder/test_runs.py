"""Tests that were collected ahead give what tests give that were not."""

from __future__ import annotations

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import Course
from autograder.intake.submissions import Handed
from autograder.running.grader import Grader
from autograder.running.runs import Runs

NAME = "standardize"


@pytest.fixture(scope="module")
def grader(course):
    made = Grader(course, [course.component(NAME)])
    yield made
    made.close()


def handed(course: Course) -> list[Handed]:
    variants = read_variants(course.component(NAME))
    sources = [variants.right[0].source, *(v.source for v in variants.wrong[::4])]
    sources += ["def center(:\n", "import os\nos._exit(0)\n"]
    none = Handed("nothing", {})
    return [none, *(Handed(f"s{n}", {f"nn/{NAME}.py": s}) for n, s in enumerate(sources))]


def test_each_fork_runs_what_was_collected_once(grader, course, monkeypatch):
    held = [grader.grade(one) for one in handed(course)]
    runs = grader._runs[NAME]
    assert runs._held is not None, "the forks leave it as it is"
    monkeypatch.setattr(runs, "_held", None)
    fresh = [grader.grade(one) for one in handed(course)]
    assert [one["result"] for one in held] == [one["result"] for one in fresh]
    assert not any(one["faults"] for one in held)
    points = [one["result"]["points"] for one in held]
    assert points[:2] == [0, course.component(NAME).points]
    assert len(set(points)) > 3


def test_what_needs_pytests_own_fixtures_is_collected_anew(course, tmp_path):
    head = 'from shared import points\n\n\n@points(1, hint="Think.")\n'
    for name, fixtures, held in (("plain", "student, rng", True), ("own", "tmp_path", False)):
        path = tmp_path / f"test_{name}.py"
        path.write_text(f'{head}def test_{name}({fixtures}):\n    """A title."""\n')
        runs = Runs(course.component(NAME))
        runs._files = [path]
        assert runs.hold() == ({f"test_{name}"} if held else set())
        assert (runs._held is not None) == held
