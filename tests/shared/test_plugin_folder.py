"""What the plugin says of a folder that is not as it should be, and of the data it draws."""

from __future__ import annotations

import re
import shutil

import pytest


def _table(out):
    return re.findall(r"^ *(passed|failed|skipped|error|internal) +(\S+)  (.*)$", out, re.M)


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
    status, out = run(source, run.tests)
    assert (status, _table(out)[0][:2]) == (1, (verdict, "0/2"))
    assert says in out
    assert "importlib" not in out.replace("import-mode", "")


def test_a_folder_without_nn_says_where_to_run(run):
    shutil.rmtree(run.folder / "nn")
    run.write("tests/test_toy.py", run.tests)
    status, out = run.pytest()
    assert (status, {row[0] for row in _table(out)}) == (1, {"failed", "skipped"})
    assert "There is no `nn` package beside `tests`." in out


def test_a_missing_release_file_says_what_to_do(run):
    (run.folder / "tests" / "release.json").unlink()
    status, out = run(run.right, run.tests)
    assert status == 1
    assert "unpack the assignment's zip anew" in out


def test_data_is_drawn_by_the_tests_name_and_repeats(run):
    tests = """
    @points(1, hint="One.")
    @pytest.mark.parametrize("n", [1, 2])
    def test_draw(student, rng, n):
        print("drew", rng.random())
    """
    first, second = (re.findall("drew (.*)", run(run.right, tests, "-s")[1]) for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_points_are_a_known_mark(run):
    status, out = run(run.right, run.tests, "--strict-markers", "-W", "error")
    assert status == 0, out


UNDER = """
@points(1, hint="Call other's double.", stands_on=("other",))
def test_above(student):
    \"\"\"double stands on another file.\"\"\"
    check_close(student.double(np.ones(3)), np.full(3, 2.0), what="y")
"""
OTHER = """
@points(1, hint="Add x to itself.")
def test_double_of_other(student):
    \"\"\"double(x) is 2x.\"\"\"
    check_close(student.double(np.ones(3)), np.full(3, 2.0), what="y")
"""
ABOVE = "from nn import other\n\ndef double(x):\n    return other.double(x)\n"


@pytest.mark.parametrize(
    ("below", "above", "verdict", "says"),
    [
        ("return 2 * x", ABOVE, "passed", ""),
        ("return 3 * x", ABOVE, "skipped", "`other` does not work yet"),
        ("raise NotImplementedError('double')", ABOVE, "skipped", "`other` does not work yet"),
        ("return 2 * x", "def double(x):\n    return x\n", "failed", ""),
        (
            "return 3 * x",
            "def double(x):\n    raise NotImplementedError\n",
            "failed",
            "not written",
        ),
    ],
)
def test_a_failure_over_another_component_is_skipped_and_says_on_what(
    run, below, above, verdict, says
):
    run.write("nn/other.py", f"def double(x):\n    {below}\n")
    run.write("tests/test_other.py", OTHER)
    run.write("nn/toy.py", above)
    run.write("tests/test_toy.py", UNDER)
    _, out = run.pytest("tests/test_toy.py")
    row = _table(out)[0]
    assert row[0] == verdict
    assert says in row[2]


def test_explain_draws_what_is_wrong_and_takes_back_what_is_right_again(run):
    wrong = run.right.replace("2 * x", "3 * x")
    status, out = run(wrong, run.tests, "--explain", "--lang", "en")
    path = run.folder / "explain" / "toy" / "test_double.svg"
    assert status == 1
    assert "picture: explain/toy/test_double.svg" in out
    assert "y, shape (2, 3); framed" in path.read_text(encoding="utf-8")
    _, out = run(wrong, run.tests, "--explain", "--lang", "ru")
    assert "рисунок: explain/toy/test_double.svg" in out
    assert "разность" in path.read_text(encoding="utf-8")
    status, out = run(run.right, run.tests, "--explain")
    assert status == 0
    assert "explain/" not in out
    assert not path.exists()


def test_nothing_is_drawn_unless_it_is_asked_for(run):
    _, out = run(run.right.replace("2 * x", "3 * x"), run.tests, "--lang", "en")
    assert "picture" not in out
    assert not (run.folder / "explain").exists()
