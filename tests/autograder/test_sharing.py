"""What two hand in alike is graded once; what differs in anything that counts is not shared."""

import pytest

from autograder.course import load_course
from autograder.intake.submissions import Handed
from autograder.running.grader import Grader
from autograder.running.sharing import Shared
from shared.messages import message

COURSE = load_course()
CHOSEN = COURSE.select(["standardize", "weight_decay"])


@pytest.fixture(scope="module")
def grader():
    made = Grader(COURSE, CHOSEN, prove=False, share=True)
    yield made
    made.close()


def handed(student="a", **changed):
    files = {f"nn/{c.name}.py": c.solution.read_text(encoding="utf-8") for c in CHOSEN}
    for name, text in changed.items():
        files[f"nn/{name}.py"] = text
    return Handed(student, files)


def test_the_same_files_are_graded_once_and_give_the_same(grader):
    first = grader.grade(handed("a"))
    again = grader.grade(handed("b"))
    assert set(first["seconds"]) == {"standardize", "weight_decay"}
    assert again["seconds"] == {}  # nothing ran
    assert list(again["result"]["components"]) == list(first["result"]["components"])
    assert {**again["result"], "student": "a"} == first["result"]
    assert first["result"]["points"] == first["result"]["max_points"]


def test_a_changed_component_is_graded_and_the_others_are_not(grader):
    grader.grade(handed("a"))
    other = grader.grade(handed("b", standardize="def center(x):\n    return x\n"))
    assert set(other["seconds"]) == {"standardize"}
    parts = other["result"]["components"]
    assert parts["weight_decay"]["points"] == parts["weight_decay"]["max_points"]
    assert parts["standardize"]["points"] < parts["standardize"]["max_points"]


def test_a_file_that_could_not_be_read_is_no_absent_one(grader):
    files = {"nn/weight_decay.py": handed().files["nn/weight_decay.py"]}
    absent = grader.grade(Handed("a", files))
    problem = message("not-text", file="nn/standardize.py")
    broken = grader.grade(Handed("b", files, {"nn/standardize.py": problem}))
    assert "standardize" in broken["seconds"]
    tests = [r["result"]["components"]["standardize"]["tests"][0] for r in (absent, broken)]
    assert tests[0]["messages"] != tests[1]["messages"]


def test_what_the_kit_failed_in_is_not_kept():
    shared = Shared()
    fine, ours = {"tests": [{"verdict": "passed"}]}, {"tests": [{"verdict": "internal"}]}
    shared.keep({"conv": "1", "pool": "2"}, [("conv", fine), ("pool", ours)])
    assert shared.known({"conv": "1", "pool": "2"}) == {"conv": fine}


def test_only_the_last_are_kept(monkeypatch):
    monkeypatch.setattr("autograder.running.sharing.KEPT", 2)
    shared = Shared()
    result = {"tests": []}
    shared.keep({"a": "1", "b": "2"}, [("a", result), ("b", result)])
    shared.known({"a": "1"})  # used again
    shared.keep({"c": "3"}, [("c", result)])
    assert set(shared.known({"a": "1", "b": "2", "c": "3"})) == {"a", "c"}
