"""The nbgrader channel: nbgrader's own commands from release to score, against `grade`."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder import channels
from autograder.authoring.variants import read_variants
from autograder.course import ROOT, load_course
from autograder.records.results import read_result
from autograder.running.grading import grade_folder
from autograder.wording import words

from .leakscan import LeakScan, texts_of
from .submitted import HANDINS, Notebook, filled, right, source_of, stderr_warning

COURSE = load_course()
COMPONENT = COURSE.component("weight_decay")
WORDS = words(COURSE.language)  # what students are told, whatever this machine speaks
NAME = COMPONENT.name
FULL = COMPONENT.points
SECRET = "known to this test alone"
MEMORY = 3 << 30  # bytes of address space of one process
SECONDS = 300
UNREADABLE, PARTLY = "no_json", "partly"
RIGHT = {"right", "stderr_warning", "deleted_check", "duplicated_cell", "stripped_metadata"}
NOTHING = {"blank", UNREADABLE}

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("prlimit") is None,
    reason="needs bwrap and prlimit (apt-get install bubblewrap util-linux)",
)


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


def partly(notebook: Notebook) -> Notebook:
    """A mistake that costs some of the points of a cell."""
    wrong = {v.name: v.source for v in read_variants(COMPONENT).wrong}
    return filled(notebook, wrong["l2-two-layers-only"])


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


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    folder = tmp_path_factory.mktemp("nbgrader")
    home = folder / "nbgrader"
    done = Class(home, {}, folder / "graded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPRESSML_SECRET", SECRET)
        assert list(channels.release(COURSE, [COMPONENT], ["nbgrader"], folder))
        done.ran["generate"] = nbgrader(home, "generate_assignment", NAME)
        released = done.released()
        made = {student: handin(released, COMPONENT) for student, handin in HANDINS.items()}
        made[PARTLY] = partly(released)
        archive = home / "downloaded" / NAME / "archive"
        archive.mkdir(parents=True)
        for student, notebook in made.items():
            with zipfile.ZipFile(archive / f"{student}.zip", "w") as file:
                file.writestr(f"work/{NAME}.ipynb", json.dumps(notebook))
        (archive / f"{UNREADABLE}_{NAME}.ipynb").write_text("{ no JSON")
        done.ran["collect"] = nbgrader(home, "zip_collect", NAME)
        for command in ("autograde", "generate_feedback"):
            done.ran[command] = nbgrader(home, command, NAME)
        done.ran["export"] = nbgrader(home, "export")
        with open(os.devnull, "w") as nowhere:
            grade_folder(COURSE, [COMPONENT], home, done.graded, jobs=2, stream=nowhere)
        yield done


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
    assert exported.keys() == {*HANDINS, PARTLY, UNREADABLE}
    for student, score in exported.items():
        result = read_result(graded.graded, student)
        assert result is not None
        assert float(score) == result["points"], student
        print(f"{student:<18} nbgrader {float(score):>5} grade {result['points']:>5}")


def test_only_right_work_gets_everything(graded):
    scores = {student: float(score) for student, score in graded.exported().items()}
    assert {s for s, score in scores.items() if score == FULL} == RIGHT
    assert {s for s, score in scores.items() if score == 0} == NOTHING


def test_a_cell_gets_the_points_of_the_tests_that_passed(graded):
    tests = read_result(graded.graded, PARTLY)["components"][NAME]["tests"]
    cells = graded.grades(PARTLY)
    hidden = sum(t["points"] for t in tests if t["hidden"])
    l2 = sum(t["points"] for t in tests if t["test"].startswith("test_l2") and not t["hidden"])
    for name, points in (("hidden-tests", hidden), ("check-l2_penalty", l2)):
        score, most, waits = cells[name]
        assert 0 < score < most
        assert score == points
        assert not waits


def test_a_page_says_what_ours_says(graded):
    assert "не успела завершиться" in graded.page("endless_loop")
    assert "завершает программу" in graded.page("os_exit")
    assert "не хватило памяти" in graded.page("memory_hog")
    assert "не читается как ноутбук" in graded.page(UNREADABLE)
    suite = json.loads((graded.graded / "suite.json").read_text(encoding="utf-8"))
    lost = [
        test
        for test in read_result(graded.graded, PARTLY)["components"][NAME]["tests"]
        if test["hidden"] and test["verdict"] == "failed"
    ]
    assert lost
    for test in lost:
        about = suite["components"][NAME]["tests"][test["test"]]
        assert WORDS.text(about["title"]) in graded.page(PARTLY)
        assert WORDS.text(about["hint"]) in graded.page(PARTLY)


def test_no_page_and_no_release_holds_a_secret(graded):
    released = texts_of(graded.home / "release")
    shown = "\n".join(text for name, text in released.items() if not name.endswith(".ipynb"))
    scan = LeakScan(COURSE.components, shown, [SECRET])
    assert {name: scan.find(text) for name, text in released.items() if scan.find(text)} == {}
    pages = texts_of(graded.home / "feedback")
    students = {name.partition("/")[0] for name in pages}
    assert students == graded.exported().keys()
    own = {
        student: code(json.loads(graded.submitted(student))) for student in students - {UNREADABLE}
    }
    for name, text in pages.items():
        assert scan.find(text, own.get(name.partition("/")[0], "")) == [], name
    # It finds what is planted: in a page a name, the secret, a line of a test and of a solution.
    planted = ["test_l1_penalty_networks", SECRET, "for sizes, lam in NETWORKS:"]
    solution = "penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)"
    page = graded.page("blank")
    for secret in (*planted, solution):
        assert scan.find(page.replace("</body>", f"<pre>{secret}</pre></body>")), secret
    assert scan.find(released[f"{NAME}/{NAME}.ipynb"].replace("raise", solution))


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
    noisy = stderr_warning(graded.released(), COMPONENT)
    (folder / "last" / f"{NAME}.ipynb").write_text(json.dumps(noisy), encoding="utf-8")
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
    assert spoilt.grades(PARTLY)["hidden-tests"][0] is not None
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
    assert '"nbgrader"' not in made["stripped_metadata"]
