"""What the tests of the staff's program share."""

from __future__ import annotations

import pytest

from autograder.course import Course, load_course


@pytest.fixture(scope="session")
def course() -> Course:
    return load_course()
