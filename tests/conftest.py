"""What tests of several folders share."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from autograder import channels
from autograder.course import ROOT, load_course
from tests.browser import chromium, open_page

__all__ = ["chromium", "open_page"]  # the fixtures of `browser.py`, for every folder

# Ctrl-C is tried on processes that the tests start, and that inherit it where it is ignored: when
# the tests themselves run in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Whatever this machine and the course speak, the tests read English, in processes of theirs too.
os.environ["LANGUAGE"] = "en"

COPIED = ("assignments", "solutions", "autograder", "shared", "docs", "course.toml")


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
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All channels, built of the course as it is: `bundle/`, `gradescope/`, `otter/`."""
    out = tmp_path_factory.mktemp("released")
    course = load_course()
    assert list(channels.release(course, course.components, channels.CHANNELS, out))
    return out
