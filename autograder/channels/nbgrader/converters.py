"""What stands in nbgrader's own place while it converts a notebook; see `configure`.

nbgrader calls these in its own process. No code of a student runs in it: our grader reads the
submission, and its points and sentences become the outputs of the test cells. Whatever fails on
our side leaves a submission without a score and marked for a look, never with full marks or a zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    LockCells,
    NbGraderPreprocessor,
    OverwriteKernelspec,
    SaveAutoGrades,
    SaveCells,
)

from autograder.authoring.notebooks import OURS
from autograder.authoring.stubs import BEGIN
from autograder.channels.kit import read_settings
from autograder.channels.nbgrader.client import client
from autograder.channels.nbgrader.export import Table
from autograder.channels.nbgrader.restore import grade_id_of, read_roles, restored
from autograder.channels.nbgrader.source import cut
from autograder.course import ROOT
from autograder.errors import GradingProblem

Converted = tuple[Any, Any]  # a notebook and nbconvert's resources
v4: Any = nbformat.v4


def configure(config: Any, root: Path) -> None:
    """Put the classes of this module into nbgrader's configuration."""
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = OURS
    config.GenerateAssignment.preprocessors = [
        IncludeHeaderFooter,
        LockCells,
        Stubs,
        ClearOutput,
        CheckCellMetadata,
        ComputeChecksums,
        SaveCells,
        ClearHiddenTests,
        ClearMarkScheme,
        ComputeChecksums,
        CheckCellMetadata,
    ]
    config.Autograde.exporter_class = AnyNotebook
    config.Autograde.sanitize_preprocessors = [Restore, OverwriteKernelspec, CheckCellMetadata]
    config.Autograde.autograde_preprocessors = [
        GradeInSandbox,
        SaveGrades,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    config.ExportApp.plugin_class = Table
    # A zip of each student or the bare notebook: STUDENT.zip, STUDENT_NAME.ipynb, in both also with
    # what a browser adds to a second download: "NAME (1).ipynb".
    names = "|".join(read_settings(ROOT)["cells"])
    config.FileNameCollectorPlugin.named_regexp = (
        rf".*/extracted/(?P<student_id>[^/]+?)(?:/(?:.*/)?|_)(?P<file_id>{names})"
        r"(?: ?\(\d+\))?\.ipynb$"
    )


class Stubs(ClearSolutions):  # type: ignore[misc]
    """Cuts our solutions as `release` does: the stub names the function that is to be written."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> Converted:
        if utils.is_solution(cell) and cell.cell_type == "code" and BEGIN in cell.source:
            cell.source = cut(cell.source, cell.metadata.nbgrader.grade_id)
            return cell, resources
        cleared: Converted = super().preprocess_cell(cell, resources, cell_index)
        return cleared


class AnyNotebook(NotebookExporter):
    """Reads a notebook also where nbformat refuses it, as one without cells.

    What it is worth our own reader decides, from the file that was handed in.
    """

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> Converted:
        read: Any = nbformat.read
        try:
            notebook = read(file_stream, as_version=4)
        except Exception:
            notebook = v4.new_notebook()
        converted: Converted = self.from_notebook_node(notebook, resources=resources, **kw)  # type: ignore[no-untyped-call]
        return converted


class FailClosed(NbGraderPreprocessor):  # type: ignore[misc]
    """A step whose failure takes back the scores of the notebook and marks it for a look."""

    def preprocess(self, nb: Any, resources: Any) -> Converted:
        about = resources["nbgrader"]
        try:
            with Gradebook(about["db_url"]) as gradebook:
                return self.work(nb, resources, gradebook), resources
        except BaseException:
            self._withhold(about)
            raise

    def work(self, nb: Any, resources: Any, gradebook: Gradebook) -> Any:
        raise NotImplementedError

    def _withhold(self, about: dict[str, str]) -> None:
        with Gradebook(about["db_url"]) as gradebook:
            submitted = gradebook.find_submission_notebook(
                about["notebook"], about["assignment"], about["student"]
            )
            for grade in submitted.grades:
                grade.auto_score = None
                grade.needs_manual_grade = True
            gradebook.db.commit()


class Restore(FailClosed):
    """Brings the cells of the assignment back before anything is looked at."""

    def work(self, nb: Any, resources: Any, gradebook: Gradebook) -> Any:
        about = resources["nbgrader"]
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        return restored(nb, read_roles(notebook))


class GradeInSandbox(FailClosed):
    """In the place of nbgrader's `Execute`: our grader's points and sentences as outputs."""

    def work(self, nb: Any, resources: Any, gradebook: Gradebook) -> Any:
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir  # of the exporter's converter
        student, assignment, name = about["student"], about["assignment"], about["notebook"]

        def handed_in(which: str) -> Path:
            return Path(course.format_path(course.submitted_directory, student, which))

        folder = handed_in(assignment)
        others = [p for p in sorted(folder.parent.glob("*")) if p.is_dir() and p != folder]
        answer = client(name).grade(student, folder, others)
        cells = {grade_id_of(cell): cell for cell in nb.cells if utils.is_grade(cell)}
        for grade_id, given in answer["cells"].items():
            if grade_id not in cells:
                raise GradingProblem(
                    f"the gradebook has no cell {grade_id!r} for {name}: it was generated from "
                    "another release; `nbgrader generate_assignment` makes it anew"
                )
            _show(cells[grade_id], given)
        resources["nbgrader"]["graded"] = set(answer["cells"])
        nb.cells.insert(0, v4.new_markdown_cell(answer["head"]))
        return nb


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """Saves the score of a cell that our grader has scored.

    To another test cell nbgrader would give full marks, because it has no output.
    """

    def preprocess(self, nb: Any, resources: Any) -> Converted:
        self._graded: set[str] = resources["nbgrader"].get("graded", set())
        saved: Converted = super().preprocess(nb, resources)
        return saved

    def _add_score(self, cell: Any, resources: Any) -> None:
        name = grade_id_of(cell)
        if name in self._graded or utils.is_solution(cell) or cell.cell_type != "code":
            super()._add_score(cell, resources)
            return
        self.log.warning("Cell %s is none of the course's: give its points by hand", name)
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = None
        grade.needs_manual_grade = True
        self.gradebook.db.commit()


def _show(cell: Any, given: dict[str, Any]) -> None:
    """Points and text as outputs of a test cell; nbgrader reads the points from there."""
    worth = float(cell.metadata.nbgrader.points)
    points = float(given["points"])
    if not 0 <= points <= worth:
        raise GradingProblem(f"{points} points for a cell that is worth {worth}")
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=given["text"] + "\n"),
        v4.new_output("execute_result", {"text/plain": repr(points)}),
    ]
