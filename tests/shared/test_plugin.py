"""The pytest plugin as a student meets it: a folder, a terminal, an exit status."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.plugin import info_of


def _table(out):
    return re.findall(r"^ *(passed|failed|skipped|error|internal) +(\S+)  (.*)$", out, re.M)


def test_right_code_earns_every_point(run):
    status, out = run(run.right, run.tests)
    assert status == 0
    assert _table(out) == [
        ("passed", "2/2", "double(x) is 2x."),
        ("passed", "3/3", "half undoes double."),
    ]
    assert "A toy" in out
    assert "Points of the local tests: 5/5." in out
    assert "7 hidden tests worth 20 points run at grading." in out
    assert "All local tests pass." in out


def test_a_failure_tells_the_property_the_call_the_finding_and_the_hint(run):
    status, out = run(run.right.replace("2 * x", "-2 * x"), run.tests)
    assert status == 1
    assert "double(x) is 2x.  (0/2 points)" in out
    assert "called: double(x: (2, 3))" in out
    assert "`y` is wrong. Worst at index (" in out
    assert "the right answer with the opposite sign" in out
    assert "hint: Add x to itself." in out
    assert "run only this: pytest tests/test_toy.py::test_double" in out
    assert "plugin.py" not in out
    assert "Points of the local tests: 0/5." in out
    assert "All local tests pass" not in out


def test_what_needs_a_failed_test_is_skipped_and_says_so(run):
    _, out = run(run.right.replace("2 * x", "3 * x"), run.tests)
    assert _table(out)[1][:2] == ("skipped", "0/3")
    assert "half undoes double.  (after “double(x) is 2x.”)" in out


def test_what_needs_a_test_that_did_not_run_runs(run):
    status, out = run(run.right, run.tests, "-k", "test_half")
    assert (status, [row[:2] for row in _table(out)]) == (0, [("passed", "3/3")])


def test_an_exception_shows_the_students_traceback_and_no_frame_of_ours(run):
    status, out = run(run.right.replace("return 2 * x", "return x @ x"), run.tests)
    assert status == 1
    assert _table(out)[0][:2] == ("error", "0/2")
    assert "`double` raised ValueError at nn/toy.py, line 3." in out
    assert "return x @ x" in out
    assert out.count("ValueError: ") == out.count("return x @ x"), "each is told once"
    assert "invoke.py" not in out
    assert 'test_toy.py", line' not in out


def test_stubs_are_in_the_table_and_not_a_page_of_failures(run):
    status, out = run(
        run.right.replace("return 2 * x", "raise NotImplementedError('double')"), run.tests
    )
    assert status == 1
    assert "double(x) is 2x.  (`double` is not written yet)" in out
    assert "FAILURES" not in out
    assert "hint:" not in out
    assert "1 unfinished" in out


def test_an_error_in_the_test_is_ours_and_is_said_loudly(run):
    broken = (
        run.tests
        + """
    @points(4, hint="None.")
    def test_broken(student):
        student.double(np.ones(2)).no_such_method()
    """
    )
    status, out = run(run.right, broken)
    assert status == 1
    assert _table(out)[2] == ("internal", "0/4", "test_broken")
    assert "AttributeError" in out
    assert "Points of the local tests: 5/9." in out


def test_a_plain_assertion_is_a_failure_of_the_students(run):
    tests = """
    @points(1, hint="Twice.")
    def test_sum(student):
        assert student.double(np.ones(2)).sum() == 5
    """
    status, out = run(run.right, tests)
    assert (status, _table(out)) == (1, [("failed", "0/1", "test_sum")])
    assert "The property does not hold." in out


def test_an_error_in_a_fixture_is_told_and_judged(run):
    tests = """
    @pytest.fixture
    def broken():
        raise RuntimeError("no data")

    @pytest.fixture
    def doubled(student):
        return student.double(np.ones(2))

    @points(1, hint="One.")
    def test_broken(student, broken):
        pass

    @points(2, hint="Two.")
    def test_doubled(doubled):
        pass
    """
    status, out = run(run.right.replace("2 * x", "1 / 0"), tests)
    assert status == 1
    assert [row[:2] for row in _table(out)] == [("internal", "0/1"), ("error", "0/2")]
    assert "no data" in out
    assert "`double` raised ZeroDivisionError at nn/toy.py, line 3." in out


def test_an_error_after_a_test_takes_its_points_back(run):
    tests = """
    @pytest.fixture
    def leaves():
        yield
        raise RuntimeError("on the way out")

    @points(1, hint="One.")
    def test_one(student, leaves):
        pass
    """
    status, out = run(run.right, tests)
    assert (status, [row[:2] for row in _table(out)]) == (1, [("internal", "0/1")])


def test_each_case_of_a_parametrised_test_has_points_and_a_line_of_its_own(run):
    tests = """
    @points(1, hint="All sizes.")
    @pytest.mark.parametrize("n", [1, 2, 3], ids=["one", "a pair", "three"])
    def test_sizes(student, n):
        \"\"\"Any size.\"\"\"
        check_close(student.double(np.ones(n)), 2.0 * np.ones(n), what="y")

    @points(1, hint="Next.", needs=("test_sizes",))
    def test_next(student):
        pass
    """
    wrong_for_two = run.right.replace("return 2 * x", "return 2 * x + (len(x) == 2)")
    _, out = run(wrong_for_two, tests)
    assert _table(out)[:3] == [
        ("passed", "1/1", "Any size. [one]"),
        ("failed", "0/1", "Any size. [a pair]"),
        ("passed", "1/1", "Any size. [three]"),
    ]
    assert _table(out)[3][0] == "skipped"
    # What is to be pasted into a shell has to survive it.
    assert 'run only this: pytest "tests/test_toy.py::test_sizes[a pair]"' in out


@pytest.mark.parametrize(
    ("folder", "doc", "title"),
    [
        ("tests", "Any size.\n\nMore.", "Any size. [1e-3]"),
        ("tests", None, "test_size [1e-3]"),
        ("suites", "Any size.", "Any size."),
        ("suites", None, "test_size"),
    ],
)
def test_the_title_names_the_case_but_of_a_hidden_test(folder, doc, title):
    item = SimpleNamespace(
        get_closest_marker=lambda name: SimpleNamespace(args=(1,), kwargs={"hint": ""}),
        function=SimpleNamespace(__doc__=doc),
        name="test_size[1e-3]",
        path=Path(folder, "test_toy.py"),
    )
    assert info_of(item).title == title


def test_components_with_tests_of_one_name_are_kept_apart(run):
    same = """
    @points(5, hint="Here.")
    def test_double(student):
        check_close(student.double(np.ones(2)), 9 * np.ones(2), what="y")
    """
    _, out = run(run.right, run.tests, other=same)
    rows = [row[:2] for row in _table(out)]
    assert rows == [("failed", "0/5"), ("passed", "2/2"), ("passed", "3/3")]
    assert out.index("Another") < out.index("A toy")
    assert "Points of the local tests: 0/5." in out
    assert "Points of the local tests: 5/5." in out


def test_changed_arguments_are_a_note_on_a_failure_and_a_test_of_their_own(run):
    tests = (
        run.tests
        + """
    @points(1, hint="Copy.")
    def test_unchanged(student):
        student.double(np.ones(2))
        check_unchanged(student)
    """
    )
    in_place = run.right.replace("return 2 * x", "x *= 2\n        return x")
    _, out = run(in_place, tests)
    assert [row[0] for row in _table(out)] == ["passed", "passed", "failed"]
    assert "`double` changed its argument `x`." in out
    assert "By the way" not in out
    _, out = run(in_place.replace("x *= 2", "x *= 3"), tests)
    assert "By the way: `double` also changed its argument `x`." in out


def test_a_result_that_cannot_be_calculated_with_is_the_students_failure(run):
    tests = """
    @points(1, hint="Return it.")
    def test_pair(student):
        y, _ = student.pair(np.ones(2))
        check_close(np.sum(y * y), np.float64(2), what="loss")
    """
    _, out = run(run.right.replace("return x, x", "return None, x"), tests)
    assert [row[:2] for row in _table(out)] == [("failed", "0/1")]
    assert "`pair(…)[0]` is None." in out
