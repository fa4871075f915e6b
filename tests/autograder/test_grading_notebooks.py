"""Notebooks in a graded class: the points of files, and messages that a student can follow."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from autograder.course import ROOT, Course
from autograder.running.grading import grade_folder

COMPONENT = "standardize"
FUNCTIONS = ("center", "fit_standardizer", "standardize")


def broken(source: str, function: str) -> str:
    """The source with a function that raises on the line after its first."""
    return f"{source}\n\ndef {function}(*args):\n    raise IndexError('here')\n"


@pytest.fixture(scope="module")
def graded(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    component = course.component(COMPONENT)
    right = component.solution.read_text(encoding="utf-8")
    sheet = json.loads(component.notebook.read_text(encoding="utf-8"))

    def hand_in(student: str, *, notebook: str | None = None, file: str = "") -> None:
        if notebook is not None:
            data = json.loads(json.dumps(sheet))
            data["cells"].append({"cell_type": "code", "metadata": {}, "source": notebook})
            path = folder / "in" / student / "notebooks" / f"{COMPONENT}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(data), encoding="utf-8")
        if file:
            path = folder / "in" / student / "nn" / f"{COMPONENT}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file, encoding="utf-8")

    hand_in("file", file=right)
    hand_in("notebook", notebook=right)
    hand_in("both", notebook=right, file=right)
    hand_in("file-beside-empty-notebook", notebook="", file=right)
    hand_in("empty", notebook="")
    hand_in("raises", notebook=broken(right, "center"))
    hand_in("differ", notebook=right, file=broken(right, "center"))
    hand_in("other-release", file=right)
    package = folder / "in" / "other-release" / "nn" / "__init__.py"
    package.write_text('__release__ = "0.0.9 0123456789abcdef"\n', encoding="utf-8")
    grade_folder(course, [component], folder / "in", folder / "out", jobs=1)
    return folder / "out"


def result(graded: Path, student: str) -> dict:
    return json.loads((graded / "results" / f"{student}.json").read_text(encoding="utf-8"))


def graded_tests(found: dict) -> list[dict]:
    return found["components"][COMPONENT]["tests"]


@pytest.mark.parametrize("student", ["notebook", "both", "file-beside-empty-notebook"])
def test_a_notebook_gets_what_the_file_gets(graded, student):
    one, other = result(graded, "file"), result(graded, student)
    assert one["points"] == other["points"] == one["max_points"]
    assert graded_tests(one) == graded_tests(other)
    assert not other["problems"]


def test_every_result_holds_to_the_schema(graded):
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text())
    for path in (graded / "results").glob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), schema)


def test_a_result_and_its_page_say_what_was_taken(graded):
    found = result(graded, "notebook")
    assert found["submission"]["files"] == [f"notebooks/{COMPONENT}.ipynb"]
    ids = [note["id"] for note in found["notes"]]
    # Each function stands in its stub cell too.
    assert ids == ["notebook-taken", *["notebook-twice"] * len(FUNCTIONS)]
    page = (graded / "feedback" / "notebook.html").read_text(encoding="utf-8")
    assert "прочитан так, будто его выполнили сверху вниз" in page
    assert result(graded, "file")["notes"] == []


def test_an_error_names_the_cell_and_the_line_in_it(graded):
    cells = json.loads((ROOT / f"assignments/notebooks/{COMPONENT}.ipynb").read_text())["cells"]
    found = result(graded, "raises")
    said = [m["values"] for t in graded_tests(found) for m in t["messages"] if m["id"] == "raised"]
    assert said
    where = {(m["file"], m["line"]) for m in said if m["function"] == "center"}
    [(file, line)] = where
    assert file.startswith(f"notebooks/{COMPONENT}.ipynb [{len(cells) + 1}] (")
    source = broken((ROOT / f"solutions/nn/{COMPONENT}.py").read_text(), "center")
    assert source.splitlines()[line - 1] == "    raise IndexError('here')"
    assert 0 < found["points"] < found["max_points"]


def test_an_empty_notebook_is_not_written_yet(graded):
    found = result(graded, "empty")
    assert found["points"] == 0
    unfinished = [m for t in graded_tests(found) for m in t["messages"] if m["id"] == "unfinished"]
    assert {m["values"]["file"] for m in unfinished} == {f"notebooks/{COMPONENT}.ipynb"}


def test_two_differing_copies_are_named_in_every_test(graded):
    found = result(graded, "differ")
    assert found["points"] == 0
    [problem] = found["problems"]
    names = {f"nn/{COMPONENT}.py", f"notebooks/{COMPONENT}.ipynb"}
    assert set(problem["values"].values()) == names
    assert all(problem in t["messages"] for t in graded_tests(found) if t["verdict"] != "skipped")


def test_work_of_another_release_is_told_from_it(graded, course):
    found = result(graded, "other-release")
    assert found["points"] == found["max_points"]
    about = {"theirs": "0123456789abcdef", "ours": course.suite_hash()}
    assert found["notes"] == [{"id": "other-release", "values": about}]
    page = (graded / "feedback" / "other-release.html").read_text(encoding="utf-8")
    assert "Работа сделана по другому выпуску курса" in page


def test_graded_again_it_is_kept(graded, course, tmp_path):
    shutil.copytree(graded.parent / "in", tmp_path / "in")
    shutil.copytree(graded, tmp_path / "out")
    component = course.component(COMPONENT)
    said = io.StringIO()
    ending = grade_folder(
        course, [component], tmp_path / "in", tmp_path / "out", jobs=1, stream=said
    )
    assert ending.kept == 8
    assert not ending.graded
    assert "1 made from another release than this one" in said.getvalue()
