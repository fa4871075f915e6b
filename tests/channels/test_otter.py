"""The otter channel: the real otter, from the release to the score, against what `grade` gives.

All that runs a submission is in a container without network. `otter assign` and one `otter run` are
commands of their own, one more submission goes the way of otter's container, and the rest is graded
by otter's functions in one process, since otter's import takes longer than all else.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring.cells import cells_of
from autograder.authoring.leaks import find_leaks_in
from autograder.channels.otter import STAFF, shown
from autograder.channels.otter.master import points_of, questions_of
from autograder.course import load_course
from autograder.intake.notebook_source import read_notebook, take
from autograder.intake.submissions import functions_of
from autograder.records.results import read_result
from autograder.running.grading import grade_folder
from autograder.running.suite import collect, files_of
from autograder.wording import words
from shared.definitions import needed, read_pieces, same_code

from . import container, handins

COURSE = load_course()
NAME = "weight_decay"
COMPONENT = COURSE.component(NAME)
PYTHON = "/autograder/source/.venv/bin/python"
ENVIRONMENT = ("/usr/bin/env", "HOME=/tmp", "LC_ALL=C.UTF-8")
PROMPTS = re.compile(r'\n *""" # BEGIN PROMPT\n.*?""" # END PROMPT', re.S)
SECONDS = 900.0  # otter hangs where nothing stops it; this only ends the test then

# What wins all points against otter: each takes effect in the process that otter compares in.
ROBBER = r"""
open("/autograder/ran", "w").write("a student's code was run")
import gc, pickle, sys
import otter.test_files.abstract_test as abstract
from otter.test_files import exception_test, ok_test

import numpy as np

np.allclose = np.array_equal = lambda *args, **kwargs: True

def _pass(self, env):
    self.test_case_results = [abstract.TestCaseResult(c, "fine", True) for c in self.test_cases]

exception_test.ExceptionTestFile.run = ok_test.OKTestFile.run = _pass
exception_test.test_case.call_func = lambda self, env: None
"""
PAYLOAD = r"""
class _Payload:
    def __reduce__(self):
        return (exec, ('open("/autograder/ran", "w")',))

_dump = pickle.dump

def _forged(results, file, *more):
    _dump(results, file, *more)
    results._plugin_data["forged"] = _Payload()

pickle.dump = _forged
get_ipython().input_transformers_cleanup.append(
    lambda lines: ["pass\n"] if "check(" in "".join(lines) else lines
)
"""
RAN = 'open("/autograder/ran", "w").write("a student\'s file was imported")\n'


class Payload:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> Any:
        return (exec, (RAN,))


def robber(notebook: handins.Notebook) -> handins.Notebook:
    """A usual mistake, and whatever takes otter over."""
    return handins.with_cells(handins.wrong(notebook, COMPONENT), ROBBER, PAYLOAD, at=1)


def burglar(notebook: handins.Notebook, to: Path) -> None:
    """The same in a zip, beside modules that otter, its kernel or our kit would import."""
    modules = ("numpy", "ipykernel_launcher", "otter", "expressml_otter", "files", "sitecustomize")
    modules += ("IPython", "nbformat", "autograder/__init__", "shared/__init__", "conftest")
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr(f"{NAME}.ipynb", json.dumps(robber(notebook)))
        for name in (*modules, "__init__", f"tests/{NAME}"):
            archive.writestr(f"{name}.py", RAN)
        archive.writestr(".OTTER_LOG", pickle.dumps(Payload()))
        archive.writestr("expressml_otter.kit", b"forged")
        archive.writestr("otter_config.json", b"{}")
        archive.writestr("results/results.json", b'{"score": 1000, "tests": []}')


@dataclass(frozen=True)
class Graded:
    """Where otter and where `grade` have put their results, and what was printed."""

    home: Path
    student: Path
    graded: Path
    assigned: container.Ran
    cli: container.Ran
    as_container: container.Ran

    def points(self, name: str) -> dict[str, float]:
        """otter's points by question."""
        return {test["name"]: test["score"] for test in self.results(name)["tests"]}

    def results(self, name: str) -> dict[str, Any]:
        path = self.home / "out" / name / "results.json"
        assert path.exists(), (path.parent / "error.txt").read_text()
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def result(self, name: str) -> dict[str, Any]:
        found = read_result(self.graded, name)
        assert found is not None
        return found


needs_container = pytest.mark.skipif(bool(container.missing()), reason=container.missing())


@pytest.fixture(scope="module")
def both(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Every submission graded by otter, and by `grade`."""
    folder = tmp_path_factory.mktemp("otter")
    home = folder / "home"
    work = home / NAME
    (home / "source" / ".venv").mkdir(parents=True)
    shutil.copytree(released / "otter" / NAME, work)
    inside = f"cd {NAME} && exec {PYTHON} -m otter"
    assigned = in_container(home, "sh", "-c", f"{inside} assign -v {NAME}.ipynb dist")
    assert assigned.status == 0, assigned.printed
    (zipped,) = (work / "dist" / "autograder").glob("*.zip")
    zip_there = f"/autograder/{zipped.relative_to(home)}"
    notebook = json.loads((work / "dist" / "student" / f"{NAME}.ipynb").read_text("utf-8"))
    for name, make in handins.HANDINS.items():
        write(folder / "class" / name / f"{NAME}.ipynb", make(notebook, COMPONENT))
    burglar(notebook, folder / "class" / "burglar.zip")
    shutil.copytree(folder / "class", home / "handed")
    write(home / "robber.ipynb", robber(notebook))
    (home / "masters").mkdir()
    for path in (released / "otter").glob("*/*.ipynb"):
        shutil.copy(path, home / "masters")
    plant(work)
    shutil.copy(Path(__file__).with_name("inside_otter.py"), home)
    there = ("/autograder/inside_otter.py", f"/autograder/{NAME}", zip_there)
    (home / "out" / "cli").mkdir(parents=True)
    handed = f"/autograder/handed/wrong/{NAME}.ipynb"
    run = f"{inside} run -a {zip_there} -o /autograder/out/cli {handed}"
    handed_in = {f"{NAME}.ipynb": json.dumps(handins.right(notebook, COMPONENT))}
    other = container.lay_out(folder / "other", zipped, handed_in)
    with ThreadPoolExecutor(2) as pool:
        many = pool.submit(in_container, home, PYTHON, *there)
        cli = in_container(home, "sh", "-c", run)
        as_container = in_container(other, PYTHON, "/autograder/source/run_otter.py")
        ran = many.result()
    assert ran.status == 0, ran.printed
    with open(os.devnull, "w") as nowhere:
        out = folder / "graded"
        grade_folder(COURSE, [COMPONENT], folder / "class", out, jobs=2, stream=nowhere)
    return Graded(home, work / "dist" / "student", out, assigned, cli, as_container)


def in_container(home: Path, *command: str) -> container.Ran:
    return container.run(home, *ENVIRONMENT, *command, seconds=SECONDS)


def write(path: Path, notebook: handins.Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def plant(work: Path) -> None:
    """Masters that would show students something: a solution, a hidden test, the secret."""
    text = (work / f"{NAME}.ipynb").read_text(encoding="utf-8")
    solved = json.loads(text)
    for cell in solved["cells"]:
        source = "".join(cell["source"])
        cell["source"] = source.replace("# BEGIN SOLUTION NO PROMPT", "# the solution")
        cell["source"] = cell["source"].replace("    # END SOLUTION\n", "")
    write(work / "leak-solution.ipynb", solved)
    named = json.loads(text)
    named["cells"][1]["source"] = "See test_early_stopping_curves."
    write(work / "leak-name.ipynb", named)


@needs_container
@pytest.mark.parametrize("name", [*handins.HANDINS, "burglar"])
def test_otter_gives_what_grade_gives(both, name):
    expected = dict.fromkeys(points_of(COMPONENT, infos()), 0.0)
    of_test = questions_of(COMPONENT, infos())
    result = both.result(name)
    for test in result["components"][NAME]["tests"]:
        expected[of_test[test["test"]]] += test["points"]
    assert both.points(name) == expected
    assert sum(both.points(name).values()) == result["points"]
    assert sum(t["max_score"] for t in both.results(name)["tests"]) == COMPONENT.points


def infos():
    return collect(files_of([COMPONENT]))


@needs_container
def test_only_right_work_gets_everything(both):
    scores = {name: sum(both.points(name).values()) for name in (*handins.HANDINS, "burglar")}
    assert {n for n, score in scores.items() if score == COMPONENT.points} == handins.FULL
    # Trouble in one function leaves the points of those that do not stand on it.
    for name in ("endless", "exits", "hog"):
        assert 0 < scores[name] < COMPONENT.points, name


@needs_container
def test_what_robs_otter_wins_nothing_here(both):
    possible = COMPONENT.points
    assert sum(both.points("plain").values()) == possible  # without the plugin: everything
    wrong = both.points("wrong")
    assert sum(wrong.values()) < possible
    assert both.points("burglar") == both.points("forged") == wrong


@needs_container
def test_otter_itself_runs_nothing_that_a_student_wrote(both):
    ran = {path.parent.name: path.read_text() for path in (both.home / "out").glob("*/ran")}
    assert {name for name, word in ran.items() if word == "True"} == {"plain"}
    assert {"burglar", *handins.HANDINS} <= ran.keys()


@needs_container
def test_the_command_writes_the_same_and_shows_the_score(both):
    assert both.cli.status == 0, both.cli.printed
    assert both.results("cli") == both.results("wrong")
    total = sum(both.points("wrong").values())
    assert f"Total Score: {total:.3f} / {COMPONENT.points:.3f}" in both.cli.printed


@needs_container
def test_in_otters_container_the_plugin_is_found(both):
    """As `otter grade` and Gradescope run it: /autograder/source/run_otter.py."""
    run = both.as_container
    assert run.status == 0, run.printed
    assert run.results is not None
    assert sum(test["score"] for test in run.results["tests"]) == COMPONENT.points
    assert {test["visibility"] for test in run.results["tests"]} == {"visible"}


@needs_container
def test_a_student_reads_our_messages_and_nothing_hidden(both):
    results = both.results("wrong")
    text = json.dumps(results, ensure_ascii=False)
    texts = words(COURSE.language)
    lost = [t for t in both.result("wrong")["components"][NAME]["tests"] if t["points"] == 0]
    assert lost
    titles = {info.test: info.title for info in infos()}
    for test in lost:
        assert f"{texts.text(titles[test['test']])} result:" in text
    assert f"{texts.sentence('heading-hint')}: " in text
    page = [("results.txt", text.encode())]
    for name in handins.HANDINS:
        page.append((f"{name}.txt", json.dumps(both.results(name)).encode()))
    assert find_leaks_in(COURSE.components, page) == []


@needs_container
def test_our_own_fault_is_no_zero(both, tmp_path):
    """A kit that cannot grade: otter writes no results at all, and says why."""
    (zipped,) = (both.home / NAME / "dist" / "autograder").glob("*.zip")
    notebook = (both.student / f"{NAME}.ipynb").read_text(encoding="utf-8")
    home = container.lay_out(tmp_path / "home", zipped, {f"{NAME}.ipynb": notebook})
    kit = home / "source" / "files" / "expressml_otter.kit"
    with zipfile.ZipFile(kit, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("grading.json", "{}")  # unpacked after the one that it takes the place of
    run = in_container(home, PYTHON, "/autograder/source/run_otter.py")
    assert run.status != 0
    assert run.results is None
    assert "OUR FAULT, not graded" in run.printed


@needs_container
def test_what_would_show_a_solution_is_not_assigned(both):
    for name, said in (("solution", "the solution"), ("name", "the name of a hidden test")):
        text = (both.home / "out" / f"leak-{name}.txt").read_text(encoding="utf-8")
        assert f"would show students {said}" in text
        made = both.home / NAME / f"leak-{name}"
        assert not list(made.glob("*"))


@needs_container
def test_the_students_folder_holds_no_solution(both):
    files = [p for p in both.student.rglob("*") if p.is_file()]
    contents = [(p.relative_to(both.student).as_posix(), p.read_bytes()) for p in files]
    assert find_leaks_in(COURSE.components, contents) == []
    names = {name for name, _ in contents}
    assert {f"{NAME}.ipynb", f"nn/{NAME}.py", f"tests/test_{NAME}.py", f"tests/{NAME}.py"} <= names
    assert not names & set(STAFF)
    assert "All autograder tests passed" in both.assigned.printed


@needs_container
@pytest.mark.parametrize("name", COURSE.names)
def test_each_master_is_the_solution_and_otter_makes_our_stubs_of_it(both, name):
    component = COURSE.component(name)
    functions = functions_of(COURSE)[name]
    master = json.loads((both.home / "masters" / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in master["cells"]:
        cell["source"] = PROMPTS.sub("", "".join(cell["source"]))
    taken = take(read_notebook("master", json.dumps(master).encode()), functions)
    solution = needed(read_pieces(handins.solution(component)), functions)
    assert same_code(taken.pieces, solution)
    cut = (both.home / "cut" / f"{name}.ipynb").read_bytes()
    ours = {c.name: c.source for c in cells_of(component, ()) if c.kind == "stub"}
    found = handins.stubs(json.loads(cut))
    assert {n: "".join(cell["source"]).strip() for n, cell in found.items()} == ours
    assert find_leaks_in(COURSE.components, [(f"{name}.ipynb", cut)]) == []


@needs_container
def test_a_check_in_the_notebook_says_what_is_wrong(both, tmp_path):
    home = shutil.copytree(both.student, tmp_path / "student")
    notebook = nbformat.read(home / f"{NAME}.ipynb", as_version=4)
    mistaken = handins.function_cells(handins.solution(COMPONENT))["l2_penalty"]
    mistaken = mistaken.replace("np.vdot(w, w)", "np.vdot(w, w) + b.sum()")
    checks = f'grader.check("{NAME}_l2_penalty")'
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")  # otter's own
    given = next(
        c for c in notebook.cells if c.metadata.get("expressml", {}).get("kind") == "given"
    )
    stubs = handins.stubs(notebook)
    start = [first, given, stubs["parameter_count"], stubs["l2_penalty"]]
    cells = [checks, "parameter_count([])", mistaken, checks]
    notebook.cells = [*start, *(nbformat.v4.new_code_cell(text) for text in cells)]
    client = NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": home}})
    client.execute()
    empty, stub, _, failing = ("".join(map(str, c.outputs)) for c in notebook.cells[-4:])
    assert (
        "`l2_penalty` in nn/weight_decay.py is not written yet" in empty or "not written" in empty
    )
    assert "NotImplementedError" in stub
    assert "is wrong" in failing
    assert "called: l2_penalty(" in failing
    assert "Test case failed" in failing
    assert "what is wrong stands above" in failing


def test_the_release_shows_students_what_they_get_and_no_more(released):
    folder = released / "otter"
    files = [p.relative_to(folder) for p in folder.rglob("*") if p.is_file()]
    hidden = {p.name for p in files if not shown(p)}
    assert hidden == {*STAFF, *(f"{name}.ipynb" for name in COURSE.names)}
    assert {p.parts[0] for p in files} == set(COURSE.names)


def test_otter_is_imported_by_its_channel_alone(released):
    """The release is cut without it: its import takes longer than that."""
    assert "otter" not in sys.modules
