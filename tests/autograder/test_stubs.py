"""Stubs are a pure function of the solution, and a near miss of a marker is refused."""

import pytest

from autograder.authoring.stubs import find_regions, make_stub
from autograder.errors import CourseProblem

SOURCE = '''"""A module."""

import numpy as np

# BEGIN SOLUTION
from itertools import chain
# END SOLUTION


def double(x):
    """Twice x."""
    # BEGIN SOLUTION
    y = 2 * x
    return y
    # END SOLUTION


class Net:
    def forward(self, x):
        y = x + 1
        # BEGIN SOLUTION
        return double(y)
        # END SOLUTION
'''


def test_a_region_becomes_an_exception_that_names_the_function():
    stub = make_stub(SOURCE, "f.py")
    assert 'raise NotImplementedError("double")' in stub
    assert 'raise NotImplementedError("Net.forward")' in stub
    assert "2 * x" not in stub
    assert "return double(y)" not in stub


def test_a_region_outside_a_function_is_left_out():
    assert "itertools" not in make_stub(SOURCE, "f.py")


def test_what_stands_outside_the_regions_stays_to_the_letter():
    stub = make_stub(SOURCE, "f.py")
    for line in ('"""Twice x."""', "import numpy as np", "        y = x + 1"):
        assert line in stub


def test_the_stub_is_python_and_raises():
    names: dict[str, object] = {}
    exec(compile(make_stub(SOURCE, "f.py"), "f.py", "exec"), names)
    with pytest.raises(NotImplementedError, match=r"^double$"):
        names["double"](1)  # type: ignore[operator]


def test_the_same_source_gives_the_same_bytes():
    assert make_stub(SOURCE, "f.py") == make_stub(SOURCE, "f.py")


def test_a_second_region_of_one_function_adds_no_second_exception():
    source = (
        "def f(x):\n    # BEGIN SOLUTION\n    x = 1\n    # END SOLUTION\n    y = x\n"
        "    # BEGIN SOLUTION\n    return y\n    # END SOLUTION\n"
    )
    stub = make_stub(source, "f.py")
    assert stub.count("raise NotImplementedError") == 1
    assert "return y" not in stub


@pytest.mark.parametrize(
    "marker",
    [
        "### BEGIN SOLUTION",
        "#BEGIN SOLUTION",
        "# BEGIN SOLUTION here",
        "# begin solution",
        "# BEGIN  SOLUTION",
        "# BEGIN SOLUTIONS",
        "# BEGIN_SOLUTION",
        "#  BEGIN SOLUTION",
        "x = 1  # BEGIN SOLUTION",
        "# END SOLUTION.",
        "# End Solution",
    ],
)
def test_a_near_miss_of_a_marker_is_refused_with_its_line(marker):
    source = f"def f(x):\n    {marker}\n    return x\n"
    with pytest.raises(CourseProblem, match=r"f\.py:2: .*nearly a marker"):
        make_stub(source, "f.py")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(x):\n    # BEGIN SOLUTION\n    return x\n", "without an '# END SOLUTION'"),
        ("def f(x):\n    return x\n    # END SOLUTION\n", "without a '# BEGIN SOLUTION'"),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    # BEGIN SOLUTION\n    return x\n    "
            "# END SOLUTION\n",
            "inside the region of line 2",
        ),
        ("def f(x):\n    # BEGIN SOLUTION\n    # END SOLUTION\n    return x\n", "an empty region"),
        ("def f(x:\n    pass\n", "the solution is no Python"),
        (
            "def f(x):\n    if x:\n    # BEGIN SOLUTION\n        return 1\n    # END SOLUTION\n",
            "its stub is no Python",
        ),
    ],
)
def test_markers_that_do_not_pair_are_refused(source, said):
    with pytest.raises(CourseProblem, match=said):
        make_stub(source, "f.py")


def test_a_marker_in_a_deeper_function_belongs_to_the_outer_one():
    source = (
        "def outer(x):\n    def inner(y):\n        # BEGIN SOLUTION\n        return y\n"
        "        # END SOLUTION\n    return inner(x)\n"
    )
    assert find_regions(source, "f.py")[0].function == "outer"


def test_a_region_outside_a_function_leaves_no_gap():
    helper = "# BEGIN SOLUTION\ndef _help():\n    return 1\n\n\n# END SOLUTION\n"
    body = "    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n"
    source = f"A = 1\n\n{helper}\n\ndef f():\n{body}\n\n{helper}"
    stub = make_stub(source, "a.py")
    assert stub == 'A = 1\n\n\ndef f():\n    raise NotImplementedError("f")\n'
