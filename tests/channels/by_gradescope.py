"""Our autograder for Gradescope in its container, on every hand-in, run once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.records.results import read_result
from autograder.running.grading import grade_folder

from . import container
from .handins import COMPONENT, COURSE, HANDINS, as_file, solution

NAME = COMPONENT.name
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
                  "/autograder/source/solutions/nn/weight_decay.py",
                  "/autograder/source/autograder/suites/test_weight_decay.py"):
        try:
            found.append(open(place).read())
        except BaseException:
            pass
    ctypes.CDLL(None).system(b"echo forged > /autograder/results/results.json")
    return found

_found = _burgle()

def parameter_count(parameters):
    found = _found + _burgle()
    if found:
        raise ValueError("".join(found))
    return 0
"""
BROKEN = "\ndef broken(:\n"
BARE = "exits"  # handed in without the folder `nn`


@dataclass(frozen=True)
class Both:
    """Every submission graded in the container, and by `grade`."""

    runs: dict[str, container.Ran]
    graded: Path

    def result(self, name: str) -> dict[str, Any]:
        found = read_result(self.graded, name)
        assert found is not None
        return found

    def results(self, name: str) -> dict[str, Any]:
        run = self.runs[name]
        assert run.results is not None, run.printed
        return run.results


def submissions() -> Iterator[tuple[str, dict[str, str]]]:
    """The files of each: a module, or the notebook where only that can be so."""
    notebook = json.loads(COMPONENT.notebook_in(COURSE.language).read_text(encoding="utf-8"))
    for name, make in HANDINS.items():
        file = as_file(name, COMPONENT)
        if file is None:
            yield name, {f"{NAME}.ipynb": json.dumps(make(notebook, COMPONENT))}
        else:
            yield name, {f"{'' if name == BARE else 'nn/'}{NAME}.py": file}
    yield "burglar", {f"nn/{NAME}.py": solution(COMPONENT) + BURGLAR}
    yield "broken", {f"nn/{NAME}.py": solution(COMPONENT) + BROKEN}


@pytest.fixture(scope="session")
def uploaded(released: Path) -> Path:
    """The zip that an instructor uploads."""
    if container.missing():
        pytest.skip(container.missing())
    return released / "gradescope" / f"{NAME}.zip"


@pytest.fixture(scope="session")
def by_gradescope(uploaded: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("gradescope")
    homes = {}
    for name, files in submissions():
        homes[name] = container.lay_out(folder / "home" / name, uploaded, files)
        shutil.copytree(homes[name] / "submission", folder / "class" / name)
    with ThreadPoolExecutor(2) as pool:
        runs = dict(zip(homes, pool.map(container.run, homes.values()), strict=True))
    with open(os.devnull, "w") as nowhere:
        out = folder / "graded"
        grade_folder(COURSE, [COMPONENT], folder / "class", out, jobs=2, stream=nowhere)
    return Both(runs, out)
