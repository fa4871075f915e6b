"""What stands in nbgrader's own place while it converts a notebook; see `configure`.

nbgrader calls these in its own process. No code of a student runs in it: our grader reads the
submission, and its points and sentences become the outputs of the test cells. Whatever fails on
our side leaves a submission without a score and marked for a look, never with full marks or a zero.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import v4
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

from autograder.channels.kit import read_config
from autograder.channels.nbgrader.client import client
from autograder.channels.nbgrader.source import CHECK, SCHEMA, cut
from autograder.course import ROOT
from autograder.errors import GradingProblem
from autograder.notebooks import OURS
from autograder.stubs import BEGIN

Converted = tuple[Any, Any]  # a notebook and nbconvert's resources


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
    # A zip of each student or the bare notebook: STUDENT.zip, STUDENT_NAME.ipynb.
    names = "|".join(read_config(ROOT)["cells"])
    config.FileNameCollectorPlugin.named_regexp = (
        rf".*/extracted/(?P<student_id>[^/]+?)(?:/(?:.*/)?|_)(?P<file_id>(?:{names})\.ipynb)$"
    )


class Stubs(ClearSolutions):  # type: ignore[misc]
    """Cuts our solutions as `release` does: the stub names the function that is to be written."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> Converted:
        if utils.is_solution(cell) and cell.cell_type == "code" and BEGIN in cell.source:
            cell.source = cut(cell.source, cell.metadata.nbgrader.grade_id)
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)  # type: ignore[no-any-return]


class AnyNotebook(NotebookExporter):  # type: ignore[misc]
    """Reads a notebook also where nbformat refuses it, as one without cells.

    What it is worth our own reader decides, from the file that was handed in.
    """

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> Converted:
        try:
            notebook = nbformat.read(file_stream, as_version=4)
        except Exception:
            notebook = v4.new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **kw)  # type: ignore[no-any-return]


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
    """Gives a notebook the cells of the assignment, each once, whatever was done to it.

    A cell that lost its metadata is known by the function that it defines; a copy of a cell is a
    cell without a meaning; a test cell that was deleted comes back.
    """

    def work(self, nb: Any, resources: Any, gradebook: Gradebook) -> Any:
        about = resources["nbgrader"]
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        roles = _roles(notebook)
        cells = [_bare(cell) for cell in nb.cells]
        places: dict[str, int] = {}
        for index, cell in enumerate(nb.cells):
            name = _grade_id(cell)
            if name in roles and (cell.cell_type == roles[name]["cell_type"]):
                places[name] = index  # the last one, as nbgrader has it
        for name, role in roles.items():
            if name not in places and role["solution"] and not role["grade"]:
                defines = re.compile(rf"^(?:def|class)\s+{re.escape(name)}\b", re.M)
                found = [i for i, c in enumerate(cells) if defines.search(c.source)]
                free = [i for i in found if i not in places.values()]
                if free:
                    places[name] = free[-1]
        for name, index in places.items():
            _mark(cells[index], name, roles[name])
        for name, role in roles.items():
            if name in places or not (role["grade"] or role["task"]):
                continue
            made = _new(role)
            _mark(made, name, role)
            after = places.get(name.removeprefix(CHECK), len(cells) - 1)
            cells.insert(after + 1, made)
            places = {n: i + (i > after) for n, i in places.items()} | {name: after + 1}
        return v4.new_notebook(cells=cells, metadata=_metadata(nb))


class GradeInSandbox(FailClosed):
    """In the place of nbgrader's `Execute`: our grader's points and sentences as outputs."""

    def work(self, nb: Any, resources: Any, gradebook: Gradebook) -> Any:
        about = resources["nbgrader"]
        submitted = self.parent.parent.coursedir
        student, assignment, name = about["student"], about["assignment"], about["notebook"]

        def handed_in(which: str) -> Path:
            step = submitted.submitted_directory
            return Path(submitted.format_path(step, student, which))

        folder = handed_in(assignment)
        others = [p for p in sorted(folder.parent.glob("*")) if p.is_dir() and p != folder]
        answer = client(name).grade(student, folder, others)
        cells = {_grade_id(cell): cell for cell in nb.cells if utils.is_grade(cell)}
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
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]

    def _add_score(self, cell: Any, resources: Any) -> None:
        name = _grade_id(cell)
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


def _roles(notebook: Any) -> dict[str, dict[str, Any]]:
    """What the gradebook knows of each cell, by grade id and in the notebook's order."""
    graded = {c.name: c for c in (*notebook.grade_cells, *notebook.task_cells)}
    tasks = {c.name for c in notebook.task_cells}
    solutions = {c.name for c in notebook.solution_cells}
    return {
        c.name: {
            "cell_type": c.cell_type,
            "source": c.source,
            "checksum": c.checksum,
            "locked": c.locked,
            "solution": c.name in solutions,
            "task": c.name in tasks,
            "grade": c.name in graded and c.name not in tasks,
            "points": graded[c.name].max_score if c.name in graded else None,
        }
        for c in notebook.source_cells
    }


def _grade_id(cell: Any) -> str:
    about = cell.metadata.get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


def _bare(cell: Any) -> Any:
    """A cell without metadata and outputs."""
    source = cell.get("source", "")
    source = source if isinstance(source, str) else ""
    makers = {"code": v4.new_code_cell, "raw": v4.new_raw_cell}
    return makers.get(cell.get("cell_type"), v4.new_markdown_cell)(source)


def _new(role: dict[str, Any]) -> Any:
    return _bare({"cell_type": role["cell_type"], "source": role["source"]})


def _mark(cell: Any, name: str, role: dict[str, Any]) -> None:
    """Give a cell the metadata of its role and, where students must not change it, its source."""
    if role["locked"] and not role["solution"]:
        cell.source = role["source"]
    known = ("grade", "solution", "locked", "task", "checksum", "cell_type")
    cell.metadata["nbgrader"] = nbformat.from_dict(
        {
            "schema_version": SCHEMA,
            "grade_id": name,
            **{key: role[key] for key in known if role[key] is not None},
            **({"points": role["points"]} if role["points"] is not None else {}),
        }
    )


def _metadata(nb: Any) -> dict[str, Any]:
    language = {"name": "python"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"kernelspec": kernel, "language_info": language}


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
