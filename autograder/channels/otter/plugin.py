"""Grades with the course's own kit instead of running a submission in otter.

otter imports this file by its name; it needs nothing but otter and, beside it,
`expressml_otter.kit`, which holds the tests, the solutions and the sandbox. What a student handed
in is read before otter touches it and then put away: the kernel that otter starts, the log that it
unpickles and the folder that both work in hold nothing of the student's.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from otter.plugins import AbstractOtterPlugin  # type: ignore[import-untyped]
from otter.test_files import GradingResults  # type: ignore[import-untyped]
from otter.test_files.abstract_test import (  # type: ignore[import-untyped]
    TestCase,
    TestCaseResult,
)

nbformat: Any = importlib.import_module("nbformat")  # its functions have no types
KIT = "expressml_otter.kit"
PROGRAM = "autograder.channels.otter.run"


class NotGraded(Exception):
    """The kit failed. otter then writes no results: our own fault must not become a zero."""


class Grading(AbstractOtterPlugin):  # type: ignore[misc]
    """Takes a student's work out of otter's hands, and puts our scores into its results."""

    _graded: dict[str, Any] | None = None

    def during_assign(self, assignment: Any) -> None:
        """Complete what `otter assign` has made for students, and search it; a leak ends it."""
        here = Path(assignment.master).parent
        student = Path(assignment.get_stu_path()).resolve()
        for path in (here / "tests").glob("*.py"):
            # Not among the assignment's files: otter would take them for tests of its own.
            shutil.copy(path, student / "tests")
        with _unpacked(here / KIT) as kit:
            done = _run(kit, "--search", str(student))
        if done.returncode:
            for made in (student, Path(assignment.get_ag_path())):
                shutil.rmtree(made)
            raise NotGraded(done.stdout.strip())

    def before_grading(self, config: Any) -> None:
        """Grade the submission, then empty its folder."""
        folder = Path(self.submission_path).parent
        with _unpacked(folder.parent / "source" / "files" / KIT) as kit:
            out = kit / "graded.json"
            done = _run(kit, "--grade", str(folder), str(out))
            print(done.stdout, end="")
            if done.returncode or not out.exists():
                raise NotGraded(f"OUR FAULT, not graded, status {done.returncode}: {done.stdout}")
            self._graded = json.loads(out.read_text(encoding="utf-8"))
        for entry in list(os.scandir(folder)):
            if entry.name == "tests" and entry.is_dir(follow_symlinks=False):
                continue  # otter's own: it has replaced a student's
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
        empty = nbformat.writes(nbformat.v4.new_notebook())
        Path(self.submission_path).write_text(empty, encoding="utf-8")

    def before_execution(self, submission: Any) -> Any:
        """Give otter a notebook without any cell."""
        if self._graded is None:
            raise NotGraded("before_grading was not called: is this otter-grader 7?")
        return nbformat.v4.new_notebook()

    def after_grading(self, results: GradingResults) -> None:
        """Put our scores and messages into the results."""
        graded = self._graded
        if graded is None or results.has_catastrophic_failure():
            raise NotGraded(f"otter itself failed: {_last_error(results.notebook)}")
        if set(results.test_files) != set(graded["questions"]):
            raise NotGraded(f"otter's questions are not ours: {sorted(results.test_files)}")
        for question, tests in graded["questions"].items():
            file = results.get_result(question)
            file.all_or_nothing = False
            file.test_cases, file.test_case_results = [], []
            for test in tests:
                # No case is hidden: what is said of our hidden tests has been redacted.
                case = TestCase(test["name"], "", False, test["max_score"], None, None)
                passed = test["status"] == "passed"
                file.test_cases.append(case)
                file.test_case_results.append(TestCaseResult(case, test["output"], passed))
            results.update_score(question, sum(test["score"] for test in tests))
        results.set_output(graded["output"])


def _last_error(notebook: Any) -> str:
    """The last error of a notebook that otter has run: there is nothing in it but otter's own."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    errors = [f"{o.ename}: {o.evalue}" for o in outputs if o.output_type == "error"]
    return errors[-1] if errors else "no reason was given"


@contextmanager
def _unpacked(archive: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        with zipfile.ZipFile(archive) as kit:
            kit.extractall(folder)
        yield Path(folder)


def _run(kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start the kit's program in a process of its own, which inherits no setting of Python's."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-s", "-B", "-m", PROGRAM, *arguments],
        cwd=kit,
        env={**kept, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
