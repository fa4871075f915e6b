"""What tests of several folders share."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import channels
from autograder.course import load_course


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All channels, built of the course as it is: `bundle/`, `gradescope/`."""
    out = tmp_path_factory.mktemp("released")
    course = load_course()
    assert list(channels.release(course, course.components, channels.CHANNELS, out))
    return out
