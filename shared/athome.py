"""A student's own computer: the package `nn` beside the folder of the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.errors import CheckFailed
from shared.kept import look_after
from shared.messages import Message, message
from shared.release import Release
from shared.student import Student
from shared.verdicts import TestInfo

LOCAL_SECRET = "local"
TESTS_FAILED = 1  # pytest.ExitCode; pytest itself is not needed here


class Local:
    """The package `nn` beside the folder of the tests."""

    secret = LOCAL_SECRET

    def __init__(self, release: Release, folder: Path) -> None:
        self._release = release
        self._folder = folder
        self._students: dict[str, Student] = {}
        self._broken: dict[str, bool] = {}
        self.said: list[Message] = []  # for the end of the run

    def student(self, info: TestInfo) -> Student:
        from shared.local import LocalBackend

        if info.component not in self._students:
            put_back = look_after(self._folder, info.component, self._release)
            self.said += [put_back] if put_back is not None else []
            if not (self._folder / "nn").is_dir():
                raise CheckFailed(message("no-component"))
            self._students[info.component] = Student(
                LocalBackend(info.component, self._folder),
                self._release.signatures(info.component),
                file=f"nn/{info.component}.py",
            )
        return self._students[info.component]

    def is_broken(self, component: str) -> bool:
        if component not in self._broken:
            tests = self._folder / "tests" / f"test_{component}.py"
            self._broken[component] = tests.exists() and not _passes(tests, self._folder)
        return self._broken[component]


def _passes(tests: Path, folder: Path) -> bool:
    # In a process of its own: this one is in the middle of a test.
    command = [sys.executable, "-m", "pytest", "-x", "-q", str(tests)]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode != TESTS_FAILED
