"""Regrading, attempts and late penalties, by the program itself on a copy of the course."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import load_course
from tests.conftest import copy_course

from .made import Class, agree

NAMES = ("standardize", "weight_decay")


class Kit:
    """A copy of the course, a class of four, and the program run on them."""

    def __init__(self, folder: Path) -> None:
        self.root = copy_course(folder / "course")
        text = (self.root / "course.toml").read_text(encoding="utf-8")
        start, *parts = text.split("[[component]]\n")
        kept = [p for p in parts if p.startswith(tuple(f'name = "{name}"' for name in NAMES))]
        (self.root / "course.toml").write_text("[[component]]\n".join([start, *kept]))
        self.folder = folder
        self.out = folder / "out"
        self.course = load_course(self.root)
        self.variants = {c.name: read_variants(c) for c in self.course.components}
        for student in ("anna", "boris", "clara", "dora"):
            self.hand_in(student, right=student != "boris")

    def hand_in(self, student: str, *, right: bool) -> None:
        for name, variants in self.variants.items():
            path = self.folder / "in" / student / "nn" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            source = variants.right[0].source if right else variants.wrong[0].source
            path.write_text(f"# {student}\n{source}", encoding="utf-8")

    def at(self, text: str) -> None:
        """When everything was handed in."""
        (self.folder / "in" / "handed_in.csv").write_text(f"student,handed_in\n{text}")

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def command(self, *arguments: str, out: Path | None = None) -> list[str]:
        name, *more = arguments
        where = [str(self.folder / "in"), "--out", str(out or self.out)]
        return [sys.executable, "-m", "autograder", name, *where, "--jobs", "1", *more]

    def run(self, *arguments: str, out: Path | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments, out=out),
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    def result(self, student: str) -> Any:
        return json.loads((self.out / "results" / f"{student}.json").read_text(encoding="utf-8"))

    def rows(self, name: str) -> list[dict[str, str]]:
        with open(self.out / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Kit:
    """The class, graded: the coordinator was killed in mid-run, and started again."""
    kit = Kit(tmp_path_factory.mktemp("kit"))
    (kit.folder / "nbgrader").mkdir()
    process = subprocess.Popen(kit.command("grade"), cwd=kit.root, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((kit.out / "results").glob("*.json")):
        assert time.monotonic() < deadline, "nothing was graded in two minutes"
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = kit.run("grade", "--gradebook", str(kit.folder / "nbgrader" / "gradebook.db"))
    kit.kept = int(re.search(r"(\d) kept", done.stderr)[1])
    return kit


def test_after_a_kill_each_has_one_result_and_the_gradebook_agrees(kit):
    assert kit.kept > 0
    made = Class.__new__(Class)
    made.out = kit.out
    assert sorted(made.results()) == ["anna", "boris", "clara", "dora"]
    assert all(r["graded"] for r in made.results().values())
    compared = agree(str(kit.folder / "nbgrader" / "gradebook.db"), made)
    assert compared == 4 * sum(len(c["tests"]) for c in kit.result("anna")["components"].values())
    assert all(len(list((kit.out / "attempts" / s).glob("*.json"))) == 1 for s in made.results())
    page = kit.folder / "nbgrader" / "autograded" / "anna" / NAMES[0] / f"{NAMES[0]}.ipynb"
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["source"] == f"# anna\n{kit.variants[NAMES[0]].right[0].source}"


def test_due_dates_cost_points_beside_the_score_and_grade_nothing_again(kit):
    before = {path.name: path.read_bytes() for path in (kit.out / "results").iterdir()}
    kit.edit("course.toml", "points = 15\n", "points = 15\ndue = 2026-03-01T12:00:00+03:00\n")
    kit.edit("course.toml", "# extensions = ", "extensions = ")
    (kit.root / "extensions.csv").write_text("student,days\nclara,1.5\nnobody,3\n")
    times = {"anna": "01T09:00", "boris": "09T09:00", "clara": "03T09:00", "dora": "02T09:01"}
    kit.at("".join(f"{s},2026-03-{t}:00Z\n" for s, t in times.items()))
    done = kit.run("grade")
    assert "0 graded" in done.stderr
    assert "names nobody, of whom there is no submission" in done.stderr
    rows = {row["student"]: row for row in kit.rows("late.csv")}
    lost = kit.result("boris")["components"][NAMES[0]]["points"]
    assert {s: (r["days_late"], float(r["penalty"])) for s, r in rows.items()} == {
        "anna": ("0", 0.0),
        "boris": ("8", min(7.5, lost)),  # never more than `at_most`, nor than was earned
        "clara": ("1", 1.5),  # two days, of which 1.5 are hers
        "dora": ("2", 3.0),  # a minute into the second day
    }
    grades = {row["student"]: row for row in kit.rows("grades.csv")}
    assert float(grades["dora"]["points"]) == kit.result("dora")["points"]
    assert float(grades["dora"]["after_penalty"]) == kit.result("dora")["points"] - 3
    assert before == {path.name: path.read_bytes() for path in (kit.out / "results").iterdir()}


def test_a_changed_test_moves_those_whom_it_concerns_and_no_other_component_is_graded(kit):
    hidden = "autograder/suites/test_weight_decay.py"
    text = (kit.root / hidden).read_text(encoding="utf-8")
    worth = re.search(r"@points\(([\d.]+).*?\ndef (\w+)\(", text, re.S)
    kit.edit(hidden, worth[0], worth[0].replace(f"points({worth[1]}", "points(9"))
    before = {s: kit.result(s) for s in ("anna", "boris")}
    said = kit.run("regrade").stdout
    assert {row["component"] for row in kit.rows("timings.csv")} == {"weight_decay"}
    rows = kit.rows("moved.csv")
    assert {row["test"] for row in rows} == {worth[2]}
    assert {row["because"] for row in rows} == {"suite"}
    by = 9 - float(worth[1])
    anna = next(row for row in rows if row["student"] == "anna")
    assert (float(anna["moved"]), float(anna["test_after"])) == (by, 9)
    assert (
        f"anna: {before['anna']['points']} -> {before['anna']['points'] + by:g} (+{by:g};" in said
    )
    assert f"+{by:g}  weight_decay::{worth[2]}" in said
    for student, old in before.items():
        new = kit.result(student)
        assert new["suite"] != old["suite"]
        assert new["components"]["standardize"] == old["components"]["standardize"]
    assert not (kit.out / "before").exists()
    # One file that is handed in anew has its own component graded, and no other.
    file = kit.folder / "in" / "dora" / "nn" / "standardize.py"
    file.write_text(file.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
    kit.run("grade")
    touched = {(row["student"], row["component"]) for row in kit.rows("timings.csv")}
    assert touched == {("dora", "standardize")}
    # The same bytes as a run that starts from nothing.
    kit.run("grade", out=kit.folder / "fresh")
    for path in (kit.folder / "fresh" / "results").iterdir():
        assert path.read_bytes() == (kit.out / "results" / path.name).read_bytes()
    assert kit.run("regrade").stdout == "nobody moved\n"


def test_the_best_attempt_counts_also_after_a_regrade(kit):
    kit.edit("course.toml", 'attempts = "last"', 'attempts = "best"')
    good = kit.result("clara")
    kit.hand_in("clara", right=False)
    kit.hand_in("boris", right=True)
    kit.run("grade")
    assert kit.result("clara") == good  # the worse one was kept, and does not count
    assert kit.result("boris")["points"] == kit.result("anna")["points"]
    assert len(list((kit.out / "attempts" / "clara").glob("*.json"))) == 2
    kit.edit("autograder/suites/test_weight_decay.py", "points(9", "points(5")
    kit.run("regrade")
    clara = kit.result("clara")
    assert clara["submission"] == good["submission"]
    assert clara["points"] == good["points"] - 4  # the attempt that counts was graded again
    moved = {row["student"]: float(row["moved"]) for row in kit.rows("moved.csv")}
    assert moved == {"anna": -4, "boris": -4, "clara": -4, "dora": -4}
    kit.edit("course.toml", 'attempts = "best"', 'attempts = "last"')
    kit.run("grade")
    assert kit.result("clara")["points"] < clara["points"]


def test_regrade_needs_earlier_results(kit, tmp_path):
    done = subprocess.run(
        kit.command("regrade", out=tmp_path), cwd=kit.root, capture_output=True, text=True
    )
    assert done.returncode == 4
    assert "holds no earlier results: run `grade`" in done.stderr
