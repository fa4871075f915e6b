"""Hand a forgery in, and have the course's own tests grade it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.authoring.variants import read_variants
from autograder.course import load_course
from autograder.intake.submissions import functions_of, read_submission
from autograder.running.grader import Grader
from shared.verdicts import Outcome
from tests.attacks.attack import Forgery

COMPONENT = "backprop"
# What carries hidden data in the forgeries of the kind `leak`: a text, and a line's number.
MARKS = ("LEAK_", "765432")


class Graded:
    """The course's grader, with a sandbox of any kind in it."""

    def __init__(self) -> None:
        # The course's limits, but for what only sleeps: there are a few such among the attacks.
        course = load_course()
        course = replace(course, limits={**course.limits, "call_wall": 2.0})
        self.component = course.component(COMPONENT)
        self.grader = Grader(course, [self.component], prove=False)
        self._own = self.grader.box
        self.right = read_variants(self.component).right[0].source
        self.outcomes: list[Outcome] = []

    def close(self) -> None:
        """End the grader's own sandbox."""
        self._own.close()

    def play(self, forgery: Forgery, box: Any) -> list[str]:
        """Grade a forgery in a sandbox and name every way in which it succeeded."""
        files = {"nn/backprop.py": f"{self.right}\n\n{forgery.source}", **forgery.files}
        self.points(files, forgery.tests, box)
        points = sum(
            o.points
            for o in self.outcomes
            if not (forgery.flagged and any(flag.id == "needs-look" for flag in o.flags))
        )
        breaches = [f"it earned {points:g} points"] if points else []
        said = json.dumps([o.to_json() for o in self.outcomes])
        if any(mark in said for mark in MARKS):
            breaches.append("hidden data was shown")
        if any(o.verdict == "internal" for o in self.outcomes):
            breaches.append("the grader broke")
        return breaches

    def points(self, files: dict[str, str], tests: tuple[str, ...], box: Any) -> float:
        """The points of a submission in some tests."""
        with tempfile.TemporaryDirectory(prefix="handed-") as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            handed = read_submission("mallory", Path(folder), functions_of(self.grader.course))
        assert handed.problem is None
        self.grader.box = box
        try:
            self.outcomes = self.grader.outcomes(self.component, handed, only=frozenset(tests))
        finally:
            self.grader.box = self._own
        assert {o.test for o in self.outcomes} == set(tests)
        return sum(o.points for o in self.outcomes)
