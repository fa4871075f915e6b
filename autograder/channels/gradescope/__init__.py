"""The channel `gradescope`: an autograder to upload, a zip per component and one of the course.

It is the staff's: it holds the solutions, the hidden tests and the course's secret. `setup.sh`
makes the environment when Gradescope builds its image; `run_autograder` grades one submission, in
the same sandbox and with the same suites as `grade` (see docs/gradescope.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder.channels import archive
from autograder.channels.kit import CONFIG, config, kit_files
from autograder.course import Component, Course
from autograder.files import write_whole

WHOLE = "whole-course.zip"  # no identifier, so no component's zip is called so
PROGRAMS = ("run_autograder", "setup.sh")
# Seconds for one submission, a little under what Gradescope gives: 10 minutes unless told
# otherwise, and 40 at the most. It makes a zero of what takes longer, so we stop first.
LIMIT, LIMIT_WHOLE = 570, 2340


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write a zip for each component and, of the whole course, one that grades all of it."""
    zips = {f"{c.name}.zip": [c.name] for c in components}
    if tuple(components) == course.components:
        zips[WHOLE] = [c.name for c in components]
    files = kit_files(course)
    # The few packages that students get are all that grading takes.
    files["requirements.txt"] = archive.read(course.root / "assignments" / "requirements.txt")
    for name in PROGRAMS:
        files[name] = archive.read(Path(__file__).with_name(name))
    for name, graded in zips.items():
        seconds = LIMIT_WHOLE if name == WHOLE else LIMIT
        files[CONFIG] = config(components=graded, seconds=seconds)
        write_whole(out / name, archive.make_zip(course, files, programs=PROGRAMS))
    return [out / name for name in zips]


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: nothing of it is for them."""
    return False
