"""What a notebook writes into `nn/NAME.py`, and what it refuses to overwrite."""

from __future__ import annotations

import pytest

from shared.definitions import needed, read_pieces
from shared.merge import Edited, is_as_written, merge

STUB = '''"""Two functions."""

import numpy as np


def _pair(x):
    return x, x


def f(x):
    raise NotImplementedError("f")


def g(x):
    raise NotImplementedError("g")


# The end.
'''


def written(source, roots=("f", "g")):
    return needed(read_pieces(source), roots, written=False)


def body(text):
    return text.split("\n", 3)[3]


def test_a_function_takes_the_place_of_its_stub_and_the_rest_stays():
    new = merge("toy", STUB, written("def f(x):\n    return 2 * x"), is_released=True)
    assert is_as_written(new)
    assert body(new) == STUB.replace('    raise NotImplementedError("f")', "    return 2 * x")


def test_the_released_stub_is_left_alone_while_nothing_is_written():
    assert merge("toy", STUB, written(STUB), is_released=True) == STUB


def test_helpers_constants_and_imports_come_before_their_function():
    cells = "import math\nEPS = 1e-5\ndef _h(x): return x\ndef g(x): return _h(x) + EPS * math.pi"
    names = {}
    exec(merge("toy", STUB.replace("import numpy as np\n", ""), written(cells)), names)
    assert names["g"](0) == pytest.approx(3.14159e-5, rel=1e-5)


def test_without_a_file_the_notebook_is_all():
    new = merge("toy", None, written("def f(x):\n    return x"))
    assert body(new) == "def f(x):\n    return x\n"


def test_what_this_notebook_does_not_have_is_kept():
    first = merge("toy", STUB, written("def f(x):\n    return 1"), is_released=True)
    second = merge("toy", first, written("def g(x):\n    return 2"))
    assert "return 1" in second
    assert "return 2" in second
    assert second.count("def f(") == second.count("def g(") == 1


def test_the_notebook_has_its_way_with_what_it_wrote():
    first = merge("toy", STUB, written("def f(x):\n    return 1"), is_released=True)
    second = merge("toy", first, written("def f(x):\n    return 3"))
    assert "return 1" not in second
    assert is_as_written(second)


def test_an_empty_cell_never_replaces_a_written_function():
    text = STUB.replace('raise NotImplementedError("f")', "return 1")
    assert "return 1" in merge("toy", text, written(STUB))
    ours = merge("toy", text, written("def g(x):\n    return 2"))
    assert "return 1" in merge("toy", ours, written(STUB))


def test_what_was_edited_by_hand_is_not_overwritten():
    first = merge("toy", STUB, written("def f(x):\n    return 1"), is_released=True)
    edited = first.replace("return 1", "return 4")
    assert not is_as_written(edited)
    with pytest.raises(Edited) as error:
        merge("toy", edited, written("def f(x):\n    return 1"))
    assert error.value.names == ["f"]
    # Another function of the notebook goes in, and the one edited by hand stays.
    assert "return 4" in merge("toy", edited, written("def g(x):\n    return 2"))
    # Equal code is no conflict, and the file is the notebook's from then on.
    same = merge("toy", edited, written("def f(x):\n    # four\n    return 4"))
    assert "return 5" in merge("toy", same, written("def f(x):\n    return 5"))


def test_a_file_that_is_no_python_is_not_touched():
    with pytest.raises(SyntaxError):
        merge("toy", "def f(:", written("def f(x):\n    return 1"))


def test_line_ends_of_windows_are_no_edit():
    first = merge("toy", STUB, written("def f(x):\n    return 1"), is_released=True)
    assert is_as_written(first.replace("\n", "\r\n"))
    assert "return 2" in merge(
        "toy", first.replace("\n", "\r\n"), written("def f(x):\n    return 2")
    )


def test_a_table_at_the_end_stays_behind_its_functions():
    cells = "def f(x):\n    return 1\n\n\nTABLE = {'f': f}\n\n\ndef g(x):\n    return TABLE[x](x)"
    first = merge("toy", STUB, written(cells), is_released=True)
    second = merge("toy", first, written("def f(x):\n    return 7"))
    names = {}
    exec(second, names)
    assert names["g"]("f") == 7


def test_a_function_and_what_wraps_it_both_stay():
    cells = "def f(x):\n    return 1\n\n\n_f = f\n\n\ndef f(x):\n    return _f(x) + 1"
    text = merge("toy", STUB, written(cells), is_released=True)
    for more in ("def g(x):\n    return 2", "def g(x):\n    return 3"):
        names = {}
        exec(text, names)
        assert names["f"](0) == 2
        text = merge("toy", text, written(f"{cells}\n\n\n{more}"))
    edited = text.replace("return 3", "return 4")
    with pytest.raises(Edited) as error:
        merge("toy", edited, written(f"{cells}\n\n\n{more}"))
    assert error.value.names == ["g"]
