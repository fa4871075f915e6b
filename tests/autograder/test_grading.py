"""Grading a class: results, resuming, interrupting, and faults that stay where they are."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import ROOT, Course
from autograder.reports.feedback import page

ENDLESS = """
def neuron(*args):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


def command(submissions: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        *("-m", "autograder", "grade", str(submissions), "--out", str(out)),
        *("--component", "backprop", *more),
    ]


def grade(submissions: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(submissions, out, *more), cwd=ROOT, capture_output=True, text=True, check=False
    )


def hand_in(folder: Path, student: str, source: str) -> None:
    path = folder / student / "nn" / "backprop.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")


def results(out: Path) -> dict[str, bytes]:
    return {p.stem: p.read_bytes() for p in (out / "results").glob("*.json")}


@pytest.fixture(scope="module")
def sources(course: Course) -> dict[str, str]:
    variants = read_variants(course.component("backprop"))
    right = variants.right[0].source
    return {
        "right": right,
        "wrong": variants.wrong[0].source,
        "endless": right + ENDLESS,
        "exits": right + "\nimport os\n\n\ndef neuron(*args):\n    os._exit(0)\n",
        "syntax": right + "\ndef broken(:\n",
        "leaky": right + "\n\ndef neuron(x, w, b):\n    raise RuntimeError(repr((x, w, b)))\n",
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory, sources) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("class")
    for student, source in sources.items():
        hand_in(folder / "in", student, source)
    hand_in(folder / "in", "Ёлкина <b>Дарья", sources["right"])
    (folder / "in" / "empty").mkdir()
    (folder / "in" / "broken.zip").write_bytes(b"no zip")
    done = grade(folder / "in", folder / "out")
    return folder / "out", done


def result(out: Path, student: str) -> dict:
    return json.loads((out / "results" / f"{student}.json").read_text(encoding="utf-8"))


def verdicts(out: Path, student: str) -> dict[str, str]:
    tests = result(out, student)["components"]["backprop"]["tests"]
    return {t["test"]: t["verdict"] for t in tests}


def test_every_submission_has_a_result_and_the_status_is_0(graded):
    out, done = graded
    assert done.returncode == 0, done.stderr
    assert len(results(out)) == 9
    assert "9 submissions: 9 graded" in done.stderr


def test_the_right_one_gets_all_points_and_no_other_does(graded):
    out, _ = graded
    full = [s for s in results(out) if result(out, s)["points"] == result(out, s)["max_points"]]
    assert sorted(full) == ["right", "Ёлкина <b>Дарья"]


@pytest.mark.parametrize(
    ("student", "said"), [("endless", "timeout"), ("exits", "exited"), ("leaky", "raised")]
)
def test_a_bad_function_costs_its_own_tests_and_nothing_else(graded, student, said):
    out, _ = graded
    tests = result(out, student)["components"]["backprop"]["tests"]
    lost = [t for t in tests if t["verdict"] != "passed"]
    assert lost
    assert all(t["verdict"] in ("error", "skipped") for t in lost)
    assert all(t["messages"][0]["id"] in (said, "needs") for t in lost)
    assert all("neuron" in str(t["messages"]) for t in lost)
    assert len(lost) < len(tests) / 2


def test_what_could_not_be_read_is_said_in_one_line(graded):
    out, done = graded
    assert "broken: broken.zip cannot be unpacked: make the zip anew" in done.stderr
    assert result(out, "broken")["points"] == 0
    assert result(out, "broken")["problems"][0]["id"] == "bad-zip"
    assert set(verdicts(out, "empty").values()) == {"failed", "skipped"}
    assert "Traceback" not in done.stderr


def test_a_syntax_error_names_its_line(graded, sources):
    out, _ = graded
    first = result(out, "syntax")["components"]["backprop"]["tests"][0]
    assert first["verdict"] == "error"
    assert first["messages"][0]["id"] == "import"
    assert first["messages"][0]["values"]["line"] == sources["syntax"].count("\n")


def test_a_hidden_test_shows_no_data(graded):
    out, _ = graded
    for student in results(out):
        for component in result(out, student)["components"].values():
            for test in (t for t in component["tests"] if t["hidden"]):
                assert test["call"] == ""
                assert "array(" not in json.dumps(test)
                assert not any(m["id"] == "raised-text" for m in test["messages"])


def test_the_table_has_a_row_for_each(graded):
    out, _ = graded
    with open(out / "grades.csv", encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert len(rows) == 9
    assert rows["right"]["points"] == rows["right"]["max_points"]
    assert rows["empty"]["points"] == "0"


def test_pages_escape_what_students_wrote(graded):
    out, _ = graded
    page = (out / "feedback" / "Ёлкина <b>Дарья.html").read_text(encoding="utf-8")
    assert "Ёлкина &lt;b&gt;Дарья" in page
    assert "<b>" not in page


def test_a_failed_local_test_has_its_picture_and_a_hidden_one_has_none(graded):
    out, _ = graded
    tests = result(out, "wrong")["components"]["backprop"]["tests"]
    shown = [t for t in tests if "picture" in t]
    assert shown
    assert not any(t["hidden"] for t in shown)
    assert any(t["hidden"] and t["messages"] for t in tests)
    page = (out / "feedback" / "wrong.html").read_text(encoding="utf-8")
    assert page.count('<svg class="maps"') == len(shown)
    assert "разность" in page


def test_a_page_draws_nothing_of_a_hidden_test_whatever_a_result_says(graded):
    out, _ = graded
    suite = json.loads((out / "suite.json").read_text(encoding="utf-8"))
    told = result(out, "wrong")
    tests = told["components"]["backprop"]["tests"]
    picture = next(t["picture"] for t in tests if "picture" in t)
    for test in tests:
        test["picture"] = picture
    drawn = page(told, suite, "en").count('<svg class="maps"')
    assert drawn == sum(bool(t["messages"]) and not t["hidden"] for t in tests)


def test_pages_are_self_contained(graded):
    out, _ = graded
    page = (out / "feedback" / "wrong.html").read_text(encoding="utf-8")
    for outside in ("http://", "https://", "<script", "<link", "src="):
        assert outside not in page
    assert "подсказка" in page


def test_a_second_run_keeps_what_is_there_and_grades_what_changed(graded, sources, tmp_path):
    folder = tmp_path
    for student in ("right", "wrong"):
        hand_in(folder / "in", student, sources[student])
    grade(folder / "in", folder / "out", "--jobs", "1")
    before = results(folder / "out")
    (folder / "in" / "wrong" / "nn" / "backprop.py").write_text(sources["right"])
    (folder / "out" / "results" / "right.json").touch()
    done = grade(folder / "in", folder / "out", "--jobs", "1")
    assert "1 graded" in done.stderr
    assert "1 kept" in done.stderr
    after = results(folder / "out")
    assert after["right"] == before["right"]
    assert after["wrong"] != before["wrong"]


def test_an_interrupted_run_goes_on_and_ends_the_same(graded, sources, tmp_path):
    out, _ = graded
    submissions = out.parent / "in"
    process = subprocess.Popen(
        command(submissions, tmp_path / "out", "--jobs", "1"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "out" / "results").glob("*.json")):
            assert time.monotonic() < deadline, "nothing was graded in a minute"
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    finally:
        process.kill()
    assert process.returncode == 2
    assert "run the same command to go on" in said
    assert not list(tmp_path.rglob("*.tmp"))
    first = results(tmp_path / "out")
    assert 0 < len(first) < 9
    # The attempt is written before the result that counts, and the interrupt may come in between.
    begun = len(list((tmp_path / "out" / "attempts").rglob("*.json")))
    assert begun - len(first) in (0, 1)
    done = grade(submissions, tmp_path / "out")
    assert f"{begun} kept" in done.stderr
    assert results(tmp_path / "out") == results(out)


def graders_of(pid: int) -> list[int]:
    """The grading processes of a run, by their command line."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


def test_a_grading_process_that_dies_loses_no_submission(graded, tmp_path):
    out, _ = graded
    process = subprocess.Popen(
        command(out.parent / "in", tmp_path / "out", "--jobs", "1"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "out" / "results").glob("*.json")):
            assert time.monotonic() < deadline, "nothing was graded in a minute"
            time.sleep(0.02)
        (grader,) = graders_of(process.pid)
        os.kill(grader, signal.SIGKILL)
        said = process.communicate(timeout=120)[1]
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert results(tmp_path / "out") == results(out)


def test_an_output_that_cannot_be_written_is_said_before_grading(graded, tmp_path):
    out, _ = graded
    (tmp_path / "file").write_text("mine")
    done = grade(out.parent / "in", tmp_path / "file" / "out")
    assert done.returncode == 4
    assert done.stderr.startswith("error: cannot write")
    assert (tmp_path / "file").read_text() == "mine"


def test_json_prints_only_json(sources, tmp_path):
    hand_in(tmp_path / "in", "right", sources["right"])
    done = grade(tmp_path / "in", tmp_path / "out", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["student"] for line in lines] == ["right"]
