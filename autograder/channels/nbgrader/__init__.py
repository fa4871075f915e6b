"""The channel `nbgrader`: a course directory on which nbgrader's own commands run.

`source/NAME/NAME.ipynb` is an assignment for each component, the solutions in it, beside what
students get with it; `gradebook.db` is empty; `kit/` is the grader, which `nbgrader_config.py`
puts in the place of the notebook's execution. Only `converters` and `export` import nbgrader
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from autograder import channels
from autograder.authoring.provenance import stamp_notebook
from autograder.channels import archive, kit
from autograder.channels.bundle import Maker
from autograder.channels.nbgrader.source import Assignment, make_assignment
from autograder.course import Component, Course
from autograder.files import write_whole
from autograder.running.suite import collect, files_of

CONFIG = "nbgrader_config.py"
GRADEBOOK = "gradebook.db"
KEPT = frozenset({GRADEBOOK})  # a second release must not take the grades away
READMES = ("README.md", "README.ru.md")  # of the folder of a bundle, which is laid out otherwise


def build(course: Course, components: Sequence[Component], out: Path) -> list[Path]:
    """Write the course directory."""
    from autograder.gradebook import check_url, stamp  # nbgrader takes seconds to import

    infos = collect(files_of(components))
    made = Maker(course)
    files: dict[str, bytes] = {CONFIG: archive.read(Path(__file__).with_name(CONFIG))}
    assignments: dict[str, Assignment] = {}
    for component in components:
        name = component.name
        assignment = assignments[name] = make_assignment(component, infos, course.language)
        written = stamp_notebook(assignment.source, course)
        folder = f"source/{name}"
        files[f"{folder}/{name}.ipynb"] = written.encode()
        beside = {**made.common(component), **made.own(component)}
        files |= {f"{folder}/{n}": content for n, content in beside.items() if n not in READMES}
    released = ((f"release/{n}/{n}.ipynb", a.release.encode()) for n, a in assignments.items())
    channels.refuse_leaks(course, released)
    files |= {f"kit/{name}": content for name, content in kit.files(course).items()}
    cells = {name: a.cells for name, a in assignments.items()}
    files |= {f"kit/{name}": data for name, data in kit.settings(cells=cells).items()}
    for name, content in files.items():
        write_whole(out / name, content)
    stamp(check_url(str(out / GRADEBOOK)))
    return [out / name for name in (*files, GRADEBOOK)]


def shown(file: PurePosixPath) -> bool:
    """Whether students see it: what lies beside a notebook; of that itself, not as it is here."""
    return file.parts[0] == "source" and file.suffix != ".ipynb"
