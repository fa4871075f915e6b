"""When a submission was handed in, how late that is, and what is wrong in the staff's tables."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import UsageProblem
from autograder.intake.handed_in import FILES, Times, times_of
from autograder.intake.layouts import GRADESCOPE
from autograder.records.attempts import Attempt
from autograder.records.lateness import lateness, read_extensions
from autograder.rules import LateRules

DUE = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


def attempt(hours: float, code: str = "same", points: float = 10) -> Attempt:
    result = {
        "student": "anna",
        "submission": {"hash": code},
        "components": {"conv": {"points": points, "max_points": 50}},
    }
    return Attempt(result, Times("Gradescope", {"": DUE + hours * HOUR}), {"conv": code})


@pytest.fixture
def ruled(course: Course) -> Course:
    return replace(course, late=LateRules(per_day=10, at_most=30, grace_minutes=15))


@pytest.mark.parametrize(
    ("hours", "days", "penalty"),
    [(-1, 0, 0), (0.2, 0, 0), (0.3, 1, 5), (24, 1, 5), (24.1, 2, 10), (99, 5, 10), (999, 42, 10)],
)
def test_each_day_begun_costs_its_share_up_to_what_was_earned(ruled, hours, days, penalty):
    conv = replace(ruled.component("conv"), due=DUE)
    late = lateness(ruled, conv, attempt(hours), [], {})
    assert (late.days, late.penalty, late.points) == (days, penalty, 10)
    assert late.full == min(5 * days, 15)


def test_an_extension_moves_the_due_date(ruled):
    conv = replace(ruled.component("conv"), due=DUE)
    for extensions, days in (
        ({"anna": {"": 1.0}}, 1),
        ({"anna": {"": 1.0, "conv": 2.0}}, 0),
        ({"anna": {"pool": 2.0}}, 2),
        ({"boris": {"": 2.0}}, 2),
    ):
        assert lateness(ruled, conv, attempt(47), [], extensions).days == days


def test_code_that_has_not_changed_was_handed_in_when_it_was_first(ruled):
    conv = replace(ruled.component("conv"), due=DUE)
    now = attempt(100)
    assert lateness(ruled, conv, now, [attempt(-5), now], {}).days == 0
    assert lateness(ruled, conv, now, [attempt(-5, "another"), now], {}).days == 5
    assert lateness(ruled, ruled.component("conv"), now, [], {}) is None  # nothing is due


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("student,day\nanna,1\n", "line 1: unknown column 'day'; did you mean days"),
        ("student\nanna\n", "line 1: the column 'days' is missing"),
        ("student,days\nanna,two\n", "line 2: days is 'two'; write a number"),
        ("student,days\nanna,-1\n", "line 2: days is '-1'"),
        ("student,days\nanna,nan\n", "line 2: days is 'nan'"),
        ("student,days\n\nanna,1\nanna,2\n", "line 4: a second extension"),
        ("student,component,days\nanna,cnov,1\n", "line 2: no component 'cnov'; did you mean conv"),
        ("student,days\n,1\n", "line 2: 'student' is empty"),
        ("student,days\nanna,1,2\n", "line 2: more cells than columns"),
    ],
)
def test_a_wrong_extension_is_said_with_its_line(course, tmp_path, table, said):
    path = tmp_path / "extensions.csv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(UsageProblem, match=said):
        read_extensions(replace(course, late=LateRules(extensions=path)))


def test_extensions_as_a_spreadsheet_saves_them(course, tmp_path):
    path = tmp_path / "extensions.csv"
    text = "student, component, days\r\nЁлкина Дарья, , 2\r\nanna, conv, 0.5\r\n"
    path.write_text(text, encoding="utf-8-sig")
    assert read_extensions(replace(course, late=LateRules(extensions=path))) == {
        "Ёлкина Дарья": {"": 2.0},
        "anna": {"conv": 0.5},
    }
    with pytest.raises(UsageProblem, match=r"is not there, and course\.toml names it"):
        read_extensions(replace(course, late=LateRules(extensions=tmp_path / "no.csv")))


def folder_of(root: Path, student: str, component: str = "") -> Path:
    path = root / student / component / "nn" / "conv.py"
    path.parent.mkdir(parents=True)
    path.write_text("")
    os.utime(path, (DUE.timestamp(), DUE.timestamp()))
    return root / student


def test_times_of_files_are_the_last_resort(course, tmp_path):
    path = folder_of(tmp_path, "anna")
    found = times_of(course, tmp_path)("anna", path)
    assert (found.source, found.of("conv")) == (FILES, DUE)
    # Copied later, it is still the submission that was there first.
    assert Times(FILES, {"": DUE + HOUR}).after(found) == found
    (tmp_path / "handed_in.csv").write_text("student,handed_in\nanna,2026-03-02T10:00:00+03:00\n")
    listed = times_of(course, tmp_path)("anna", path)
    assert (listed.source, listed.of("conv")) == ("handed_in.csv", DUE - 5 * HOUR + 24 * HOUR)
    assert listed.after(found) == listed
    assert found.after(listed) == listed


def test_the_table_of_times_is_checked(course, tmp_path):
    (tmp_path / "handed_in.csv").write_text("student,handed_in\nanna,2026-03-02 10:00\n")
    with pytest.raises(UsageProblem, match="line 2: handed_in is '2026-03-02 10:00': write a time"):
        times_of(course, tmp_path)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("2026-03-01 12:00:00.000000 UTC", 0),
        ("2026-03-01 12:00:00 Europe/Moscow", -3),
        ("2026-03-01 12:00:00", 0),
    ],
)
def test_nbgraders_timestamps_are_of_each_assignment(course, tmp_path, written, hours):
    (tmp_path / "nbgrader_config.py").write_text("")
    path = folder_of(tmp_path / "submitted", "anna", "ps1")
    (path / "ps1" / "timestamp.txt").write_text(f"{written}\n")
    pool = path / "pool"
    pool.mkdir()
    (pool / "timestamp.txt").write_text("2026-03-09 12:00:00 UTC")
    found = times_of(course, tmp_path)("anna", path)
    assert found.source == "timestamp.txt"
    assert found.of("conv") == DUE + hours * HOUR
    assert found.of("pool") == found.of("lenet") == DUE + 8 * 24 * HOUR
    (pool / "timestamp.txt").write_text("yesterday")
    with pytest.raises(UsageProblem, match=r"timestamp.txt holds no time \('yesterday'\)"):
        times_of(course, tmp_path)("anna", path)


def test_a_students_own_timestamp_counts_for_nothing(course, tmp_path):
    path = folder_of(tmp_path, "anna", "conv")
    (path / "conv" / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    assert times_of(course, tmp_path)("anna", path).source == FILES


def test_gradescope_says_when(course, tmp_path):
    path = folder_of(tmp_path, "submission_1")
    text = "submission_1:\n  :created_at: 2026-03-01 12:00:00.000000000 Z\n"
    (tmp_path / GRADESCOPE).write_text(text)
    assert times_of(course, tmp_path)("anna", path) == Times("Gradescope", {"": DUE})
