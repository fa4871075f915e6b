"""What the tests of the gradebook share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import Course, load_course

from .made import Class
from .postgres import INSTALLED, MISSING, Postgres


@pytest.fixture(scope="session")
def small() -> Course:
    """The course with two of its components, the fewer rows the better."""
    course = load_course()
    return dataclasses.replace(course, components=course.select(["standardize", "weight_decay"]))


@pytest.fixture
def made(small: Course, tmp_path: Path) -> Class:
    return Class(small, tmp_path / "class")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if not INSTALLED:
        pytest.skip(MISSING)
    server = Postgres()
    try:
        yield server
    finally:
        server.stop()
