"""The nbgrader channel: nbgrader's own commands from release to score, against `grade`."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import channels
from autograder.course import load_course
from autograder.grading import grade_folder
from autograder.results import read_result
from autograder.stubs import find_regions

from .submitted import HANDINS, right, source_of, stderr_warning, wrong

COURSE = load_course()
COMPONENT = COURSE.component("weight_decay")
NAME = COMPONENT.name
FULL = COMPONENT.points
SECRET = "known to this test alone"
MEMORY = 3 << 30  # bytes of address space of one process
SECONDS = 300
UNREADABLE = "no_json"

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("prlimit") is None,
    reason="needs bwrap and prlimit (apt-get install bubblewrap util-linux)",
)


@dataclass(frozen=True)
class Ran:
    """A command of nbgrader: its status, and all that it printed."""

    status: int
    printed: str


def nbgrader(folder: Path, *arguments: str, cwd: Path | None = None) -> Ran:
    """Run a command in the course directory, the only place that it can write to.

    Processes and network are its own, and its memory is limited: without our sandbox the bad
    submissions would reach the machine.
    """
    import resource, time

    t0 = time.time()
    own = folder.parent / "home"
    own.mkdir(exist_ok=True)
    command = [
        *("bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"),
        *("--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--bind", str(folder), str(folder), "--bind", str(own), str(own)),
        *("--setenv", "HOME", str(own), "--setenv", "TMPDIR", str(own)),
        *("--unsetenv", "EXPRESSML_SECRET"),
        *("--chdir", str(cwd or folder), "--", "prlimit", f"--as={MEMORY}", "--"),
        *(sys.executable, "-m", "nbgrader", *arguments),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    if os.environ.get("NBG_TIME"):
        c1 = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(arguments[0], f"{time.time() - t0:.1f} s, CPU so far {c1.ru_utime + c1.ru_stime:.1f}", file=sys.__stderr__)
    return Ran(done.returncode, done.stdout.decode(errors="replace"))


@dataclass(frozen=True)
class Class:
    """A course directory on which every command has run, and what `grade` gives for the same."""

    home: Path
    ran: dict[str, Ran]
    graded: Path

    def points(self) -> dict[str, float | None]:
        """The scores that nbgrader has written, by student."""
        with (self.home / "grades.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["assignment"] for row in rows} == {NAME}
        assert {float(row["max_score"]) for row in rows} == {FULL}
        return {row["student_id"]: float(row["score"]) if row["score"] else None for row in rows}

    def page(self, student: str) -> str:
        path = self.home / "feedback" / student / NAME / f"{NAME}.html"
        return path.read_text(encoding="utf-8")

    def grades(self, student: str) -> dict[str, tuple[float | None, bool]]:
        """Of each cell the score, and whether it waits for somebody, from the gradebook."""
        query = """
            SELECT base_cell.name, grade.auto_score, grade.needs_manual_grade FROM grade
            JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
            JOIN submitted_assignment
              ON submitted_assignment.id = submitted_notebook.assignment_id
            WHERE submitted_assignment.student_id = ?
        """
        connection = sqlite3.connect(self.home / "gradebook.db")
        try:
            found = connection.execute(query, (student,)).fetchall()
        finally:
            connection.close()
        return {name: (score, bool(manual)) for name, score, manual in found}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("nbgrader")
    home = folder / "nbgrader"
    ran: dict[str, Ran] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPRESSML_SECRET", SECRET)
        assert list(channels.release(COURSE, [COMPONENT], ["nbgrader"], folder))
        ran["generate"] = nbgrader(home, "generate_assignment", NAME)
        released = json.loads((home / "release" / NAME / f"{NAME}.ipynb").read_text())
        archive = home / "downloaded" / NAME / "archive"
        archive.mkdir(parents=True)
        for student, made in HANDINS.items():
            with zipfile.ZipFile(archive / f"{student}.zip", "w") as file:
                file.writestr(f"{NAME}.ipynb", json.dumps(made(released, COMPONENT)))
        (archive / f"{UNREADABLE}_{NAME}.ipynb").write_text("{ no JSON")
        ran["collect"] = nbgrader(home, "zip_collect", NAME)
        ran["autograde"] = nbgrader(home, "autograde", NAME)
        ran["feedback"] = nbgrader(home, "generate_feedback", NAME)
        ran["export"] = nbgrader(home, "export")
        with open(os.devnull, "w") as nowhere:
            grade_folder(COURSE, [COMPONENT], home, folder / "graded", jobs=2, stream=nowhere)
        yield Class(home, ran, folder / "graded")


def test_every_command_ends_well(graded):
    assert {name: ran.status for name, ran in graded.ran.items() if ran.status} == {}, "\n".join(
        ran.printed for ran in graded.ran.values() if ran.status
    )
    assert "Traceback" not in "".join(ran.printed for ran in graded.ran.values())


def test_nbgrader_scores_what_grade_gives(graded):
    points = graded.points()
    assert points.keys() == {*HANDINS, UNREADABLE}
    for student, score in points.items():
        result = read_result(graded.graded, student)
        assert result is not None
        assert score == result["points"], student
        print(f"{student:<20} nbgrader {score:>5} grade {result['points']:>5}")
