"""The assignment laid out for each program, and the submissions as it wants them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer.assignment import (
    ANNOTATED,
    CHECKS,
    DECLARED,
    HEAD,
    NAME,
    RIGHT,
    Submission,
)

ROOT = Path(__file__).resolve().parents[2]
STUB = "    raise NotImplementedError\n"


def _python(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# This kit: a course of one component, graded by its own command.


def lay_out_course(root: Path) -> None:
    """A copy of the kit with the assignment as its only component."""
    ignore = shutil.ignore_patterns("__pycache__", "suites", "mutants", "standins", "data")
    for name in ("autograder", "shared"):
        shutil.copytree(ROOT / name, root / name, ignore=ignore)
    for name in ("__init__.py", "types.py"):
        text = (ROOT / "solutions" / "nn" / name).read_text(encoding="utf-8")
        write(root / "solutions" / "nn" / name, text)
    functions = [ANNOTATED[f] + RIGHT[f] for f in CHECKS]
    head = f"{HEAD}from nn.types import Array\n\n\n"
    write(root / "solutions" / "nn" / f"{NAME}.py", head + "\n\n".join(functions))
    write(root / "assignments" / "tests" / f"test_{NAME}.py", _kit_tests(0))
    write(root / "autograder" / "suites" / f"test_{NAME}.py", _kit_tests(1))
    write(
        root / "course.toml",
        '[course]\ntitle = "One assignment"\nversion = "1"\n\n'
        f'[[component]]\nname = "{NAME}"\ntitle = "Toy"\npoints = 10\n',
    )


def _kit_tests(which: int) -> str:
    tests = []
    for function, checks in CHECKS.items():
        body = f"{function} = student.{function}\n{checks[which]}"
        name = f"test_{function}_{('seen', 'hidden')[which]}"
        tests.append(
            f'@points(1, hint="Look at {function}.")\ndef {name}(student):\n'
            f'    """{function}: check {which}"""\n{textwrap.indent(body, "    ")}'
        )
    return f"{HEAD}\nfrom shared import points\n\n\n" + "\n\n".join(tests)


def hand_in_files(folder: Path, submissions: Mapping[str, Submission]) -> None:
    for student, submission in submissions.items():
        # What is handed in alike is graded once: each is to have bytes of its own.
        write(folder / student / "nn" / f"{NAME}.py", f"{submission.module}\n# {student}\n")


# Plain pytest: the checks as tests of an imported module.


def lay_out_pytest(folder: Path, submission: Submission) -> None:
    write(folder / f"{NAME}.py", submission.module)
    tests = [
        f"def test_{function}_{number}():\n{textwrap.indent(check, '    ')}"
        for function, checks in CHECKS.items()
        for number, check in enumerate(checks)
    ]
    names = ", ".join(DECLARED)
    text = f"{HEAD}\nfrom {NAME} import {names}\n\n\n" + "\n\n".join(tests)
    write(folder / f"test_{NAME}.py", text)


# nbgrader: a notebook of answer cells and test cells.


def lay_out_nbgrader(root: Path) -> None:
    """The course folder with the assignment released."""
    config = f'c = get_config()\nc.CourseDirectory.root = "{root}"\n'
    write(root / "nbgrader_config.py", config + 'c.CourseDirectory.course_id = "peers"\n')
    cells = [_nbgrader_cell("imports", HEAD)]
    for function, (seen, hidden) in CHECKS.items():
        answer = (
            f"{DECLARED[function]}    ### BEGIN SOLUTION\n{RIGHT[function]}    ### END SOLUTION"
        )
        cells.append(_nbgrader_cell(function, answer, solution=True))
        cells.append(_nbgrader_cell(f"{function}-seen", seen, points=1))
        text = f"### BEGIN HIDDEN TESTS\n{hidden}### END HIDDEN TESTS"
        cells.append(_nbgrader_cell(f"{function}-hidden", text, points=1))
    write(root / "source" / "hw" / "hw.ipynb", _notebook(cells))
    _python(root, "-m", "nbgrader", "generate_assignment", "hw", "--create")


def hand_in_nbgrader(root: Path, submissions: Mapping[str, Submission]) -> None:
    released = json.loads((root / "release" / "hw" / "hw.ipynb").read_text(encoding="utf-8"))
    shutil.rmtree(root / "submitted", ignore_errors=True)
    for student, submission in submissions.items():
        target = root / "submitted" / student / "hw" / "hw.ipynb"
        write(target, json.dumps(_filled(released, submission)))


def _nbgrader_cell(
    name: str, source: str, *, solution: bool = False, points: int = 0
) -> dict[str, Any]:
    about: dict[str, Any] = {"grade_id": name, "schema_version": 3, "task": False}
    about |= {"solution": solution, "locked": not solution, "grade": bool(points)}
    if points:
        about["points"] = points
    return {**_cell(source, name), "metadata": {"nbgrader": about}}


# otter: a master notebook, of which `otter assign` makes the student's and the autograder's zip.


def lay_out_otter(root: Path) -> None:
    cells = [_raw("# ASSIGNMENT CONFIG\nname: hw\nexport_cell: false\ncheck_all_cell: false")]
    cells.append(_cell(HEAD, "imports"))
    for function, (seen, hidden) in CHECKS.items():
        cells.append(_raw(f"# BEGIN QUESTION\nname: {function}\npoints: [1, 1]"))
        cells.append(_raw("# BEGIN SOLUTION"))
        answer = f"{DECLARED[function]}    # BEGIN SOLUTION\n{RIGHT[function]}    # END SOLUTION"
        cells.append(_cell(answer, function))
        cells += [_raw("# END SOLUTION"), _raw("# BEGIN TESTS")]
        cells.append(_cell(seen, f"{function}-seen"))
        cells.append(_cell(f"# HIDDEN\n{hidden}", f"{function}-hidden"))
        cells += [_raw("# END TESTS"), _raw("# END QUESTION")]
    write(root / "hw.ipynb", _notebook(cells))
    _python(root, "-m", "otter", "assign", "hw.ipynb", "dist")
    (zipped,) = (root / "dist" / "autograder").glob("*.zip")
    shutil.copy(zipped, root / "autograder.zip")


def hand_in_otter(root: Path, path: Path, submission: Submission) -> None:
    released = json.loads((root / "dist" / "student" / "hw.ipynb").read_text(encoding="utf-8"))
    write(path, json.dumps(_filled(released, submission)))


def _filled(notebook: Mapping[str, Any], submission: Submission) -> dict[str, Any]:
    """A released notebook with the submission in its answer cells."""
    cells, filled = [], set()
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        for function, declared in DECLARED.items():
            if source.startswith(declared):
                cell = {**cell, "source": submission.source(function)}
                filled.add(function)
        cells.append(cell)
    assert filled == set(DECLARED), "every answer cell is found"
    return {**notebook, "cells": cells}


def _cell(source: str, name: str) -> dict[str, Any]:
    about: dict[str, Any] = {"cell_type": "code", "execution_count": None, "id": name}
    return {**about, "metadata": {}, "outputs": [], "source": source.rstrip("\n")}


def _raw(source: str) -> dict[str, Any]:
    name = "".join(c if c.isalnum() else "-" for c in source)[:60]
    return {"cell_type": "raw", "id": name, "metadata": {}, "source": source}


def _notebook(cells: Sequence[dict[str, Any]]) -> str:
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5})
