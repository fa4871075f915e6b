"""A component that stands on another: whose mistake costs what, and what may be lent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COURSE = """
[course]
title = "Two"
version = "1"
{released}

[[component]]
name = "brick"
title = "Brick"
points = 2

[[component]]
name = "house"
title = "House"
points = 3
needs = ["brick"]
"""
HEAD = '"""A component."""\nfrom __future__ import annotations\nfrom nn.types import Array\n\n'
BRICK = HEAD + "def double(x: Array) -> Array:\n    return 2 * x\n"
HOUSE = (
    HEAD
    + "from nn.brick import double\n\n"
    + "def four(x: Array) -> Array:\n    return double(double(x))\n"
)
STANDIN = HEAD + "def double(x: Array) -> Array:\n    return x + 1\n"
TEST_HEAD = "import numpy as np\nfrom shared import check_close, points\n\n"
TESTS = {
    "assignments/tests/test_brick.py": '''
@points(1, hint="Twice.")
def test_double(student):
    """double(x) is 2x"""
    check_close(student.double(np.ones(3)), np.full(3, 2.0), what="y")
''',
    "autograder/suites/test_brick.py": '''
@points(1, hint="Twice.")
def test_double_of_many(student, reference):
    """double(x) is 2x for many"""
    x = np.arange(4.0)
    check_close(student.double(x), reference.double(x), what="y")
''',
    "assignments/tests/test_house.py": '''
@points(1, hint="Twice twice.", stands_on=("brick",))
def test_four(student):
    """four(x) is 4x"""
    check_close(student.four(np.ones(3)), np.full(3, 4.0), what="y")
''',
    "autograder/suites/test_house.py": '''
@points(1, hint="Twice twice.", stands_on=("brick",))
def test_four_of_many(student, reference):
    """four(x) is 4x for many"""
    x = np.arange(4.0)
    check_close(student.four(x), reference.four(x), what="y")

@points(1, hint="Call `double` twice.")
def test_put_together(assembled, reference_assembled):
    """four calls double twice"""
    x = np.arange(4.0)
    check_close(reference_assembled.four(x), x + 2, what="the reference")
    check_close(assembled.four(x), reference_assembled.four(x), what="y")
''',
}
UNREADABLE = "raise ValueError('at import')\n"
RIGHT_HOUSE = "from nn.brick import double\n\ndef four(x):\n    return double(double(x))\n"
OWN_HELPER = "from nn.brick import helper\n\ndef four(x):\n    return helper(helper(x))\n"


@pytest.fixture
def grade(spoilable: Path, tmp_path: Path):
    """Grade one submission of a course of two small components; its components' results."""
    for folder in ("solutions/nn", "assignments/tests", "autograder/suites", "autograder/mutants"):
        for path in (spoilable / folder).glob("*.py"):
            if path.name not in ("__init__.py", "types.py"):
                path.unlink()
    texts = {"solutions/nn/brick.py": BRICK, "solutions/nn/house.py": HOUSE}
    texts |= {name: TEST_HEAD + text for name, text in TESTS.items()}
    texts["autograder/standins/brick.py"] = STANDIN
    for name, text in texts.items():
        path = spoilable / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(brick: str | None, house: str, *, released: str = "", only: str = "") -> dict:
        (spoilable / "course.toml").write_text(COURSE.format(released=released), encoding="utf-8")
        handed = tmp_path / "in" / "anna" / "nn"
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        handed.mkdir(parents=True)
        (handed / "house.py").write_text(house, encoding="utf-8")
        if brick is not None:
            (handed / "brick.py").write_text(brick, encoding="utf-8")
        command = [sys.executable, "-m", "autograder", "grade", str(tmp_path / "in")]
        command += ["--out", str(tmp_path / "out"), *(["--component", only] if only else [])]
        done = subprocess.run(command, cwd=spoilable, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        text = (tmp_path / "out" / "results" / "anna.json").read_text(encoding="utf-8")
        return json.loads(text)["components"]

    return run


def said(result: dict) -> list[tuple[str, str, list[str]]]:
    return [(t["test"], t["verdict"], [m["id"] for m in t["messages"]]) for t in result["tests"]]


WRONG = "def double(x):\n    return 3 * x\n"


@pytest.mark.parametrize("brick", [WRONG, None, UNREADABLE])
def test_a_broken_component_costs_what_stands_on_it_no_assembly(grade, brick):
    house = grade(brick, RIGHT_HOUSE)["house"]
    assert said(house) == [
        ("test_four", "skipped", ["needs-component"]),
        ("test_four_of_many", "skipped", ["needs-component"]),
        ("test_put_together", "passed", []),
    ]
    assert house["problems"] == []


def test_the_same_when_only_the_component_above_is_graded(grade):
    assert said(grade(WRONG, RIGHT_HOUSE, only="house")["house"]) == said(
        grade(WRONG, RIGHT_HOUSE)["house"]
    )


def test_an_own_mistake_is_no_skip(grade):
    house = grade(BRICK, RIGHT_HOUSE.replace("double(double(x))", "double(x)"))["house"]
    assert [verdict for _, verdict, _ in said(house)] == ["failed", "failed", "failed"]


@pytest.mark.parametrize("brick", [WRONG, None, UNREADABLE])
def test_what_was_released_is_lent_and_it_is_said(grade, brick):
    graded = grade(brick, RIGHT_HOUSE, released='released = ["brick"]')
    assert graded["brick"]["points"] == 0
    assert graded["house"]["points"] == 3
    assert [p["id"] for p in graded["house"]["problems"]] == ["lent"]


def test_nothing_is_lent_in_place_of_what_works(grade):
    graded = grade(BRICK, RIGHT_HOUSE, released='released = ["brick"]')
    assert (graded["house"]["points"], graded["house"]["problems"]) == (3, [])


def test_helpers_of_a_replaced_module_are_still_there(grade):
    own = "def helper(x):\n    return 2 * x\n\ndef double(x):\n    return 3 * x\n"
    lent = grade(own, OWN_HELPER, released='released = ["brick"]')["house"]
    # Over the stand-in its own helper doubles: it does not call `double`, and the test sees that.
    assert [verdict for _, verdict, _ in said(lent)] == ["passed", "passed", "failed"]
