"""nbgrader's own commands on a course directory of ours and on every hand-in, run once."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import channels
from autograder.running.grading import grade_folder

from .container import missing
from .handins import COMPONENT, COURSE, HANDINS, Notebook, source_of

NAME = COMPONENT.name
FULL = COMPONENT.points
SECRET = "known to this run alone"
MEMORY = 3 << 30  # bytes of address space of one process
SECONDS = 300
UNREADABLE = "no_json"


@dataclass(frozen=True)
class Ran:
    """A command of nbgrader: its status, and all that it printed."""

    status: int
    printed: str


def nbgrader(folder: Path, *arguments: str) -> Ran:
    """Run a command in a folder, the only place that it can write to but for its own home.

    Processes and network are its own, and its memory is limited: without our sandbox the bad
    submissions would reach the machine.
    """
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    command = [
        *("bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"),
        *("--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--bind", str(folder), str(folder), "--bind", str(home), str(home)),
        *("--setenv", "HOME", str(home), "--setenv", "TMPDIR", str(home)),
        *("--unsetenv", "EXPRESSML_SECRET"),
        *("--chdir", str(folder), "--", "prlimit", f"--as={MEMORY}", "--"),
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
    return Ran(done.returncode, done.stdout.decode(errors="replace"))


def load(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code(notebook: Notebook) -> str:
    return "\n".join(source_of(c) for c in notebook["cells"] if c["cell_type"] == "code")


@dataclass(frozen=True)
class Class:
    """A course directory on which commands have run, and what `grade` gives for the same."""

    home: Path
    ran: dict[str, Ran]
    graded: Path

    def released(self) -> Notebook:
        return load(self.home / "release" / NAME / f"{NAME}.ipynb")

    def submitted(self, student: str) -> str:
        path = self.home / "submitted" / student / NAME / f"{NAME}.ipynb"
        return path.read_text(encoding="utf-8")

    def page(self, student: str) -> str:
        path = self.home / "feedback" / student / NAME / f"{NAME}.html"
        return path.read_text(encoding="utf-8")

    def exported(self) -> dict[str, str]:
        """The scores in nbgrader's table."""
        with (self.home / "grades.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {row["assignment"] for row in rows} == {NAME}
        assert {float(row["max_score"]) for row in rows} == {FULL}
        return {row["student_id"]: row["score"] for row in rows}

    def grades(self, student: str) -> dict[str, tuple[float | None, float, bool]]:
        """Of each cell the score, the most, and whether it waits for somebody: the gradebook's."""
        query = """
            SELECT base_cell.name, grade.auto_score, grade_cells.max_score, grade.needs_manual_grade
            FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
            JOIN grade_cells ON grade_cells.id = grade.cell_id
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
        return {name: (score, most, bool(manual)) for name, score, most, manual in found}


@pytest.fixture(scope="session")
def by_nbgrader(tmp_path_factory: pytest.TempPathFactory) -> Class:
    if missing():
        pytest.skip(missing())
    folder = tmp_path_factory.mktemp("nbgrader")
    home = folder / "nbgrader"
    done = Class(home, {}, folder / "graded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPRESSML_SECRET", SECRET)
        assert list(channels.release(COURSE, [COMPONENT], ["nbgrader"], folder))
        done.ran["generate"] = nbgrader(home, "generate_assignment", NAME)
        released = done.released()
        made = {student: handin(released, COMPONENT) for student, handin in HANDINS.items()}
        archive = home / "downloaded" / NAME / "archive"
        archive.mkdir(parents=True)
        for student, notebook in made.items():
            with zipfile.ZipFile(archive / f"{student}.zip", "w") as file:
                file.writestr(f"work/{NAME}.ipynb", json.dumps(notebook))
        (archive / f"{UNREADABLE}_{NAME} (1).ipynb").write_text("{ no JSON")
        done.ran["collect"] = nbgrader(home, "zip_collect", NAME)
        for command in ("autograde", "generate_feedback"):
            done.ran[command] = nbgrader(home, command, NAME)
        done.ran["export"] = nbgrader(home, "export")
        with open(os.devnull, "w") as nowhere:
            grade_folder(COURSE, [COMPONENT], home, done.graded, jobs=2, stream=nowhere)
    return done  # the secret is this class's, and no other test's
