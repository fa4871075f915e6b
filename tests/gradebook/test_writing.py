"""Writing nbgrader's database: it says what the results say, and keeps what people entered."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys

import pytest

from autograder import gradebook
from autograder.course import ROOT
from autograder.errors import GradingProblem, UsageProblem
from autograder.gradebook import check_url, open_gradebook, write_gradebook, writing

from .made import Class, agree, with_due_date

NAME = "standardize"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        (tmp_path / "nbgrader").mkdir()
        return str(tmp_path / "nbgrader" / "gradebook.db")
    return request.getfixturevalue("postgres").create(f"grades_{os.urandom(4).hex()}")


def write(made: Class, url: str) -> writing.Written:
    return write_gradebook(made.course, made.out, check_url(url), made.folder / "nbgrader")


def first_test(made: Class) -> str:
    return next(i.test for i in made.infos if i.component == NAME)


def test_it_says_what_the_results_say_and_a_second_time_changes_nothing(made, url):
    for number in range(30):  # more than a batch
        made.add(f"s{number:02}", graded=number != 7)
    made.add("Ёлкина Дарья")
    first = write(made, url)
    assert (first.students, first.grades, first.pages) == (31, 31 * len(made.infos), 62)
    assert agree(url, made) == 31 * len(made.infos)
    again = write(made, url)
    assert (again.students, again.grades, again.pages) == (31, 0, 0)
    with open_gradebook(url) as book:
        # Points that are withheld are no zero: formgrader shows the submission for a look.
        assert book.find_submission(NAME, "s07").needs_manual_grade
        assert not book.find_submission(NAME, "s08").needs_manual_grade


def test_what_people_entered_survives_a_regrade(made, small, url):
    made.course = with_due_date(small, NAME)
    component = made.course.component(NAME)
    made.add("anna", hours=30, passed=1)
    made.add("boris", hours=30, passed=1)
    write(made, url)
    test, most = first_test(made), component.points
    with open_gradebook(url) as book:
        mine = book.find_submission_notebook(NAME, NAME, "anna")
        assert mine.late_submission_penalty == pytest.approx(0.2 * mine.max_score)
        assert mine.max_score == pytest.approx(most)
        assert "2 days late: penalty" in book.find_comment("handed-in", NAME, NAME, "anna").comment
        grade = book.find_grade(test, NAME, NAME, "anna")
        grade.manual_score, grade.extra_credit = 0.25, 2.0
        mine.late_submission_penalty = 1.5
        book.find_comment("handed-in", NAME, NAME, "anna").manual_comment = "We talked."
        book.db.commit()
    made.add("anna", hours=30, code="other", passed=0)
    made.add("boris", hours=54, code="other", passed=1)
    write(made, url)
    with open_gradebook(url) as book:
        grade = book.find_grade(test, NAME, NAME, "anna")
        assert (grade.manual_score, grade.extra_credit, grade.auto_score) == (0.25, 2.0, 0.0)
        assert grade.needs_manual_grade  # what is under the score by hand has moved
        assert book.find_submission_notebook(NAME, NAME, "anna").late_submission_penalty == 1.5
        assert book.find_comment("handed-in", NAME, NAME, "anna").comment == "We talked."
        ours = book.find_submission_notebook(NAME, NAME, "boris").late_submission_penalty
        assert ours == pytest.approx(0.3 * most)  # nobody touched it, so it follows the rules
        grade.needs_manual_grade = False  # somebody has looked
        book.db.commit()
    write(made, url)
    with open_gradebook(url) as book:
        assert not book.find_grade(test, NAME, NAME, "anna").needs_manual_grade


def test_a_later_suite_mends_earlier_submissions_and_gone_tests_go(made, url):
    new, first, second = [i.test for i in made.infos if i.component == NAME][:3]
    made.add("anna", without=new)
    made.add("boris", without=new)
    write(made, url)
    with open_gradebook(url) as book:
        book.find_grade(first, NAME, NAME, "anna").extra_credit = 1.0
        book.db.commit()
    made.add("anna", without=first)
    made.add("boris", without=first)
    written = write(made, url)
    assert written.stayed == [f"{NAME}::{first}"]
    with open_gradebook(url) as book:
        assert book.find_grade(new, NAME, NAME, "boris").max_score > 0
        cell = book.find_grade_cell(first, NAME, NAME)
        assert cell.max_score == 0
        sheet = book.find_submission_notebook(NAME, NAME, "anna")
        points = made.results()["anna"]["components"][NAME]["points"]
        assert sheet.score == pytest.approx(points + 1.0)
        book.find_grade(first, NAME, NAME, "anna").extra_credit = None
        book.db.commit()
    made.infos = [i for i in made.infos if i.test not in (first, second)]
    made.add("anna")
    made.add("boris")
    assert write(made, url).stayed == []
    assert agree(url, made) == 2 * len(made.infos)


def test_a_batch_of_which_the_server_dies_is_written_after_a_restart(made, postgres, monkeypatch):
    for number in range(35):
        made.add(f"s{number:02}")
    url = postgres.create("dying")
    batches, real = [], writing._write_batch

    def dying(*arguments):
        batches.append(1)
        if len(batches) == 2:
            postgres.kill()
        return real(*arguments)

    monkeypatch.setattr(writing, "_write_batch", dying)
    with pytest.raises(GradingProblem, match="could not be written: "):
        write(made, url)
    monkeypatch.undo()
    postgres.restart()
    with open_gradebook(url) as book:
        assert len(book.students) == writing.BATCH  # the first batch whole, nothing of the second
    write(made, url)
    assert agree(url, made) == 35 * len(made.infos)


KILLED = """
import os, signal, sys
from autograder import gradebook
from autograder.gradebook import writing
from autograder.gradebook.rows import Batch

real, batches = Batch._remember, []
def dying(self):
    real(self)  # all rows of the batch are written, none is committed
    batches.append(1)
    if len(batches) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Batch._remember = dying
from autograder.cli import main
sys.exit(main(["gradebook", *sys.argv[1:]]))
"""


def test_a_writer_that_is_killed_leaves_whole_batches(made, url):
    for number in range(35):
        made.add(f"s{number:02}")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, made.out, url, "--course-dir", made.folder / "nbgrader"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    with open_gradebook(url) as book:
        assert len(book.students) == writing.BATCH
    write(made, url)
    assert agree(url, made) == 35 * len(made.infos)


def test_two_writers_at_once_come_one_after_the_other(made, tmp_path):
    for number in range(5):
        made.add(f"s{number:02}")
    url = str(tmp_path / "gradebook.db")
    command = [sys.executable, "-m", "autograder", "gradebook", made.out, url, "--course-dir"]
    both = [
        subprocess.Popen(
            [*command, made.folder / name], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "other")
    ]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(" 0 grades new or changed" in text for text in said) == 1
    assert agree(url, made) == 5 * len(made.infos)


def test_a_gradebook_is_opened_without_another_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")  # `Gradebook` alone would run alembic
    with open_gradebook(str(tmp_path / "a.db")) as book:
        assert book.students == []
        book.update_or_create_assignment("conv", duedate=datetime.datetime(2026, 3, 1))
    with open_gradebook(f"sqlite:///{tmp_path / 'a.db'}") as book:
        assert [a.name for a in book.assignments] == ["conv"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://x", "no driver for a gradebook at nosuch://"),
        ("sqlite://", "a gradebook in memory is gone at once"),
        ("no/such/folder/a.db", "does not exist: make the folder first"),
        ("postgresql+psycopg://a:secret@/x?host=/no/such", r"a:\*\*\*@.* could not be opened"),
    ],
)
def test_a_wrong_url_is_said_in_a_line(url, said):
    with pytest.raises(UsageProblem, match=said) as raised:
        gradebook.stamp(check_url(url))
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_assignments_of_nbgraders_own_are_left_alone(made, tmp_path):
    made.add("anna")
    url = str(tmp_path / "gradebook.db")
    with open_gradebook(url) as book:
        book.update_or_create_assignment(NAME)
        book.update_or_create_notebook("theirs", NAME)
        book.add_grade_cell("q1", "theirs", NAME, max_score=3, cell_type="code")
    with pytest.raises(UsageProblem, match="cells of nbgrader's own notebook 'theirs'"):
        write(made, url)


def test_another_database_and_another_version_are_refused(made, tmp_path):
    import sqlite3

    made.add("anna")
    for name, table in (("other", "songs"), ("old", "alembic_version")):
        with sqlite3.connect(tmp_path / f"{name}.db") as connection:
            connection.execute(f"CREATE TABLE {table} (version_num TEXT)")
    with pytest.raises(UsageProblem, match="none of a gradebook's"):
        write(made, str(tmp_path / "other.db"))
    with pytest.raises(UsageProblem, match="run `nbgrader db upgrade"):
        write(made, str(tmp_path / "old.db"))
