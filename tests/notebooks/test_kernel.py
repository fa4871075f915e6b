"""The generated notebooks in a real kernel: filled in, as they are, and when things go wrong.

One component runs each time; all of them with ``EXPRESSML_ALL_NOTEBOOKS=1 pytest tests/notebooks``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.course import load_course
from autograder.intake.submissions import functions_of, read_submission
from shared.merge import is_as_written
from shared.plots import FIGURES

COURSE = load_course()
ALL = bool(os.environ.get("EXPRESSML_ALL_NOTEBOOKS"))
SMALL = "dropout"
COLOURS = re.compile(r"\x1b\[[\d;]*m")


class Kernel:
    """A kernel that runs one cell after another, as a student does."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._notebook = nbformat.v4.new_notebook()
        self._client = NotebookClient(
            self._notebook,
            kernel_name="python3",
            allow_errors=True,
            timeout=300,
        )

    def __enter__(self) -> Kernel:
        self._running = self._client.setup_kernel(cwd=str(self._cwd))
        self._running.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.__exit__(None, None, None)

    def run(self, source: str) -> str:
        cell = nbformat.v4.new_code_cell(source)
        self._notebook.cells.append(cell)
        self._client.execute_cell(cell, len(self._notebook.cells) - 1)
        parts = [
            output.get("text") or "\n".join(output.get("traceback", ())) or str(output["data"])
            for output in cell.outputs
        ]
        return COLOURS.sub("", "".join(parts))

    def run_all(self, notebook: dict[str, Any]) -> dict[str, str]:
        """What each code cell printed, by its id."""
        return {
            cell["id"]: self.run("".join(cell["source"]))
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        }


@pytest.fixture
def kernel(student: Path) -> Iterator[Kernel]:
    with Kernel(student / "notebooks") as kernel:
        yield kernel


@pytest.mark.parametrize("name", COURSE.names if ALL else [SMALL])
def test_a_filled_notebook_passes_from_top_to_bottom(student, kernel, books, name):
    path = student / "notebooks" / f"{name}.ipynb"
    for needed in COURSE.stands_on(COURSE.component(name)):
        shutil.copy(COURSE.component(needed).solution, student / "nn")
    notebook = books.load(path)
    books.fill(notebook, name)
    books.save(path, notebook)
    said = kernel.run_all(notebook)
    for cell, text in said.items():
        assert "Traceback" not in text, text
        for word in ("failed", "error", "skipped", "internal"):
            assert not re.search(rf"^{word} ", text, re.M), f"{cell}: {text}"
        if cell.startswith("check"):
            assert re.search(r"Points of the .*: (\S+)/\1\.", text), text
    assert "All local tests pass." in said["check"]
    assert "hidden tests worth" in said["check"]
    assert said["figures"].count("image/png") == len(FIGURES[name])
    assert "could not be drawn" not in said["figures"]
    # The file is the notebook's, and the laptop's pytest and the grader say the same of it.
    assert is_as_written((student / "nn" / f"{name}.py").read_text("utf-8"))
    command = [sys.executable, "-m", "pytest", "-q", f"tests/test_{name}.py"]
    done = subprocess.run(command, cwd=student, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    handed = read_submission("anna", student, functions_of(COURSE))
    assert handed.problem is None
    assert not handed.broken


@pytest.mark.parametrize("name", COURSE.names if ALL else [SMALL])
def test_an_empty_notebook_says_what_is_missing(student, kernel, books, name):
    notebook = books.load(student / "notebooks" / f"{name}.ipynb")
    before = (student / "nn" / f"{name}.py").read_bytes()
    said = kernel.run_all(notebook)
    for cell, text in said.items():
        assert "Traceback" not in text, text
        if cell.startswith("check"):
            assert "is not written yet" in text
            assert not re.search(r"^passed ", text, re.M), text
            assert "shared/" not in text
    assert (student / "nn" / f"{name}.py").read_bytes() == before


def test_a_day_with_a_notebook(student, kernel, books):
    """One kernel, since each costs two seconds: what a student meets, in order."""
    notebook = books.load(student / "notebooks" / "conv.ipynb")
    path = student / "nn" / "conv.py"
    stub = path.read_text("utf-8")
    cells = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    right = books.fill(notebook, "conv")
    check = cells["check-cross_correlate2d"]
    assert kernel.run(cells["setup"]) == ""
    # The cell was not run.
    assert "`cross_correlate2d` is not defined yet: run its cell" in kernel.run(check)
    # A wrong one, and what it printed.
    kernel.run(cells["given"])
    wrong = "def cross_correlate2d(x, kernel):\n    print('looking')\n    return helper(x, kernel)"
    kernel.run(wrong)
    said = kernel.run(check)
    assert "NameError: name 'helper' is not defined" in said
    assert "return helper(x, kernel)" in said
    assert "your code printed:\n    looking" in said
    assert "shared" not in said
    # A helper in a cell of its own, wrong in the lecture's terms.
    flipped = right["cross_correlate2d"].replace("def cross_correlate2d", "def helper")
    kernel.run(flipped.replace("return y", "return -y") + "\n\nprint('a trial')")
    said = kernel.run(check)
    assert "opposite sign" in said or "is wrong. Worst at index" in said
    assert "hint:" in said
    assert "image/svg+xml" in said  # the picture, under the check
    # Right, and only this function's tests; the others' stubs are still in the file.
    kernel.run(right["cross_correlate2d"])
    said = kernel.run(check)
    assert "Points of the tests of `cross_correlate2d`: 4/4." in said
    text = path.read_text("utf-8")
    assert is_as_written(text)
    assert "a trial" not in text
    assert 'raise NotImplementedError("conv2d_forward")' in text
    # A syntax error leaves the kernel, and the file, as they were.
    assert "SyntaxError" in kernel.run("def cross_correlate2d(:")
    assert "4/4." in kernel.run(check)
    # Edited by hand since: nothing is overwritten, and both are named.
    edited = text.replace("def cross_correlate2d", "def cross_correlate2d_old")
    edited += "\n\ndef cross_correlate2d(x, kernel):\n    return x\n"
    path.write_text(edited, encoding="utf-8")
    said = kernel.run(check)
    assert "nn/conv.py was edited by hand" in said
    assert "`cross_correlate2d`" in said
    assert path.read_text("utf-8") == edited
    path.write_text("def broken(:\n", encoding="utf-8")
    assert "nn/conv.py is no Python (line 1)" in kernel.run(check)
    path.unlink()
    assert "4/4." in kernel.run(check)
    # Its zip is unpacked a second time: what was there comes back.
    path.write_text(stub, encoding="utf-8")
    said = kernel.run(check)
    assert "your work is back in it, from kept/conv.py" in said
    assert "4/4." in said
    # Wrong names and a wrong place.
    assert "There is no component `cov`" in kernel.run('check("cov")')
    assert "has no function `conv2d`" in kernel.run('check("conv", "conv2d")')
    kernel.run("import os; os.chdir('/')")
    assert "4/4." in kernel.run(check)
    # Another notebook finds what this one wrote, also where it imported it before.
    kernel.run(right["conv2d_forward"])
    kernel.run(cells["check-conv2d_forward"])
    assert "nn.conv" in kernel.run("from nn.conv import conv2d_forward as f; print(f.__module__)")
    # Figures, where there are some.
    kernel.run("import matplotlib; matplotlib.rcParams['font.size'] = 30")
    assert kernel.run("figures('conv')").count("image/png") == len(FIGURES["conv"])
    assert kernel.run("figures('pool')") == (
        "`max_pool2d_forward` in nn/pool.py is not written yet.\n"
    )
    assert kernel.run("figures('no_such_component')") == ""


def test_a_kernel_that_starts_in_the_folder_above(student, books):
    notebook = books.load(student / "notebooks" / f"{SMALL}.ipynb")
    books.fill(notebook, SMALL)
    with Kernel(student) as kernel:
        said = kernel.run_all(notebook)
    assert "All local tests pass." in said["check"]
    assert is_as_written((student / "nn" / f"{SMALL}.py").read_text("utf-8"))


def test_outside_a_notebook_a_check_says_what_to_run(student):
    code = 'from shared import check\ncheck("conv")'
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=student, capture_output=True, text=True, check=True
    )
    assert done.stdout == "`check` is for notebooks. Here, run: pytest tests/test_conv.py\n"
