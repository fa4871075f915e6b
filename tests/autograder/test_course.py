"""course.toml: what is wrong is said with its place, before anything runs."""

import pytest

from autograder.course import Course, load_course
from autograder.errors import CourseProblem, UsageProblem
from autograder.stamps import SECRET_VARIABLE

GOOD = """
[course]
title = "A course"
version = "1.0"

[limits]
call_cpu = 1.0

[[component]]
name = "first"
title = "The first"
points = 10

[[component]]
name = "second"
title = "The second"
needs = ["first"]
limits = { call_cpu = 9.0 }
"""


def course_of(tmp_path, text) -> Course:
    (tmp_path / "course.toml").write_text(text, encoding="utf-8")
    return load_course(tmp_path)


def test_the_components_come_in_order_with_their_files(tmp_path):
    course = course_of(tmp_path, GOOD)
    assert course.names == ("first", "second")
    assert course.component("first").solution == tmp_path / "solutions" / "nn" / "first.py"
    assert course.limits_of(course.component("first")) == {"call_cpu": 1.0}
    assert course.limits_of(course.component("second")) == {"call_cpu": 9.0}
    assert (course.released, course.component("second").long_calls) == ((), ())


def test_released_components_and_long_calls_are_read(tmp_path):
    text = GOOD.replace('"1.0"', '"1.0"\nreleased = ["first"]')
    course = course_of(tmp_path, text.replace("limits = {", 'long_calls = ["fit"]\nlimits = {'))
    assert course.released == ("first",)
    assert course.component("second").long_calls == ("fit",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.replace("title = ", "titel = ", 1), "unknown key 'titel'; did you mean title"),
        (lambda t: t.replace("[limits]", "[limit]"), "unknown key 'limit'; did you mean limits"),
        (lambda t: t.replace("call_cpu = 1.0", "call_cpu = 0"), "must be a positive number"),
        (lambda t: t.replace("call_cpu = 1.0", "call_cpu = true"), "must be a positive number"),
        (lambda t: t.replace('"first"\ntitle', '"random"\ntitle'), "no module of the standard"),
        (lambda t: t.replace('"first"\ntitle', '"a-b"\ntitle'), "a Python identifier"),
        (lambda t: t.replace("points = 10", 'points = "ten"'), "points must be a number"),
        (lambda t: t.replace('needs = ["first"]', 'needs = ["third"]'), "needs 'third'"),
        (lambda t: t.replace('name = "second"', 'name = "first"'), "listed twice|does not come"),
        (lambda t: t.replace('["first"]', '"first"'), "`needs` is a list of names"),
        (
            lambda t: t.replace("limits = { ", "long_calls = [1]\nlimits = { "),
            "`long_calls` is a list",
        ),
        (lambda t: t.replace("[course]", "x = 1\n[course]"), "unknown key 'x'"),
        (lambda t: t.replace('"1.0"', '"1.0"\nreleased = ["frist"]'), "did you mean first"),
        (lambda t: t.replace("[course]", "[course"), "course.toml: "),
        (lambda t: t.replace('version = "1.0"', ""), "`version` is missing"),
        (lambda t: t + "due = 2026-03-01", "'second': due must be a day and a time with its zone"),
        (lambda t: t + "due = 2026-03-01T23:59:00", "due must be a day and a time with its zone"),
        (lambda t: t + "due = '2026-03-01T23:59:00Z'", "due must be a day and a time"),
        (
            lambda t: t.replace('"1.0"', '"1.0"\nattempts = "first"'),
            "attempts is one of last, best",
        ),
        (lambda t: t + "[late]\nper_day = 101", r"\[late\]: per_day must be a number of 0 to 100"),
        (lambda t: t + "[late]\nper_day = true", "per_day must be a number"),
        (lambda t: t + "[late]\nper_dya = 1", "unknown key 'per_dya'; did you mean per_day"),
        (lambda t: t + "[late]\ngrace_minutes = -1", "grace_minutes must be a number of 0 or more"),
        (lambda t: t + "[late]\nextensions = 3", "`extensions` is missing; it is a text"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, said):
    with pytest.raises(CourseProblem, match=said):
        course_of(tmp_path, change(GOOD))


def test_a_missing_course_says_where_to_be(tmp_path):
    with pytest.raises(CourseProblem, match="run from a checkout"):
        load_course(tmp_path)


def test_an_unknown_component_is_answered_with_near_names(tmp_path):
    course = course_of(tmp_path, GOOD)
    with pytest.raises(UsageProblem, match="did you mean second"):
        course.select(["secnod"])


def test_the_suite_hash_is_of_the_tests_alone(spoilable):
    before = load_course(spoilable).suite_hash()
    solution = spoilable / "solutions" / "nn" / "backprop.py"
    solution.write_text(solution.read_text() + "\n# a remark\n")
    assert load_course(spoilable).suite_hash() == before
    hidden = spoilable / "autograder" / "suites" / "test_backprop.py"
    hidden.write_text(hidden.read_text() + "\n# a remark\n")
    assert load_course(spoilable).suite_hash() != before


def test_a_due_date_is_no_reason_to_grade_again(spoilable):
    before = load_course(spoilable).grading_hash()
    path = spoilable / "course.toml"
    text = path.read_text(encoding="utf-8")
    dated = text.replace("per_day = 10", "per_day = 20").replace(
        'name = "conv"', 'name = "conv"\ndue = 2026-03-01T23:59:00+03:00'
    )
    assert dated.count("due = ") > text.count("due = ")
    path.write_text(dated, encoding="utf-8")
    assert load_course(spoilable).grading_hash() == before
    path.write_text(text.replace("points = 50", "points = 51"), encoding="utf-8")
    assert load_course(spoilable).grading_hash() != before


def test_results_of_another_secret_are_not_reused(course, monkeypatch):
    before = course.grading_hash()
    monkeypatch.setenv(SECRET_VARIABLE, "another one")
    assert course.grading_hash() != before
