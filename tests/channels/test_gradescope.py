"""The Gradescope channel in its container: what scores there is what `grade` gives here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.channels import gradescope

from . import container
from .by_gradescope import NAME, Both
from .handins import COMPONENT, COURSE, FULL_MARKS, HANDINS, as_file, solution

FULL = COMPONENT.points


@pytest.fixture
def both(by_gradescope: Both) -> Both:
    return by_gradescope


@pytest.mark.parametrize("name", [*HANDINS, "burglar", "broken"])
def test_the_container_gives_what_grade_gives(both, name):
    run, result = both.runs[name], both.result(name)
    assert run.results is not None, run.printed
    assert run.status == 0, run.printed
    assert run.results["score"] == result["points"]
    tests = result["components"][NAME]["tests"]
    assert [t["score"] for t in run.results["tests"]] == [t["points"] for t in tests]
    assert [t["max_score"] for t in run.results["tests"]] == [t["max_points"] for t in tests]
    assert [t["tags"][1] for t in run.results["tests"]] == [t["verdict"] for t in tests]
    assert sum(t["score"] for t in run.results["tests"]) == run.results["score"]
    assert sum(t["max_score"] for t in run.results["tests"]) == FULL


def test_only_right_work_gets_everything(both):
    scores = {name: both.results(name)["score"] for name in both.runs}
    assert {name for name, score in scores.items() if score == FULL} == FULL_MARKS
    assert {name for name, score in scores.items() if score == 0} == {"blank", "broken"}
    # Trouble in one function leaves the points of those that do not stand on it.
    for name in ("endless", "exits", "hog", "burglar"):
        assert 0 < scores[name] < FULL, name


def test_a_burglar_reaches_nothing(both):
    run = both.runs["burglar"]
    text = json.dumps(run.results)
    assert "def test_" not in text
    assert "a secret that everyone knows" not in text + run.printed
    assert sorted(p.name for p in (run.home / "results").iterdir()) == ["results.json"]
    assert not (run.home / "mine").exists()


def test_the_isolation_is_that_of_grade_and_stands_in_the_result(both):
    for name, run in both.runs.items():
        result = both.result(name)
        level = run.results["extra_data"]["environment"]["level"]
        assert level == result["environment"]["level"] != "weak"
        assert f"isolation {level}" in run.printed


def test_the_metadata_is_read(both):
    run = both.runs["right"]
    assert run.results["extra_data"]["students"] == ["Дарья Ёлкина", "Þórir"]
    assert run.results["extra_data"]["late"] is True
    assert "submission of Дарья Ёлкина, Þórir" in run.printed
    assert "late: yes; earlier submissions: 1" in run.printed


def test_a_hidden_test_says_its_title_and_its_hint_alone(both):
    run = both.runs["wrong"]
    hidden = [t for t in run.results["tests"] if "hidden" in t["tags"]]
    lost = [t for t in hidden if t["tags"][1] == "failed"]
    assert lost
    for test in lost:
        assert "подсказка:" in test["output"]  # in the language of the course
        assert "вызов:" not in test["output"]
        assert not re.search(r"\d\.\d{3,}", test["output"].replace("1e-09", ""))
    source = COMPONENT.hidden_tests.read_text(encoding="utf-8")
    text = json.dumps(run.results)
    assert not [name for name in re.findall(r"def (test_\w+)", source) if name in text]


def test_results_keep_to_what_gradescope_reads(both):
    for run in both.runs.values():
        results = run.results
        assert set(results) == {
            *("score", "output", "output_format", "test_output_format", "test_name_format"),
            *("visibility", "stdout_visibility", "tests", "extra_data"),
        }
        assert results["stdout_visibility"] == "hidden"
        for test in results["tests"]:
            assert test["status"] == ("passed" if test["tags"][1] == "passed" else "failed")
            assert test["visibility"] == "visible"


def test_a_second_run_gives_the_same_bytes(both):
    run = both.runs["forged"]
    path = run.home / "results" / "results.json"
    first = path.read_bytes()
    assert container.run(run.home).status == 0
    assert path.read_bytes() == first


def unscored(run: container.Ran, said: str) -> None:
    """Our own fault: a results.json without any score, and the reason for the staff."""
    assert run.results is not None
    assert not {"score", "tests"} & run.results.keys()
    assert "Это не ваша ошибка" in run.results["output"]
    assert run.status != 0
    assert "OUR FAULT" in run.printed
    assert said in run.printed


@pytest.fixture
def home(uploaded: Path, tmp_path: Path) -> Path:
    return container.lay_out(tmp_path / "home", uploaded, {f"nn/{NAME}.py": solution(COMPONENT)})


def test_no_submission_is_not_a_zero(home):
    shutil.rmtree(home / "submission")
    unscored(container.run(home), "Gradescope has put no submission there")


def test_a_broken_environment_is_not_a_zero(home):
    (home / "results" / "results.json").write_text('{"score": 15}')
    (home / "source" / "autograder" / "errors.py").unlink()
    unscored(container.run(home), "left no result")


def test_a_reference_that_fails_is_not_a_zero(home):
    path = home / "source" / "solutions" / "nn" / f"{NAME}.py"
    path.write_text(as_file("wrong", COMPONENT), encoding="utf-8")
    unscored(container.run(home), "the reference of weight_decay does not pass")


def test_a_fault_shows_when_the_image_is_built(home):
    command = (home / "source" / "setup.sh").read_text().strip().splitlines()[-1]
    check = ("bash", "-c", f"cd /autograder/source && {command}")
    assert "--check" in command
    assert container.run(home, *check).status == 0
    path = home / "source" / "solutions" / "nn" / f"{NAME}.py"
    path.write_text(as_file("wrong", COMPONENT), encoding="utf-8")
    ran = container.run(home, *check)
    assert ran.status == 3
    assert "the reference of weight_decay does not pass" in ran.printed
    assert ran.results is None


def test_a_fault_of_the_program_is_not_a_zero(home):
    (home / "source" / "grading.json").write_text("{}")
    unscored(container.run(home), "KeyError")


def test_what_takes_too_long_is_not_a_zero(home):
    path = home / "source" / "grading.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 1}))
    unscored(container.run(home), "it took over 1 s")


def test_the_scripts_can_be_run_and_are_bash(uploaded, tmp_path):
    with zipfile.ZipFile(uploaded) as archive:
        modes = {e.filename: e.external_attr >> 16 & 0o777 for e in archive.infolist()}
    programs = {name for name, mode in modes.items() if mode == 0o755}
    assert programs == {"run_autograder", "setup.sh"} == set(gradescope.PROGRAMS)
    assert set(modes.values()) == {0o755, 0o644}
    for name in programs:
        path = Path(gradescope.__file__).with_name(name)
        assert path.read_text().startswith("#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n", path], check=True)


def test_the_secret_of_the_course_goes_into_the_zip(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPRESSML_SECRET", "ours alone")
    (path,) = gradescope.build(COURSE, [COMPONENT], tmp_path)
    with zipfile.ZipFile(path) as archive:
        config: Any = json.loads(archive.read("grading.json"))
    assert config["secret"] == "ours alone"
    assert config["components"] == [NAME]
