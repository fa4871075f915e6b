"""The Gradescope channel in its container: what scores there is what `grade` gives here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.variants import read_variants
from autograder.channels import gradescope
from autograder.course import load_course
from autograder.demo import ENDLESS, EXIT, FORGER, HOG
from autograder.records.results import read_result
from autograder.running.grading import grade_folder

from . import container

COURSE = load_course()
STANDARDIZE = COURSE.component("standardize")
REFERENCE = STANDARDIZE.solution.read_text(encoding="utf-8")
VARIANTS = read_variants(STANDARDIZE)
FULL = STANDARDIZE.points

NOISY = """
import sys, warnings

warnings.warn("deprecated, says some library")
_center = center

def center(*args, **kwargs):
    print("Warning: a note", file=sys.stderr)
    return _center(*args, **kwargs)
"""
# Writes the score itself, in all the ways that a file can be written or a secret be read.
BURGLAR = """
import ctypes, io, os, pathlib

FORGED = '{"score": 1000, "tests": []}'

def _burgle():
    found = []
    for place in ("/autograder/results/results.json", "../results/results.json"):
        for way in (
            lambda: open(place, "w").write(FORGED),
            lambda: pathlib.Path(place).write_text(FORGED),
            lambda: os.write(os.open(place, os.O_CREAT | os.O_WRONLY), FORGED.encode()),
            lambda: os.rename("/autograder/results", "/autograder/mine"),
        ):
            try:
                way()
            except BaseException:
                pass
    for place in ("/autograder/source/grading.json",
                  "/autograder/source/solutions/nn/standardize.py",
                  "/autograder/source/autograder/suites/test_standardize.py"):
        try:
            found.append(open(place).read())
        except BaseException:
            pass
    ctypes.CDLL(None).system(b"echo forged > /autograder/results/results.json")
    return found

_found = _burgle()

def center(x):
    found = _found + _burgle()
    if found:
        raise ValueError("".join(found))
    return 0 * x
"""

SUBMISSIONS = {
    "right": REFERENCE,
    "wrong": VARIANTS.wrong[0].source,
    "noisy": REFERENCE + NOISY,
    "endless": REFERENCE + ENDLESS.replace("FIRST", "standardize"),
    "exit": REFERENCE + EXIT.replace("FIRST", "center"),
    "hog": REFERENCE + HOG.replace("FIRST", "standardize"),
    "forger": REFERENCE + FORGER.replace("FIRST", "center"),
    "burglar": REFERENCE + BURGLAR,
    "syntax error": REFERENCE + "\ndef broken(:\n",
}

Both = tuple[dict[str, container.Ran], Path]

pytestmark = pytest.mark.skipif(bool(container.missing()), reason=container.missing())


@pytest.fixture(scope="module")
def uploaded(released: Path) -> Path:
    return released / "gradescope" / "standardize.zip"


@pytest.fixture(scope="module")
def both(uploaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Every submission graded in the container, and by `grade`."""
    folder = tmp_path_factory.mktemp("both")
    homes = {}
    for name, text in SUBMISSIONS.items():
        files = {"standardize.py" if name == "exit" else "nn/standardize.py": text}
        homes[name] = container.lay_out(folder / "home" / name, uploaded, files)
        shutil.copytree(homes[name] / "submission", folder / "class" / name)
    with ThreadPoolExecutor(2) as pool:
        runs = dict(zip(homes, pool.map(container.run, homes.values()), strict=True))
    with open(os.devnull, "w") as nowhere:
        grade_folder(
            COURSE, [STANDARDIZE], folder / "class", folder / "graded", jobs=2, stream=nowhere
        )
    return runs, folder / "graded"


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_the_container_gives_what_grade_gives(both, name):
    runs, graded = both
    run, result = runs[name], read_result(graded, name)
    assert result is not None
    assert run.results is not None, run.printed
    assert run.status == 0, run.printed
    assert run.results["score"] == result["points"]
    tests = result["components"]["standardize"]["tests"]
    assert [t["score"] for t in run.results["tests"]] == [t["points"] for t in tests]
    assert [t["max_score"] for t in run.results["tests"]] == [t["max_points"] for t in tests]
    assert [t["tags"][1] for t in run.results["tests"]] == [t["verdict"] for t in tests]
    assert sum(t["score"] for t in run.results["tests"]) == run.results["score"]
    assert sum(t["max_score"] for t in run.results["tests"]) == FULL


def test_only_right_work_gets_everything(both):
    runs, _ = both
    scores = {name: run.results["score"] for name, run in runs.items()}
    full = {name for name, score in scores.items() if score == FULL}
    assert full == {"right", "noisy"}
    assert scores["syntax error"] == 0
    # Trouble in one function leaves the points of those that do not stand on it.
    for name in ("endless", "exit", "hog", "burglar"):
        assert 0 < scores[name] < FULL, name


def test_a_burglar_reaches_nothing(both):
    run = both[0]["burglar"]
    text = json.dumps(run.results)
    assert "def test_" not in text
    assert "a secret that everyone knows" not in text + run.printed
    assert sorted(p.name for p in (run.home / "results").iterdir()) == ["results.json"]
    assert not (run.home / "mine").exists()


def test_the_isolation_is_that_of_grade_and_stands_in_the_result(both):
    runs, graded = both
    for name, run in runs.items():
        result = read_result(graded, name)
        level = run.results["extra_data"]["environment"]["level"]
        assert level == result["environment"]["level"] != "weak"
        assert f"isolation {level}" in run.printed


def test_the_metadata_is_read(both):
    run = both[0]["right"]
    assert run.results["extra_data"]["students"] == ["Дарья Ёлкина", "Þórir"]
    assert run.results["extra_data"]["late"] is True
    assert "submission of Дарья Ёлкина, Þórir" in run.printed
    assert "late: yes; earlier submissions: 1" in run.printed


def test_a_hidden_test_says_its_title_and_its_hint_alone(both):
    run = both[0]["wrong"]
    hidden = [t for t in run.results["tests"] if "hidden" in t["tags"]]
    lost = [t for t in hidden if t["tags"][1] == "failed"]
    assert lost
    for test in lost:
        assert "подсказка:" in test["output"]  # in the language of the course
        assert "вызов:" not in test["output"]
        assert not re.search(r"\d\.\d{3,}", test["output"].replace("1e-09", ""))
    source = STANDARDIZE.hidden_tests.read_text(encoding="utf-8")
    text = json.dumps(run.results)
    assert not [name for name in re.findall(r"def (test_\w+)", source) if name in text]


def test_results_keep_to_what_gradescope_reads(both):
    for run in both[0].values():
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
    run = both[0]["forger"]
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
    return container.lay_out(tmp_path / "home", uploaded, {"nn/standardize.py": REFERENCE})


def test_no_submission_is_not_a_zero(home):
    shutil.rmtree(home / "submission")
    unscored(container.run(home), "Gradescope has put no submission there")


def test_a_broken_environment_is_not_a_zero(home):
    (home / "results" / "results.json").write_text('{"score": 15}')
    (home / "source" / "autograder" / "errors.py").unlink()
    unscored(container.run(home), "left no result")


def test_a_reference_that_fails_is_not_a_zero(home):
    path = home / "source" / "solutions" / "nn" / "standardize.py"
    path.write_text(VARIANTS.wrong[0].source, encoding="utf-8")
    unscored(container.run(home), "the reference of standardize does not pass")


def test_a_fault_shows_when_the_image_is_built(home):
    command = (home / "source" / "setup.sh").read_text().strip().splitlines()[-1]
    check = ("bash", "-c", f"cd /autograder/source && {command}")
    assert "--check" in command
    assert container.run(home, *check).status == 0
    path = home / "source" / "solutions" / "nn" / "standardize.py"
    path.write_text(VARIANTS.wrong[0].source, encoding="utf-8")
    ran = container.run(home, *check)
    assert ran.status == 3
    assert "the reference of standardize does not pass" in ran.printed
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
    (path,) = gradescope.build(COURSE, [STANDARDIZE], tmp_path)
    with zipfile.ZipFile(path) as archive:
        config: Any = json.loads(archive.read("grading.json"))
    assert config["secret"] == "ours alone"
    assert config["components"] == ["standardize"]
