"""The otter channel: the real otter, from the release to the score, against what `grade` gives."""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring.cells import cells_of
from autograder.authoring.leaks import find_leaks_in
from autograder.channels.otter import STAFF, shown
from autograder.channels.otter.master import points_of, questions_of
from autograder.intake.notebook_source import read_notebook, take
from autograder.intake.submissions import functions_of
from autograder.running.suite import collect, files_of
from autograder.wording import words
from shared.definitions import needed, read_pieces, same_code

from . import container, handins
from .by_otter import NAME, PYTHON, Graded, in_container
from .handins import COMPONENT, COURSE

PROMPTS = re.compile(r'\n *""" # BEGIN PROMPT\n.*?""" # END PROMPT', re.S)


@pytest.fixture
def both(by_otter: Graded) -> Graded:
    return by_otter


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


def test_only_right_work_gets_everything(both):
    scores = {name: sum(both.points(name).values()) for name in (*handins.HANDINS, "burglar")}
    assert {n for n, score in scores.items() if score == COMPONENT.points} == handins.FULL_MARKS
    # Trouble in one function leaves the points of those that do not stand on it.
    for name in ("endless", "exits", "hog"):
        assert 0 < scores[name] < COMPONENT.points, name


def test_what_robs_otter_wins_nothing_here(both):
    possible = COMPONENT.points
    assert sum(both.points("plain").values()) == possible  # without the plugin: everything
    wrong = both.points("wrong")
    assert sum(wrong.values()) < possible
    assert both.points("burglar") == both.points("forged") == wrong


def test_otter_itself_runs_nothing_that_a_student_wrote(both):
    ran = {path.parent.name: path.read_text() for path in (both.home / "out").glob("*/ran")}
    assert {name for name, word in ran.items() if word == "True"} == {"plain"}
    assert {"burglar", *handins.HANDINS} <= ran.keys()


def test_the_command_writes_the_same_and_shows_the_score(both):
    assert both.cli.status == 0, both.cli.printed
    assert both.results("cli") == both.results("wrong")
    total = sum(both.points("wrong").values())
    assert f"Total Score: {total:.3f} / {COMPONENT.points:.3f}" in both.cli.printed


def test_in_otters_container_the_plugin_is_found(both):
    """As `otter grade` and Gradescope run it: /autograder/source/run_otter.py."""
    run = both.as_container
    assert run.status == 0, run.printed
    assert run.results is not None
    assert sum(test["score"] for test in run.results["tests"]) == COMPONENT.points
    assert {test["visibility"] for test in run.results["tests"]} == {"visible"}


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


def test_what_would_show_a_solution_is_not_assigned(both):
    for name, said in (("solution", "the solution"), ("name", "the name of a hidden test")):
        text = (both.home / "out" / f"leak-{name}.txt").read_text(encoding="utf-8")
        assert f"would show students {said}" in text
        made = both.home / NAME / f"leak-{name}"
        assert not list(made.glob("*"))


def test_the_students_folder_holds_no_solution(both):
    files = [p for p in both.student.rglob("*") if p.is_file()]
    contents = [(p.relative_to(both.student).as_posix(), p.read_bytes()) for p in files]
    assert find_leaks_in(COURSE.components, contents) == []
    names = {name for name, _ in contents}
    assert {f"{NAME}.ipynb", f"nn/{NAME}.py", f"tests/test_{NAME}.py", f"tests/{NAME}.py"} <= names
    assert not names & set(STAFF)
    assert "All autograder tests passed" in both.assigned.printed


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
