"""The channel `gradescope`: an autograder to upload, a zip per component and one of the course.

It is the staff's: it holds the solutions, the hidden tests and the course's secret. `setup.sh`
makes the environment when Gradescope builds its image; `run_autograder` grades one submission, in
the same sandbox and with the same suites as `grade` (see docs/gradescope.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder.channels import archive
from autograder.course import Component, Course, secret
from autograder.files import write_whole

WHOLE = "whole-course.zip"  # no identifier, so no component's zip is called so
ROOMS = ("autograder", "shared", "solutions/nn", "assignments/tests")
PROGRAMS = ("run_autograder", "setup.sh")
CONFIG = "grading.json"
# Seconds for one submission, a little under what Gradescope gives: 10 minutes unless told
# otherwise, and 40 at the most. It makes a zero of what takes longer, so we stop first.
LIMIT, LIMIT_WHOLE = 570, 2340


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write a zip for each component and, of the whole course, one that grades all of it."""
    zips = {f"{c.name}.zip": [c.name] for c in components}
    if tuple(components) == course.components:
        zips[WHOLE] = [c.name for c in components]
    files = _files(course)
    for name, graded in zips.items():
        seconds = LIMIT_WHOLE if name == WHOLE else LIMIT
        config = {"components": graded, "seconds": seconds, "secret": secret()}
        files[CONFIG] = (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode()
        write_whole(out / name, archive.make_zip(course, files, programs=PROGRAMS))
    return [out / name for name in zips]


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: nothing of it is for them."""
    return False


def _files(course: Course) -> dict[str, bytes]:
    root = course.root
    files: dict[str, bytes] = {}
    for room in ROOMS:
        files |= archive.read_folder(root / room, root)
    files["course.toml"] = archive.read(root / "course.toml")
    files["LICENSE"] = archive.read(root / "docs" / "LICENSE")
    # The few packages that students get are all that grading takes.
    files["requirements.txt"] = archive.read(root / "assignments" / "requirements.txt")
    for name in PROGRAMS:
        files[name] = archive.read(Path(__file__).with_name(name))
    return files
