"""A small course in a temporary folder, for tests that write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.course import ROOT, Course, load_course

COPIED = ("assignments", "solutions", "autograder", "shared", "course.toml", "pyproject.toml")


def copy_course(to: Path) -> Path:
    """A copy of the checkout's course that a test may spoil."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=ignore)
        else:
            shutil.copy(source, to / name)
    return to


@pytest.fixture
def spoilable(tmp_path: Path) -> Path:
    """The root of a copy of the course."""
    return copy_course(tmp_path / "course")


@pytest.fixture(scope="session")
def course() -> Course:
    return load_course()
