"""The pytest plugin as a student meets it: a folder, a terminal, an exit status."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOUBLE = '{"parameters": ["x"], "returns": "array", "shown": "Array"}'
RELEASE = {
    "version": "1.0",
    "suite": "abc",
    "components": {
        name: {
            "title": title,
            "functions": {
                "double": json.loads(DOUBLE),
                "half": json.loads(DOUBLE),
                "pair": {
                    "parameters": ["x"],
                    "returns": ["tuple", "array", "opaque"],
                    "shown": "tuple[Array, Cache]",
                },
            },
            "hidden_tests": 7,
            "hidden_points": 20,
        }
        for name, title in (("toy", "A toy"), ("other", "Another"))
    },
}
HEAD = """
    import numpy as np
    import pytest
    from shared import check_close, check_unchanged, points

"""
RIGHT = """
    def double(x):
        return 2 * x

    def half(x):
        return x / 2

    def pair(x):
        return x, x
"""
TESTS = """
    @points(2, hint="Add x to itself.")
    def test_double(student, rng):
        \"\"\"double(x) is 2x.\"\"\"
        x = rng.standard_normal((2, 3))
        check_close(student.double(x), 2 * x, what="y")

    @points(3, hint="Divide.", needs=("test_double",))
    def test_half(student):
        \"\"\"half undoes double.\"\"\"
        check_close(student.half(student.double(np.ones(3))), np.ones(3), what="y")
"""


@pytest.fixture
def run(tmp_path):
    """Run pytest in a student's folder: run(nn/toy.py, tests/test_toy.py, *options)."""
    shutil.copytree(
        ROOT / "shared", tmp_path / "shared", ignore=shutil.ignore_patterns("__pycache__")
    )

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    write("conftest.py", 'pytest_plugins = ["shared.plugin"]\n')
    write("pytest.ini", "[pytest]\npythonpath = .\naddopts = --import-mode=importlib\n")
    write("nn/__init__.py", "")
    write("tests/release.json", json.dumps(RELEASE))

    def run(source, tests, *options, **more):
        write("nn/toy.py", source)
        write("tests/test_toy.py", textwrap.dedent(HEAD) + textwrap.dedent(tests))
        for name, text in more.items():
            write(f"nn/{name}.py", source)
            write(f"tests/test_{name}.py", textwrap.dedent(HEAD) + textwrap.dedent(text))
        environment = {**os.environ, "COLUMNS": "120", "PYTHONUTF8": "1", "NO_COLOR": "1"}
        environment.pop("PYTEST_ADDOPTS", None)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    run.folder = tmp_path
    return run


def _table(out):
    return re.findall(r"^ *(passed|failed|skipped|error|internal) +(\S+)  (.*)$", out, re.M)


def test_right_code_earns_every_point(run):
    status, out = run(RIGHT, TESTS)
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
    status, out = run(RIGHT.replace("2 * x", "-2 * x"), TESTS)
    assert status == 1
    assert "double(x) is 2x.  (2 points)" in out
    assert "called: double(x: (2, 3))" in out
    assert "`y` is wrong. Worst at index (" in out
    assert "the right answer with the opposite sign" in out
    assert "hint: Add x to itself." in out
    assert "run only this: pytest tests/test_toy.py::test_double" in out
    assert "plugin.py" not in out
    assert "Points of the local tests: 0/5." in out
    assert "All local tests pass" not in out


def test_what_needs_a_failed_test_is_skipped_and_says_so(run):
    _, out = run(RIGHT.replace("2 * x", "3 * x"), TESTS)
    assert _table(out)[1][:2] == ("skipped", "0/3")
    assert "half undoes double.  (after “double(x) is 2x.”)" in out


def test_what_needs_a_test_that_did_not_run_runs(run):
    status, out = run(RIGHT, TESTS, "-k", "test_half")
    assert (status, [row[:2] for row in _table(out)]) == (0, [("passed", "3/3")])


def test_an_exception_shows_the_students_traceback_and_no_frame_of_ours(run):
    status, out = run(RIGHT.replace("return 2 * x", "return x @ x"), TESTS)
    assert status == 1
    assert _table(out)[0][:2] == ("error", "0/2")
    assert "`double` raised ValueError at nn/toy.py, line 3." in out
    assert "return x @ x" in out
    assert "invoke.py" not in out
    assert 'test_toy.py", line' not in out


def test_stubs_are_in_the_table_and_not_a_page_of_failures(run):
    status, out = run(RIGHT.replace("return 2 * x", "raise NotImplementedError('double')"), TESTS)
    assert status == 1
    assert "double(x) is 2x.  (`double` is not written yet)" in out
    assert "FAILURES" not in out
    assert "hint:" not in out
    assert "1 unfinished" in out


def test_an_error_in_the_test_is_ours_and_is_said_loudly(run):
    broken = (
        TESTS
        + """
    @points(4, hint="None.")
    def test_broken(student):
        student.double(np.ones(2)).no_such_method()
    """
    )
    status, out = run(RIGHT, broken)
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
    status, out = run(RIGHT, tests)
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
    status, out = run(RIGHT.replace("2 * x", "1 / 0"), tests)
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
    status, out = run(RIGHT, tests)
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
    wrong_for_two = RIGHT.replace("return 2 * x", "return 2 * x + (len(x) == 2)")
    _, out = run(wrong_for_two, tests)
    assert _table(out)[:3] == [
        ("passed", "1/1", "Any size. [one]"),
        ("failed", "0/1", "Any size. [a pair]"),
        ("passed", "1/1", "Any size. [three]"),
    ]
    assert _table(out)[3][0] == "skipped"
    # What is to be pasted into a shell has to survive it.
    assert 'run only this: pytest "tests/test_toy.py::test_sizes[a pair]"' in out


def test_the_case_of_a_hidden_test_is_not_told():
    def title(folder):
        item = SimpleNamespace(
            get_closest_marker=lambda name: points(1, hint="").__closure__[0].cell_contents.mark,
            function=test_components_with_tests_of_one_name_are_kept_apart,
            name="test_x[1e-3]",
            path=Path(folder, "test_toy.py"),
        )
        return info_of(item).title

    assert title("suites") == "test_x[1e-3]"


def test_components_with_tests_of_one_name_are_kept_apart(run):
    same = """
    @points(5, hint="Here.")
    def test_double(student):
        check_close(student.double(np.ones(2)), 9 * np.ones(2), what="y")
    """
    _, out = run(RIGHT, TESTS, other=same)
    rows = [row[:2] for row in _table(out)]
    assert rows == [("failed", "0/5"), ("passed", "2/2"), ("passed", "3/3")]
    assert out.index("Another") < out.index("A toy")
    assert "Points of the local tests: 0/5." in out
    assert "Points of the local tests: 5/5." in out


def test_changed_arguments_are_a_note_on_a_failure_and_a_test_of_their_own(run):
    tests = (
        TESTS
        + """
    @points(1, hint="Copy.")
    def test_unchanged(student):
        student.double(np.ones(2))
        check_unchanged(student)
    """
    )
    in_place = RIGHT.replace("return 2 * x", "x *= 2\n        return x")
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
    _, out = run(RIGHT.replace("return x, x", "return None, x"), tests)
    assert [row[:2] for row in _table(out)] == [("failed", "0/1")]
    assert "`pair(…)[0]` is None." in out


@pytest.mark.parametrize(
    ("source", "verdict", "says"),
    [
        (
            "def double(x)\n    return x\n",
            "error",
            "nn/toy.py could not be loaded: SyntaxError at line 1.",
        ),
        (
            "import no_such\n",
            "error",
            "nn/toy.py could not be loaded: ModuleNotFoundError at line 1.",
        ),
        ("x = 1\n", "failed", "`double` is not in nn/toy.py."),
    ],
)
def test_a_file_that_does_not_load_is_told_in_one_sentence(run, source, verdict, says):
    status, out = run(source, TESTS)
    assert (status, _table(out)[0][:2]) == (1, (verdict, "0/2"))
    assert says in out
    assert "importlib" not in out.replace("import-mode", "")


def test_a_folder_without_nn_says_where_to_run(run):
    tests = TESTS
    run(RIGHT, tests, "--collect-only")
    shutil.rmtree(run.folder / "nn")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=run.folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 1
    assert "There is no `nn` package beside `tests`." in done.stdout


def test_a_missing_release_file_says_what_to_do(run):
    run(RIGHT, TESTS, "--collect-only")
    (run.folder / "tests" / "release.json").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=run.folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert done.returncode == 1
    assert "unpack the assignment's zip anew" in done.stdout


def test_data_is_drawn_by_the_tests_name_and_repeats(run):
    tests = """
    @points(1, hint="One.")
    @pytest.mark.parametrize("n", [1, 2])
    def test_draw(student, rng, n):
        print("drew", rng.random())
    """
    first, second = (re.findall("drew (.*)", run(RIGHT, tests, "-s")[1]) for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_points_are_a_known_mark(run):
    status, out = run(RIGHT, TESTS, "--strict-markers", "-W", "error")
    assert status == 0, out
