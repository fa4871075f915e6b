"""The nbgrader channel: nbgrader's own commands from release to score, against `grade`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import ROOT
from autograder.records.results import read_result
from autograder.wording import words

from .by_nbgrader import FULL, NAME, UNREADABLE, Class, code, load, nbgrader
from .handins import COMPONENT, COURSE, FULL_MARKS, HANDINS, noisy, right, source_of

WORDS = words(COURSE.language)  # what students are told, whatever this machine speaks
NOTHING = {"blank", UNREADABLE}


@pytest.fixture
def graded(by_nbgrader: Class) -> Class:
    return by_nbgrader


@pytest.fixture
def spoilt(graded: Class, tmp_path: Path) -> Class:
    """A copy of it that a test may spoil."""
    shutil.copytree(graded.home, tmp_path / "nbgrader")
    return Class(tmp_path / "nbgrader", {}, graded.graded)


def test_every_command_ends_well(graded):
    for name, ran in graded.ran.items():
        assert ran.status == 0, f"{name}: {ran.printed}"
        assert "Traceback" not in ran.printed, f"{name}: {ran.printed}"


def test_nbgrader_scores_what_grade_gives(graded):
    exported = graded.exported()
    assert exported.keys() == {*HANDINS, UNREADABLE}
    for student, score in exported.items():
        result = read_result(graded.graded, student)
        assert result is not None
        assert float(score) == result["points"], student
        print(f"{student:<18} nbgrader {float(score):>5} grade {result['points']:>5}")


def test_only_right_work_gets_everything(graded):
    scores = {student: float(score) for student, score in graded.exported().items()}
    assert {s for s, score in scores.items() if score == FULL} == FULL_MARKS
    assert {s for s, score in scores.items() if score == 0} == NOTHING


def test_a_cell_gets_the_points_of_the_tests_that_passed(graded):
    tests = read_result(graded.graded, "wrong")["components"][NAME]["tests"]
    cells = graded.grades("wrong")
    hidden = sum(t["points"] for t in tests if t["hidden"])
    l2 = sum(t["points"] for t in tests if t["test"].startswith("test_l2") and not t["hidden"])
    for name, points in (("hidden-tests", hidden), ("check-l2_penalty", l2)):
        score, most, waits = cells[name]
        assert 0 < score < most
        assert score == points
        assert not waits


def test_a_page_says_what_ours_says(graded):
    assert "не успела завершиться" in graded.page("endless")
    assert "завершает программу" in graded.page("exits")
    assert "не хватило памяти" in graded.page("hog")
    assert "не читается как ноутбук" in graded.page(UNREADABLE)
    suite = json.loads((graded.graded / "suite.json").read_text(encoding="utf-8"))
    lost = [
        test
        for test in read_result(graded.graded, "wrong")["components"][NAME]["tests"]
        if test["hidden"] and test["verdict"] == "failed"
    ]
    assert lost
    for test in lost:
        about = suite["components"][NAME]["tests"][test["test"]]
        assert WORDS.text(about["title"]) in graded.page("wrong")
        assert WORDS.text(about["hint"]) in graded.page("wrong")


def test_the_release_is_the_students_own_notebook(graded):
    ours = {c["id"]: source_of(c) for c in load(COMPONENT.notebook_in(COURSE.language))["cells"]}
    released = {c["id"]: source_of(c) for c in graded.released()["cells"]}
    assert {name for name in released if released[name] != ours.get(name)} == {
        *("text-2", "setup", "check-hidden-tests")  # where things lie, and one cell more
    }
    source = load(graded.home / "source" / NAME / f"{NAME}.ipynb")
    assert "NotImplementedError" in code(graded.released())
    assert "NotImplementedError" not in code(source)


def test_validate_says_what_ours_says(graded, tmp_path):
    folder = tmp_path / "students"
    for name in ("first", "last"):
        shutil.copytree(graded.home / "release" / NAME, folder / name)
    warns = noisy(graded.released(), COMPONENT)
    (folder / "last" / f"{NAME}.ipynb").write_text(json.dumps(warns), encoding="utf-8")
    first = nbgrader(folder, "validate", f"first/{NAME}.ipynb", f"last/{NAME}.ipynb")
    assert first.status == 0
    # Lines are folded to a width; a sentence is looked for without its folds.
    failed, _, passed = " ".join(first.printed.split()).partition("Success!")
    assert "VALIDATION FAILED ON 5 CELL(S)!" in failed
    assert WORDS.text("parameter_count: networks of one to four layers, counted by hand") in failed
    assert "`early_stopping` ещё не написана" in failed
    assert "Traceback" not in failed
    assert "passes all the tests" in passed


def test_our_own_fault_gives_no_score(graded, spoilt):
    solution = spoilt.home / "kit" / "solutions" / "nn" / f"{NAME}.py"
    solution.write_text(read_variants(COMPONENT).wrong[0].source, encoding="utf-8")
    ran = nbgrader(spoilt.home, "autograde", NAME, "--student", "right", "--force")
    assert ran.status != 0
    assert "does not pass" in ran.printed
    assert {(score, waits) for score, _, waits in spoilt.grades("right").values()} == {(None, True)}
    assert spoilt.grades("wrong")["hidden-tests"][0] is not None
    assert nbgrader(spoilt.home, "export").status == 0
    exported = spoilt.exported()
    assert exported["right"] == ""
    assert exported == {**graded.exported(), "right": ""}


def test_without_the_kit_nothing_is_graded(spoilt):
    shutil.rmtree(spoilt.home / "kit")
    ran = nbgrader(spoilt.home, "autograde", NAME, "--student", "right", "--force")
    assert ran.status != 0
    assert "kit is missing, and nothing is graded without it" in ran.printed
    assert (spoilt.home / "autograded" / "right" / NAME / f"{NAME}.ipynb").exists()


def test_only_the_channel_imports_nbgrader():
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("autograder", "shared")
        for path in (ROOT / room).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import nbgrader", "from nbgrader"))
    }
    assert found == {f"autograder/channels/nbgrader/{name}.py" for name in ("converters", "export")}


def test_right_is_what_it_says(graded):
    """The hand-ins are what they are called, or the above would prove nothing."""
    made = {
        name: json.dumps(handin(graded.released(), COMPONENT)) for name, handin in HANDINS.items()
    }
    assert len(set(made.values())) == len(made)
    assert "NotImplementedError" not in code(right(graded.released(), COMPONENT))
    assert '"nbgrader"' not in made["stripped"]
