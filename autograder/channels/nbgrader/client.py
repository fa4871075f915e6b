"""nbgrader's side of the grader: start it once per component, ask it for each submission."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from autograder.course import ROOT
from autograder.errors import GradingProblem


class Client:
    """The grader of one component, in a process of its own: it is to know nothing of nbgrader's."""

    def __init__(self, component: str) -> None:
        self._component = component
        self._process: subprocess.Popen[str] | None = None

    def grade(self, student: str, folder: Path, others: Sequence[Path]) -> dict[str, Any]:
        """Grade what lies in a folder; `others` are the student's other assignments.

        Returns
        -------
        answer : dict
            ``head``, Markdown, and ``cells``: ``points`` and ``text`` by grade id.

        Raises
        ------
        GradingProblem
            When the grader itself failed: there are no points, and it is no zero.
        """
        request = {"student": student, "folder": str(folder), "others": [str(o) for o in others]}
        line = ""
        try:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            pass
        if not line:
            self._process = None  # the next submission has a new one
            raise GradingProblem("the grading process died")
        answer: dict[str, Any] = json.loads(line)
        if "fault" in answer:
            raise GradingProblem(answer["fault"])
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.channels.nbgrader.serve", self._component],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        return self._process


@cache
def client(component: str) -> Client:
    """The one client of a component in this process."""
    return Client(component)
