"""What a notebook's cells become: assignments of every component, and notebooks meddled with."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.channels.nbgrader import source
from autograder.channels.nbgrader.client import Client
from autograder.channels.nbgrader.restore import Role, grade_id_of, restored
from autograder.course import load_course
from autograder.errors import CourseProblem, GradingProblem
from autograder.running.suite import collect, files_of

COURSE = load_course()
INFOS = collect(files_of(COURSE.components))
ROLES = {
    "f": Role("code", "the stub", "0" * 32, False, False, True, False, None),
    "check-f": Role("code", 'check("x", "f")', "1" * 32, True, True, False, False, 2.0),
    "question": Role("markdown", "Why?", "2" * 32, False, True, True, False, 1.0),
    "local-tests": Role("code", 'check("x")', "3" * 32, True, True, False, False, 3.0),
}


def cells(notebook: str) -> list[Any]:
    return nbformat.reads(notebook, as_version=4).cells


@pytest.mark.parametrize("component", COURSE.components, ids=COURSE.names)
def test_every_test_is_worth_its_points_in_one_cell(component):
    made = source.make_assignment(component, INFOS, "en")
    worth = {i.test: i.points for i in INFOS if i.component == component.name}
    assert sorted(t for tests in made.cells.values() for t in tests) == sorted(worth)
    for text in (made.source, made.release):
        graded = {grade_id_of(c): c for c in cells(text) if grade_id_of(c) in made.cells}
        assert graded.keys() == made.cells.keys()
        for name, cell in graded.items():
            points = cell.metadata.nbgrader.points
            assert points == sum(worth[test] for test in made.cells[name])
    for written, stub in zip(cells(made.source), cells(made.release), strict=True):
        is_solution = stub.metadata.get("nbgrader", {}).get("solution", False)
        assert (written.source != stub.source) == is_solution
        if is_solution:
            assert source.cut(written.source, "a cell") == stub.source


def test_the_parts_of_a_solution_are_cut_from_a_cell():
    helper = "# BEGIN SOLUTION\nhelper = 1\n# END SOLUTION\n\n\n"
    text = f"{helper}def f():\n    # BEGIN SOLUTION\n    return helper\n    # END SOLUTION"
    assert source.cut(text, "a cell") == 'def f():\n    raise NotImplementedError("f")'
    with pytest.raises(CourseProblem, match="nearly a marker"):
        source.cut("def f():\n    ### BEGIN SOLUTION\n    return 1\n", "a cell")


def notebook(*parts: tuple[str, str, str]) -> Any:
    """A notebook of cells, each with its type, grade id and source."""
    made = []
    for kind, name, text in parts:
        about = {"nbgrader": {"grade_id": name}} if name else {}
        made.append({"cell_type": kind, "metadata": about, "source": text})
    return nbformat.from_dict({"cells": made, "metadata": {"kernelspec": {"name": "evil"}}})


def roles_in(made: Any) -> list[tuple[str, str]]:
    nbformat.validate(made)
    assert made.metadata.kernelspec.name == "python3"
    for cell in made.cells:
        about = cell.metadata.get("nbgrader")
        if about is not None:
            role = ROLES[about.grade_id]
            marks = (about.grade, about.solution, about.locked)
            assert marks == (role.grade, role.solution, role.locked)
            assert about.get("points") == role.points
            assert about.checksum == role.checksum
    return [(grade_id_of(cell), cell.source) for cell in made.cells]


WHOLE = [
    ("code", "f", "def f(): pass"),
    ("code", "check-f", 'check("x", "f")'),
    ("markdown", "question", "Because."),
    ("code", "local-tests", 'check("x")'),
]
AS_IT_WAS = [(name, text) for _, name, text in WHOLE]


def test_a_whole_notebook_stays_as_it_is():
    assert roles_in(restored(notebook(*WHOLE), ROLES)) == AS_IT_WAS


def test_of_cells_that_stand_twice_one_counts():
    made = roles_in(restored(notebook(WHOLE[0], WHOLE[1], *WHOLE), ROLES))
    assert made == [("", "def f(): pass"), ("", 'check("x", "f")'), *AS_IT_WAS]


def test_a_deleted_test_cell_comes_back_in_its_place():
    made = roles_in(restored(notebook(WHOLE[0], WHOLE[2]), ROLES))
    assert made == AS_IT_WAS


def test_lost_metadata_comes_back():
    bare = [(kind, "", text) for kind, _, text in WHOLE]
    made = roles_in(restored(notebook(*bare), ROLES))
    assert made[:2] == [("f", "def f(): pass"), ("check-f", 'check("x", "f")')]
    assert {name for name, _ in made} == {"", *ROLES}


def test_a_locked_cell_has_the_courses_text():
    meddled = [WHOLE[0], ("code", "check-f", "6.0"), *WHOLE[2:]]
    assert roles_in(restored(notebook(*meddled), ROLES)) == AS_IT_WAS


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": "code"},
        {"cell_type": "none", "metadata": [], "source": "x"},
        {"cell_type": "code", "metadata": {"nbgrader": "f"}, "source": None},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["f"]}}, "source": ["a"]},
        {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "f"}}, "source": "a"},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "no such"}}, "source": "a"},
    ],
    ids=json.dumps,
)
def test_no_cell_is_too_odd(cell):
    odd = nbformat.from_dict({"cells": [cell], "metadata": {}})
    made = [name for name, _ in roles_in(restored(odd, ROLES))]
    assert made == ["", "check-f", "question", "local-tests"]


def test_a_grader_that_fails_or_dies_gives_no_points(tmp_path):
    # The checkout holds no grading.json, so nothing can be graded from here.
    client = Client("pool")
    with pytest.raises(GradingProblem, match=r"grading\.json"):
        client.grade("a", tmp_path, [])
    client._started().kill()
    client._started().wait()
    with pytest.raises(GradingProblem, match="the grading process died"):
        client.grade("a", tmp_path, [])
    with pytest.raises(GradingProblem, match=r"grading\.json"):
        client.grade("a", tmp_path, [])
    assert client._process is not None
    client._process.communicate()


def test_an_empty_gradebook_is_what_nbgrader_makes(tmp_path, monkeypatch):
    from nbgrader import api

    from autograder.gradebook import check_url, stamp

    stamp(check_url(str(tmp_path / "ours.db")))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))  # where alembic is
    monkeypatch.chdir(tmp_path)
    api.Gradebook(f"sqlite:///{tmp_path / 'theirs.db'}").close()
    dumps = []
    for name in ("ours", "theirs"):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection:
            lines = set(connection.iterdump())
        dumps.append({line for line in lines if "default_course" not in line})
    assert dumps[0] == dumps[1]
    assert any("alembic_version" in line for line in dumps[0])


def test_a_cell_that_nobody_has_scored_waits_for_somebody(tmp_path):
    from nbgrader.api import Gradebook

    from autograder.channels.nbgrader.converters import SaveGrades
    from autograder.gradebook import check_url, stamp

    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    stamp(check_url(url))
    part = {"schema_version": 3, "grade": True, "solution": False, "locked": True, "points": 2.0}
    made = nbformat.v4.new_notebook()
    for name in ("ours", "own"):
        about = {"nbgrader": {**part, "grade_id": name}}
        made.cells.append(nbformat.v4.new_code_cell("", metadata=about))
    made.cells[0].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1.5"})]
    with Gradebook(url) as gradebook:
        gradebook.add_assignment("a")
        gradebook.add_notebook("n", "a")
        for name in ("ours", "own"):
            gradebook.add_grade_cell(name, "n", "a", max_score=2, cell_type="code")
        gradebook.add_student("s")
        gradebook.add_submission("a", "s")
    where = {"notebook": "n", "assignment": "a", "student": "s", "db_url": url, "graded": {"ours"}}
    SaveGrades().preprocess(made, {"nbgrader": where})
    with Gradebook(url) as gradebook:
        grades = {name: gradebook.find_grade(name, "n", "a", "s") for name in ("ours", "own")}
        found = {n: (g.auto_score, g.needs_manual_grade) for n, g in grades.items()}
    assert found == {"ours": (1.5, False), "own": (None, True)}
