"""The channel `gradescope`: an autograder to upload, a zip per component and one of the course.

It is the staff's: it holds the solutions, the hidden tests and the course's secret. `setup.sh`
makes the environment when Gradescope builds its image; `run_autograder` grades one submission, in
the same sandbox and with the same suites as `grade` (see docs/gradescope.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder.channels import archive, kit
from autograder.course import Component, Course
from autograder.files import write_whole

WHOLE = "whole-course.zip"  # no identifier, so no component's zip is called so
PROGRAMS = ("run_autograder", "setup.sh")


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write a zip for each component and, of the whole course, one that grades all of it."""
    zips = {f"{c.name}.zip": kit.config([c.name]) for c in components}
    if tuple(components) == course.components:
        zips[WHOLE] = kit.config([c.name for c in components], kit.LIMIT_WHOLE)
    here = Path(__file__).parent
    files = kit.files(course) | {name: archive.read(here / name) for name in PROGRAMS}
    for name, config in zips.items():
        content = archive.make_zip(course, files | config, programs=PROGRAMS)
        write_whole(out / name, content)
    return [out / name for name in zips]


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: nothing of it is for them."""
    return False
