"""nbgrader's own tools on a gradebook that we wrote: export, feedback, formgrader."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import nbformat
import pytest

from autograder.gradebook import check_url, open_gradebook, write_gradebook

from .made import Class, with_due_date

NAME = "standardize"
TOKEN = "a-token-of-this-test"
SECONDS = 120.0


def surroundings(folder: Path) -> dict[str, str]:
    """Jupyter's folders below one of the test's."""
    own = {f"JUPYTER_{k}_DIR": str(folder / k) for k in ("CONFIG", "DATA", "RUNTIME")}
    return {**os.environ, **own, "HOME": str(folder)}


@pytest.fixture(scope="module")
def class_and_folder(small, tmp_path_factory) -> tuple[Class, Path]:
    folder = tmp_path_factory.mktemp("tools")
    made = Class(with_due_date(small, NAME), folder / "class")
    made.add("anna", hours=-1, passed=1)
    made.add("boris", hours=25)
    made.add("Ёлкина Дарья")
    (folder / "nbgrader").mkdir()
    write(made, folder / "nbgrader")
    return made, folder / "nbgrader"


def write(made: Class, folder: Path) -> None:
    write_gradebook(made.course, made.out, check_url(str(folder / "gradebook.db")))


def run(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=surroundings(folder.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_export_has_points_and_penalties(class_and_folder):
    made, folder = class_and_folder
    run(folder, "export", "--to", "grades.csv")
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {(r["assignment"], r["student_id"]): r for r in csv.DictReader(file)}
    assert len(rows) == 6
    for student, result in made.results().items():
        for name, about in result["components"].items():
            assert float(rows[name, student]["raw_score"]) == about["points"]
    boris = rows[NAME, "boris"]
    most = float(boris["max_score"])
    assert float(boris["late_submission_penalty"]) == pytest.approx(0.2 * most)
    assert float(rows[NAME, "anna"]["late_submission_penalty"]) == 0
    assert float(rows[NAME, "anna"]["score"]) == most


def test_export_reads_postgresql_by_the_line_of_the_manual(small, postgres, tmp_path):
    made = Class(small, tmp_path / "class")
    made.add("anna", passed=1)
    folder = tmp_path / "nbgrader"
    folder.mkdir()
    url = postgres.create("exported")
    write_gradebook(made.course, made.out, check_url(url), folder)
    config = f'c = get_config()\nc.CourseDirectory.db_url = "{url}"\n'
    (folder / "nbgrader_config.py").write_text(config)
    run(folder, "export", "--to", "grades.csv")
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {r["assignment"]: float(r["score"]) for r in csv.DictReader(file)}
    assert rows == {c.name: c.points for c in small.components}


def test_feedback_is_generated_from_the_notebooks(class_and_folder):
    made, folder = class_and_folder
    for path in folder.glob("autograded/*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    run(folder, "generate_feedback", NAME, "--student", "boris")
    page = (folder / "feedback" / "boris" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    points = made.results()["boris"]["components"][NAME]["points"]
    assert f"{points - 3:g} / {made.course.component(NAME).points:g}" in page.replace(".0 ", " ")
    assert "2 days late: penalty 3 of" in page
    assert "failed: 0 of" in page
    assert "<script>alert(1)</script>" not in page
    assert "alert" in page  # the student's code is there, as text


@pytest.fixture
def formgrader(class_and_folder) -> Iterator[Any]:
    """Asks a real server, on loopback, by token."""
    _, folder = class_and_folder
    settings = surroundings(folder.parent)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={folder}",
            "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
        ],
        cwd=folder,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    runtime = Path(settings["JUPYTER_RUNTIME_DIR"])

    def ask(path: str, data: Any = None) -> tuple[int, str]:
        (about,) = runtime.glob("jpserver-*.json")
        url = json.loads(about.read_text(encoding="utf-8"))["url"].rstrip("/")
        request = Request(
            f"{url}/formgrader/{path}",
            headers={"Authorization": f"token {TOKEN}"},
            data=None if data is None else json.dumps(data).encode(),
            method="GET" if data is None else "PUT",
        )
        with urlopen(request, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode("utf-8")

    try:
        deadline = time.monotonic() + SECONDS
        while True:
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            assert time.monotonic() < deadline, "the server did not start"
            try:
                ask("api/status")
                break
            except (OSError, ValueError):
                time.sleep(0.2)
        yield ask
    finally:
        server.terminate()
        server.communicate(timeout=SECONDS)


def test_formgrader_answers_and_what_is_entered_there_survives(class_and_folder, formgrader):
    made, folder = class_and_folder

    def api(path: str, data: Any = None) -> Any:
        return json.loads(formgrader(f"api/{path}", data)[1])

    assert [a["name"] for a in api("assignments")] == [NAME, "weight_decay"]
    submissions = {s["student"]: s for s in api(f"submissions/{NAME}")}
    results = made.results()
    assert {s: about["score"] for s, about in submissions.items()} == {
        s: r["components"][NAME]["points"] for s, r in results.items()
    }
    assert not any(s["needs_manual_grade"] for s in submissions.values())
    sheets = {s["student"]: s for s in api(f"submitted_notebooks/{NAME}/{NAME}")}
    assert sorted(sheets) == sorted(results)  # only those are listed that have a notebook
    status, page = formgrader(f"submissions/{sheets['boris']['id']}/")
    assert status == 200
    assert "failed: 0 of" in page
    assert "<script>alert(1)</script>" not in page
    grades = api(f"grades?submission_id={sheets['boris']['id']}")
    assert len(grades) == len(results["boris"]["components"][NAME]["tests"])
    lost = next(g for g in grades if g["auto_score"] == 0)
    api(f"grade/{lost['id']}", {"manual_score": 0.5, "extra_credit": 1})
    write(made, folder)
    with open_gradebook(str(folder / "gradebook.db")) as book:
        grade = book.find_grade(lost["name"], NAME, NAME, "boris")
        assert (grade.auto_score, grade.manual_score, grade.extra_credit) == (0, 0.5, 1)
        score = results["boris"]["components"][NAME]["points"] + 1.5
        assert book.find_submission(NAME, "boris").score == score
