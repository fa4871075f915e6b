"""Which definitions of cells are taken, and what they come to as a module."""

from __future__ import annotations

import builtins

import pytest

from shared.definitions import join, needed, read_pieces, same_code


def text(*cells, roots=("f",), written=True):
    pieces = [p for number, cell in enumerate(cells, 1) for p in read_pieces(cell, number)]
    return join(needed(pieces, roots, written=written))[0]


def module(*cells, **options):
    names = {"__builtins__": builtins}
    exec(text(*cells, **options), names)
    return names


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        (("def f():\n    return 1",), 1),
        # Helpers, constants and imports from cells of their own, in any order.
        (("def f():\n    return _g()", "def _g():\n    return 2"), 2),
        (("EPS = 3", "def f(a=EPS):\n    return a"), 3),
        (("import math as m", "def f():\n    return m.floor(4.5)"), 4),
        (("from math import *", "def f():\n    return floor(5.5)"), 5),
        # Several definitions: the last one; of what runs at once, the one before it.
        (("def f():\n    return 1", "def f():\n    return 6"), 6),
        (("A = 6", "B = A + 1", "def f():\n    return B", "A = 0"), 7),
        (("A = 0", "def f():\n    return A", "A = 8"), 8),
        # A stub does not undo what was written above it.
        (("def f():\n    return 9", "def f():\n    raise NotImplementedError('f')"), 9),
        # Tables, classes, decorators, conditions.
        (("T = {}", "T['a'] = 10", "def f():\n    return T['a']"), 10),
        (("n = 10", "n += 1", "def f():\n    return n"), 11),
        (("class C:\n    n = [K for _ in [0]]", "K = 12", "def f(): return 12"), 12),
        (("import functools", "@functools.cache\ndef f():\n    return 13"), 13),
        (("try:\n    import nothing_here as h\nexcept ImportError:\n    h = 14",
          "def f():\n    return h"), 14),
        (("a = 15; b = 2\ndef f(): return a",), 15),
        (("from __future__ import annotations", "def f(x: Unknown = 16):\n    return x"), 16),
        # What only a notebook understands.
        (("%matplotlib inline\n!ls\nhere = !pwd\nf?\ndef f():\n    return 17",), 17),
        (("%%time\ndef f():\n    return 18", "%%bash\ndef f("), 18),
    ],
)  # fmt: skip
def test_what_a_function_needs_comes_with_it(cells, answer):
    assert module(*cells)["f"]() == answer


def test_calls_trials_and_plots_are_left_out():
    taken = text(
        "print('hello')\nx = 1",
        "def f(x):\n    return x\n\nf(3)\nfor i in range(9):\n    print(f(i))",
        "import matplotlib.pyplot as plt\nplt.plot([f(1)])",
        "def other():\n    return f(2)",
    )
    assert taken == "def f(x):\n    return x\n"


def test_a_parameter_is_no_use_of_a_global_name():
    assert "trial" not in text("x = trial()", "def f(x):\n    y = x\n    return y")


def test_comments_stay_with_their_definition():
    cell = "# About f.\ndef f():\n    return 1\n    # The end of f.\n\n\n# About g.\ndef g(): pass"
    assert text(cell) == "# About f.\ndef f():\n    return 1\n    # The end of f.\n"


def test_each_line_knows_its_cell():
    pieces = read_pieces("EPS = 1\n", 3) + read_pieces("\n# c\n@d\ndef f():\n    return EPS", 5)
    lines, places = join(needed(pieces, ["f"]))
    named = dict(zip(lines.split("\n"), places, strict=False))
    assert named["EPS = 1"] == (3, 1)
    assert named["    return EPS"] == (5, 5)


def test_a_kernels_last_definition_may_be_a_stub():
    cells = ("def f():\n    return 1", "def f():\n    raise NotImplementedError")
    with pytest.raises(NotImplementedError):
        module(*cells, written=False)["f"]()


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "x = '\0'",
        "s = '\ud800'",
        "-" * 100_000 + "1",
        "a" + ".b" * 100_000,
        "1" + "+1" * 100_000,
        "f" + "()" * 50_000,
        "(" * 1_000 + ")" * 1_000,
        "if 1:\n    %%time\n    x = (",
    ],
    ids=range(9),
)
def test_what_cannot_be_read_is_a_syntax_error(source):
    with pytest.raises(SyntaxError):
        read_pieces(source)


def test_equal_code_is_equal_whatever_its_comments_and_order():
    one = read_pieces("# a\nimport math\n\n\ndef f(x):\n    '''Doc.'''\n    return  x # 1")
    two = read_pieces("def f(x):\n    return x\nimport math")
    assert same_code(one, two)
    assert not same_code(one, read_pieces("import math\ndef f(x):\n    return x + 1"))
