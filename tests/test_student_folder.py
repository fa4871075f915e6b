"""A student's folder, unpacked from the bundle, and what pytest prints there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from autograder.authoring.variants import read_variants
from autograder.course import ROOT, load_course

ROW_LOOP = """

def linear_forward(x, w, b):
    return np.array([row @ w + b for row in x]), (x, w)
"""


@pytest.fixture
def folder(released: Path, tmp_path: Path) -> Path:
    """An unpacked bundle, in a folder whose name is not ASCII."""
    student = tmp_path / "Ёлкина ML"
    with zipfile.ZipFile(released / "bundle" / "whole-course.zip") as archive:
        archive.extractall(student)
    return student


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    return subprocess.run(
        [Path(sys.executable).with_name("pytest"), *(arguments or ("tests/test_backprop.py",))],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def variant(name: str) -> str:
    found = read_variants(load_course().component("backprop"))
    return next(v.source for v in (*found.wrong, *found.right) if v.name == name)


def write(folder: Path, source: str) -> None:
    (folder / "nn" / "backprop.py").write_text(source, encoding="utf-8")


def reference() -> str:
    return (ROOT / "solutions" / "nn" / "backprop.py").read_text(encoding="utf-8")


def test_the_stub_says_what_to_write_and_nothing_else(folder):
    done = run(folder)
    assert done.returncode == 1
    assert "not written yet" in done.stdout
    assert "FAILURES" not in done.stdout
    assert "Traceback" not in done.stdout
    assert re.search(r"Points of the local tests: 0/\d+\.", done.stdout)
    assert re.search(r"\d+ hidden tests worth \d+ points run at grading\.", done.stdout)


def test_a_right_solution_gets_all_local_points(folder):
    write(folder, reference())
    done = run(folder)
    assert done.returncode == 0, done.stdout
    points = re.search(r"Points of the local tests: (\d+)/(\d+)\.", done.stdout)
    assert points
    assert points[1] == points[2]


def test_a_transposed_gradient_is_called_so(folder):
    write(folder, reference().replace("dw = x.T @ dy", "dw = (x.T @ dy).T"))
    done = run(folder)
    assert "It looks like the transpose of the right answer." in done.stdout
    assert "hint:" in done.stdout
    assert "linear_backward" in done.stdout
    assert "shared/" not in done.stdout, "a frame of ours"


def test_a_row_loop_is_counted(folder):
    write(folder, reference() + ROW_LOOP)
    done = run(folder)
    assert "runs Python code for every element along the batch axis" in done.stdout


def test_an_exception_shows_the_students_frames_alone(folder):
    broken = "\n\ndef linear_forward(x, w, b):\n    return undefined_name, None\n"
    write(folder, reference() + broken)
    done = run(folder)
    assert "NameError: name 'undefined_name' is not defined" in done.stdout
    assert "return undefined_name, None" in done.stdout
    assert "shared" not in done.stdout


def test_a_syntax_error_names_the_line(folder):
    write(folder, reference() + "\ndef broken(:\n")
    done = run(folder)
    assert f"line {reference().count(chr(10)) + 2}" in done.stdout
    assert "INTERNALERROR" not in done.stdout


def test_the_folder_needs_nothing_of_the_staff(folder):
    text = "\n".join(
        p.read_text(encoding="utf-8")
        for p in folder.rglob("*")
        if p.suffix in (".py", ".ini", ".txt")
    )
    assert not re.search(r"^\s*(from|import) (autograder|solutions)\b", text, re.M)
    names = {p.name for p in folder.iterdir()}
    assert names - {"notebooks"} == {
        *("nn", "tests", "shared", "handouts", "pytest.ini", "requirements.txt", "conftest.py"),
        *("README.md", "README.ru.md", "LICENSE"),
    }


def test_the_students_requirements_are_few():
    lines = (ROOT / "assignments" / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    assert {"numpy", "pytest", "matplotlib"} <= pinned
    assert len(pinned) <= 17


def test_a_component_is_tested_again_when_its_file_is_saved(folder):
    file = folder / "nn" / "backprop.py"
    stub = file.read_text(encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--watch", "backprop", "-k", "worked"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    points, said = [], ""
    end = threading.Timer(300, process.kill)  # seconds; a watch that never waits would never end
    end.daemon = True  # a failure here is not to wait for it
    end.start()
    for line in process.stdout:
        said += line
        if "Points of the local tests" in line:
            points.append(line)
        if line.startswith("waiting for nn/backprop.py"):
            if len(points) == 1:
                write(folder, "def neuron(x, w, b)\n")
            elif len(points) == 2:
                # As many editors save: a new file that takes the old one's place.
                beside = file.with_suffix(".new")
                beside.write_text(reference(), encoding="utf-8")
                beside.replace(file)
            else:
                process.send_signal(signal.SIGINT)
    assert process.wait() == 0
    end.cancel()
    assert file.read_text(encoding="utf-8") != stub
    assert "nn/backprop.py could not be loaded: SyntaxError at line 1." in said
    assert [line.split(": ")[1].startswith("0/") for line in points] == [True, True, False]


@pytest.mark.parametrize(
    ("place", "command"),
    [
        (".", ["nn/backprop.py"]),  # an editor's button for running a file
        ("nn", ["backprop.py"]),
        ("nn", ["-m", "pytest"]),
        ("nn", ["-c", "import numpy"]),
    ],
)
def test_who_runs_a_file_of_nn_reads_what_to_run(folder, place, command):
    """Python then takes `nn/types.py` for its own `types`, and could say nothing sensible."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for encoding in ("utf-8", "ascii"):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder / place,
            env={**environment, "PYTHONIOENCODING": encoding},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 1
        assert "In the folder above: python -m pytest" in done.stderr
        assert "Traceback" not in done.stderr
        assert ("В папке над ней" in done.stderr) == (encoding == "utf-8")
