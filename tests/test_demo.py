"""The demo's promises: nobody gets what was not earned, nobody pays for another, twice the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from autograder.course import ROOT, load_course
from autograder.demo import Made, make_class

Run = tuple[Path, str]
COURSE = load_course()
# A class of all twelve takes minutes: `make demo` has it.
LARGE = ("optimizers", "conv", "lenet", "alexnet")
COMPONENTS = tuple(c for c in COURSE.components if c.name not in LARGE)
CHOSEN = [part for c in COMPONENTS for part in ("--component", c.name)]


@cache
def made_up() -> tuple[Made, ...]:
    return tuple(make_class(COMPONENTS))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "demo", "--out", str(out), *CHOSEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout


def results(out: Path) -> dict[str, dict]:
    folder = out / "graded" / "results"
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in folder.glob("*.json")}


def test_the_class_has_40_students_and_each_has_a_result(demo):
    out, printed = demo
    found = results(out)
    assert len(found) == 40
    assert set(found) == {made.name for made in made_up()}
    assert all(r["graded"] for r in found.values())
    for student in found:
        assert student in printed
        assert (out / "graded" / "feedback" / f"{student}.html").exists()


def test_right_students_get_everything_and_no_other_does(demo):
    out, _ = demo
    found = results(out)
    for made in made_up():
        full = found[made.name]["points"] == found[made.name]["max_points"]
        assert full == made.about.startswith("right"), made


def test_nothing_is_earned_by_a_stub_or_an_empty_folder(demo):
    out, _ = demo
    found = results(out)
    for made in made_up():
        if made.about in ("the stub as it was handed out", "an empty folder", "a syntax error"):
            assert found[made.name]["points"] == 0, made.about


def test_trouble_in_one_function_leaves_the_others_points(demo):
    out, _ = demo
    found = results(out)
    for made in made_up():
        if made.about in (
            "an endless loop that swallows interrupts",
            "leaves the process by os._exit",
            "takes all the memory",
        ):
            result = found[made.name]
            # The first function of each component is spoiled, and so is what stands on it.
            assert 0.4 * result["max_points"] < result["points"] < result["max_points"]


def test_every_result_keeps_to_the_documented_schema(demo):
    out, _ = demo
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    for result in results(out).values():
        jsonschema.validate(result, schema)


def test_strength_shows_in_the_points(demo):
    out, _ = demo
    found = results(out)
    between = [m.name for m in made_up() if " right; " in m.about]
    points = [found[name]["points"] for name in between]
    third = len(points) // 3
    assert len(between) > 20
    assert len(set(points)) > len(points) / 2
    assert sum(points[:third]) > 1.3 * sum(points[-third:])


def test_grading_again_gives_the_same_bytes(demo, tmp_path):
    out, _ = demo
    # Where a second run could differ: limits, a part that is right, a name, another container.
    kinds: dict[str, str] = {}
    for made in made_up():
        kind = "between" if " right; " in made.about else made.about
        if kind == "between" or any(
            word in kind for word in ("endless", "memory", "ASCII", "bare")
        ):
            kinds.setdefault(kind, made.name)
    (tmp_path / "again").mkdir()
    for path in (out / "submissions").iterdir():
        if unicodedata.normalize("NFC", path.name.removesuffix(".zip")) in kinds.values():
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, tmp_path / "again" / path.name)
    subprocess.run(
        [
            *(sys.executable, "-m", "autograder", "grade"),
            *(str(tmp_path / "again"), "--out", str(tmp_path / "out"), *CHOSEN),
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for kind in ("results", "feedback"):
        again = {p.name: p.read_bytes() for p in (tmp_path / "out" / kind).iterdir()}
        assert len(again) == len(kinds) == 5
        for name, content in again.items():
            assert content == (out / "graded" / kind / name).read_bytes(), name


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "demo", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "holds something else" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "mine"
