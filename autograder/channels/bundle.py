"""The channel `bundle`: zips that a student unpacks and works in.

`NAME.zip` is one component, `whole-course.zip` all of them. Zips of components are made to be
unpacked over each other, in any order and over work that has begun: what a student writes
(`nn/NAME.py`, `notebooks/NAME.ipynb` in each language) is in the zip of that component alone, and
everything that two of them share is the same in both. `course-update.zip` has all but what a
student writes, so a test that was mended reaches a folder in which it is already worked on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder.authoring.provenance import PACKAGE, stamp_notebook, stamp_package
from autograder.authoring.release import generate
from autograder.channels import archive
from autograder.course import Component, Course
from autograder.files import write_whole
from shared.language import LANGUAGES
from shared.plots import DRAW_DIGITS

WHOLE = "whole-course.zip"
UPDATE = "course-update.zip"
# A component's name is an identifier, so no component's zip is called as one of these.

AT_THE_TOP = ("README.md", "README.ru.md", "conftest.py", "pytest.ini", "requirements.txt")
_USES_DATA = re.compile(rb"\bshared\.data\b|\bfrom shared import .*\bdata\b")

Files = dict[str, bytes]


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write a zip for each component and, of the whole course, those of all components."""
    made = Maker(course)
    zips: dict[str, Files] = {}
    for c in components:
        zips[f"{c.name}.zip"] = {**made.common(c), **made.own(c), **made.theirs(c)}
    if tuple(components) == course.components:
        update: Files = {}
        work: Files = {}
        for component in components:
            update |= {**made.common(component), **made.own(component)}
            work |= made.theirs(component)
        zips[UPDATE] = update
        zips[WHOLE] = {**update, **work}
    for name, files in zips.items():
        write_whole(out / name, archive.make_zip(course, files))
    return [out / name for name in zips]


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: all of it is theirs."""
    return True


class Maker:
    """The files of a student's folder, taken apart by whose they are."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._assignments = course.root / "assignments"
        self._generated = {
            path.relative_to(self._assignments).as_posix(): self._stamped(path, text).encode()
            for path, text in generate(course).items()
        }
        shared = archive.read_folder(course.root / "shared", course.root)
        self._data = {n: c for n, c in shared.items() if n.startswith("shared/data/")}
        self._shared = {n: c for n, c in shared.items() if n not in self._data}

    def theirs(self, component: Component) -> Files:
        """What a student writes in: the stub, and the notebook where there is one."""
        stub = f"nn/{component.name}.py"
        files = {stub: self._generated[stub]}
        for lang in LANGUAGES:
            notebook = f"notebooks/{component.notebook_in(lang).name}"
            found = self._either(notebook)
            if found is not None:
                files[notebook] = found
        return files

    def own(self, component: Component) -> Files:
        """What is of one component and nobody writes in: its local tests and its handouts."""
        paths = [component.local_tests, component.handout]
        paths += sorted(component.handout.parent.glob(f"{component.name}.*.md"))
        return {p.relative_to(self._assignments).as_posix(): archive.read(p) for p in paths}

    def common(self, component: Component) -> Files:
        """What every component has, the same in each; and the data, where this one uses it."""
        stubs = {f"nn/{name}.py" for name in self._course.names}
        files = {
            name: content
            for name, content in self._generated.items()
            if name not in stubs and not name.startswith("notebooks/")
        }
        files |= {name: archive.read(self._assignments / name) for name in AT_THE_TOP}
        glossary = self._assignments / "handouts" / "glossary.md"
        if glossary.exists():
            files["handouts/glossary.md"] = archive.read(glossary)
        files["LICENSE"] = archive.read(self._course.root / "docs" / "LICENSE")
        files |= self._shared
        texts = [*self.theirs(component).values(), *self.own(component).values()]
        if component.name in DRAW_DIGITS or any(_USES_DATA.search(text) for text in texts):
            files |= self._data
        return files

    def _stamped(self, path: Path, text: str) -> str:
        if path.suffix == ".ipynb":
            return stamp_notebook(text, self._course)
        is_package = path.relative_to(self._assignments).as_posix() == PACKAGE
        return stamp_package(text, self._course) if is_package else text

    def _either(self, name: str) -> bytes | None:
        """A file that is generated or, where it is not yet, lies in `assignments/`."""
        path = self._assignments / name
        if name in self._generated:
            return self._generated[name]
        return archive.read(path) if path.exists() else None
