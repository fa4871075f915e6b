"""otter on a folder of ours and on every hand-in, run once: from `otter assign` to the score.

All that runs a submission is in a container without network. `otter assign` and one `otter run` are
commands of their own, one more submission goes the way of otter's container, and the rest is graded
by otter's functions in one process, since otter's import takes longer than all else.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.channels.otter.master import make_master
from autograder.records.results import read_result
from autograder.running.grading import grade_folder
from autograder.running.suite import collect, files_of
from shared.language import LANGUAGES

from . import container, handins
from .handins import COMPONENT, COURSE

NAME = COMPONENT.name
PYTHON = "/autograder/source/.venv/bin/python"
ENVIRONMENT = ("/usr/bin/env", "HOME=/tmp", "LC_ALL=C.UTF-8")
SECONDS = 900.0  # otter hangs where nothing stops it; this only ends the test then

# What wins all points against otter: each takes effect in the process that otter compares in.
ROBBER = r"""
open("/autograder/ran", "w").write("a student's code was run")
import gc, pickle, sys
import otter.test_files.abstract_test as abstract
from otter.test_files import exception_test, ok_test

import numpy as np

np.allclose = np.array_equal = lambda *args, **kwargs: True

def _pass(self, env):
    self.test_case_results = [abstract.TestCaseResult(c, "fine", True) for c in self.test_cases]

exception_test.ExceptionTestFile.run = ok_test.OKTestFile.run = _pass
exception_test.test_case.call_func = lambda self, env: None
"""
PAYLOAD = r"""
class _Payload:
    def __reduce__(self):
        return (exec, ('open("/autograder/ran", "w")',))

_dump = pickle.dump

def _forged(results, file, *more):
    _dump(results, file, *more)
    results._plugin_data["forged"] = _Payload()

pickle.dump = _forged
get_ipython().input_transformers_cleanup.append(
    lambda lines: ["pass\n"] if "check(" in "".join(lines) else lines
)
"""
RAN = 'open("/autograder/ran", "w").write("a student\'s file was imported")\n'


class Payload:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> Any:
        return (exec, (RAN,))


def robber(notebook: handins.Notebook) -> handins.Notebook:
    """A usual mistake, and whatever takes otter over."""
    return handins.with_cells(handins.wrong(notebook, COMPONENT), ROBBER, PAYLOAD, at=1)


def burglar(notebook: handins.Notebook, to: Path) -> None:
    """The same in a zip, beside modules that otter, its kernel or our kit would import."""
    modules = ("numpy", "ipykernel_launcher", "otter", "expressml_otter", "files", "sitecustomize")
    modules += ("IPython", "nbformat", "autograder/__init__", "shared/__init__", "conftest")
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr(f"{NAME}.ipynb", json.dumps(robber(notebook)))
        for name in (*modules, "__init__", f"tests/{NAME}"):
            archive.writestr(f"{name}.py", RAN)
        archive.writestr(".OTTER_LOG", pickle.dumps(Payload()))
        archive.writestr("expressml_otter.kit", b"forged")
        archive.writestr("otter_config.json", b"{}")
        archive.writestr("results/results.json", b'{"score": 1000, "tests": []}')


@dataclass(frozen=True)
class Graded:
    """Where otter and where `grade` have put their results, and what was printed."""

    home: Path
    student: Path
    graded: Path
    assigned: container.Ran
    cli: container.Ran
    as_container: container.Ran

    def points(self, name: str) -> dict[str, float]:
        """otter's points by question."""
        return {test["name"]: test["score"] for test in self.results(name)["tests"]}

    def results(self, name: str) -> dict[str, Any]:
        path = self.home / "out" / name / "results.json"
        assert path.exists(), (path.parent / "error.txt").read_text()
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def result(self, name: str) -> dict[str, Any]:
        found = read_result(self.graded, name)
        assert found is not None
        return found


@pytest.fixture(scope="session")
def by_otter(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    if container.missing():
        pytest.skip(container.missing())
    folder = tmp_path_factory.mktemp("otter")
    home = folder / "home"
    work = home / NAME
    (home / "source" / ".venv").mkdir(parents=True)
    shutil.copytree(released / "otter" / NAME, work)
    inside = f"cd {NAME} && exec {PYTHON} -m otter"
    assigned = in_container(home, "sh", "-c", f"{inside} assign -v {NAME}.ipynb dist")
    assert assigned.status == 0, assigned.printed
    (zipped,) = (work / "dist" / "autograder").glob("*.zip")
    zip_there = f"/autograder/{zipped.relative_to(home)}"
    notebook = json.loads((work / "dist" / "student" / f"{NAME}.ipynb").read_text("utf-8"))
    for name, make in handins.HANDINS.items():
        write(folder / "class" / name / f"{NAME}.ipynb", make(notebook, COMPONENT))
    burglar(notebook, folder / "class" / "burglar.zip")
    shutil.copytree(folder / "class", home / "handed")
    write(home / "robber.ipynb", robber(notebook))
    (home / "masters").mkdir()
    for path in (released / "otter").glob("*/*.ipynb"):
        shutil.copy(path, home / "masters")
    every = collect(files_of(COURSE.components))
    for component in COURSE.components:
        for lang in LANGUAGES:
            if lang != COURSE.language:  # the others', which this course does not release
                text = make_master(component, every, {"tests": {"ok_format": False}}, lang)
                (home / "masters" / f"{component.name}.{lang}.ipynb").write_text(text, "utf-8")
    plant(work)
    shutil.copy(Path(__file__).with_name("inside_otter.py"), home)
    there = ("/autograder/inside_otter.py", f"/autograder/{NAME}", zip_there)
    (home / "out" / "cli").mkdir(parents=True)
    handed = f"/autograder/handed/wrong/{NAME}.ipynb"
    run = f"{inside} run -a {zip_there} -o /autograder/out/cli {handed}"
    handed_in = {f"{NAME}.ipynb": json.dumps(handins.right(notebook, COMPONENT))}
    other = container.lay_out(folder / "other", zipped, handed_in)
    with ThreadPoolExecutor(2) as pool:
        many = pool.submit(in_container, home, PYTHON, *there)
        cli = in_container(home, "sh", "-c", run)
        as_container = in_container(other, PYTHON, "/autograder/source/run_otter.py")
        ran = many.result()
    assert ran.status == 0, ran.printed
    with open(os.devnull, "w") as nowhere:
        out = folder / "graded"
        grade_folder(COURSE, [COMPONENT], folder / "class", out, jobs=2, stream=nowhere)
    return Graded(home, work / "dist" / "student", out, assigned, cli, as_container)


def in_container(home: Path, *command: str) -> container.Ran:
    return container.run(home, *ENVIRONMENT, *command, seconds=SECONDS)


def write(path: Path, notebook: handins.Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def plant(work: Path) -> None:
    """Masters that would show students something: a solution, a hidden test, the secret."""
    text = (work / f"{NAME}.ipynb").read_text(encoding="utf-8")
    solved = json.loads(text)
    for cell in solved["cells"]:
        source = "".join(cell["source"])
        cell["source"] = source.replace("# BEGIN SOLUTION NO PROMPT", "# the solution")
        cell["source"] = cell["source"].replace("    # END SOLUTION\n", "")
    write(work / "leak-solution.ipynb", solved)
    named = json.loads(text)
    named["cells"][1]["source"] = "See test_early_stopping_curves."
    write(work / "leak-name.ipynb", named)
