"""The channel `otter`: for each component a folder in which the TA runs `otter assign`.

`NAME.ipynb` is the master notebook. otter cuts the student's version and the autograder's zip from
it; the zip carries the kit and a plugin, by which grading goes through our sandbox and otter itself
runs nothing that a student wrote (see docs/decisions/0009-otter.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder.authoring.provenance import stamp_notebook
from autograder.channels import archive, kit
from autograder.channels.bundle import Maker
from autograder.channels.otter.master import make_master
from autograder.course import Component, Course
from autograder.files import write_whole
from autograder.running.suite import collect, files_of

KIT = "expressml_otter.kit"  # a zip, not called so: beside it lies otter's own
PLUGIN = "expressml_otter.py"
# otter unpacks what goes with an autograder into `files`, and in its container that folder is where
# a plugin can be imported from. This file lets the same name be found where the TA works.
ALIAS = "files.py"
STAFF = (KIT, PLUGIN, ALIAS)
PYTHON = "3.13"  # of the image that otter builds; one of those that the course takes


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write a folder for each component."""
    maker = Maker(course)
    infos = collect(files_of(course.components))
    packed = kit.files(course)
    here = Path(__file__).parent
    staff = {PLUGIN: archive.read(here / "plugin.py"), ALIAS: archive.read(here / ALIAS)}
    written = []
    for component in components:
        theirs = {**maker.common(component), **maker.own(component), **maker.theirs(component)}
        # The notebook is the one that otter cuts; of our own, one would be filled in vain.
        theirs = {n: content for n, content in theirs.items() if not n.startswith("notebooks/")}
        master = make_master(component, infos, _config(component, list(theirs)), course.language)
        files = {
            **theirs,
            **staff,
            f"{component.name}.ipynb": stamp_notebook(master, course).encode(),
            KIT: archive.make_zip(course, packed | kit.config([component.name])),
        }
        for name, content in files.items():
            write_whole(out / component.name / name, content)
            written.append(out / component.name / name)
    return written


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: all but the master notebook and what grades.

    What `otter assign` makes of the master is searched by the plugin, when it does.
    """
    return len(file.parts) > 2 or (file.name not in STAFF and file.suffix != ".ipynb")


def _config(component: Component, files: Sequence[str]) -> dict[str, object]:
    """otter's configuration; without a name of the assignment, for it would be asked of a
    notebook's metadata, which gets lost on the way.
    """
    # A folder goes whole, but for `tests`, which otter makes and fills; the plugin adds our own.
    tops = {name if name.startswith("tests/") else name.partition("/")[0] for name in files}
    tops = {name for name in tops if not re.fullmatch(r"tests/.*\.py", name)}
    return {
        "requirements": "requirements.txt",
        "python_version": PYTHON,
        "tests": {"files": True, "ok_format": False},
        "strip_solutions_from_all_cells": True,
        # It would take our pytest files in `tests` for otter's own.
        "check_all_cell": False,
        "export_cell": {"pdf": False, "run_tests": False, "ignore_log": True, "files": ["nn"]},
        "files": sorted(tops),
        "autograder_files": [PLUGIN, KIT],
        "plugins": [f"{Path(ALIAS).stem}.{Path(PLUGIN).stem}.Grading"],
        # Each test is shown: what is said of a hidden one has been redacted.
        "generate": {
            "show_hidden": True,
            "show_all_public": True,
            "force_public_test_summary": False,
        },
    }
