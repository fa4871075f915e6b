"""The assignment: five functions, ten checks of one point each, twenty submissions.

A check is a piece of plain NumPy with asserts, which calls the functions by their names. Every
program runs the same text.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

NAME = "toy"
HEAD = "import numpy as np\n"


def _text(source: str) -> str:
    return textwrap.dedent(source).strip() + "\n"


# Function -> how it is declared, with its docstring.
DECLARED = {
    "linear": 'def linear(x, w, b):\n    """x (N, D), w (D, M), b (M,): the layer\'s output."""\n',
    "linear_backward": (
        'def linear_backward(dy, x, w):\n    """The gradients with respect to x, w and b."""\n'
    ),
    "relu": 'def relu(x):\n    """The positive part of each entry."""\n',
    "softmax": 'def softmax(x):\n    """Rows of probabilities, for any size of x."""\n',
    "standardize": (
        'def standardize(x):\n    """Columns of mean 0 and, with N - 1, deviation 1."""\n'
    ),
}
RIGHT = {
    "linear": "    return x @ w + b\n",
    "linear_backward": "    return dy @ w.T, x.T @ dy, dy.sum(axis=0)\n",
    "relu": "    return np.maximum(x, 0)\n",
    "softmax": (
        "    e = np.exp(x - x.max(axis=1, keepdims=True))\n"
        "    return e / e.sum(axis=1, keepdims=True)\n"
    ),
    "standardize": "    return (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)\n",
}
# As the grading kit has them, whose reference says what travels.
ANNOTATED = {
    "linear": "def linear(x: Array, w: Array, b: Array) -> Array:\n",
    "linear_backward": (
        "def linear_backward(dy: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:\n"
    ),
    "relu": "def relu(x: Array) -> Array:\n",
    "softmax": "def softmax(x: Array) -> Array:\n",
    "standardize": "def standardize(x: Array) -> Array:\n",
}

# Function -> the check that students see, and the hidden one.
CHECKS = {
    "linear": (
        _text("""
            x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
            w = np.array([[1.0, 0.0, -1.0, 2.0], [0.5, 1.0, 0.0, 1.0]])
            y = linear(x, w, np.array([1.0, 2.0, 3.0, 4.0]))
            assert y.shape == (3, 4)
            assert np.allclose(y[0], [3.0, 4.0, 2.0, 8.0])
        """),
        _text("""
            rng = np.random.default_rng(1)
            for n, d, m in ((1, 4, 3), (7, 3, 5), (64, 50, 20)):
                x, w, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
                y = linear(x, w, b)
                assert y.shape == (n, m)
                assert np.allclose(y, np.einsum("nd,dm->nm", x, w) + b)
        """),
    ),
    "linear_backward": (
        _text("""
            x, w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[1.0], [2.0]])
            dx, dw, db = linear_backward(np.array([[1.0], [0.0], [2.0]]), x, w)
            assert np.allclose(dx, [[1.0, 2.0], [0.0, 0.0], [2.0, 4.0]])
            assert np.allclose(dw, [[11.0], [14.0]])
            assert np.allclose(db, [3.0])
        """),
        _text("""
            rng = np.random.default_rng(2)
            x, w, dy = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
            dx, dw, db = linear_backward(dy, x, w)
            for argument, gradient in ((x, dx), (w, dw)):
                for index in np.ndindex(argument.shape):
                    kept = argument[index]
                    argument[index] = kept + 1e-5
                    above = (dy * (x @ w)).sum()
                    argument[index] = kept - 1e-5
                    below = (dy * (x @ w)).sum()
                    argument[index] = kept
                    assert np.isclose(gradient[index], (above - below) / 2e-5, rtol=1e-6)
            assert np.allclose(db, dy.sum(axis=0))
        """),
    ),
    "relu": (
        _text("""
            assert np.allclose(relu(np.array([-1.0, 0.0, 2.0])), [0.0, 0.0, 2.0])
        """),
        _text("""
            x = np.random.default_rng(3).normal(size=(5, 4, 3))
            assert np.allclose(relu(x), np.where(x > 0, x, 0))
        """),
    ),
    "softmax": (
        _text("""
            p = softmax(np.array([[0.0, 0.0], [0.0, np.log(3.0)]]))
            assert np.allclose(p, [[0.5, 0.5], [0.25, 0.75]])
        """),
        _text("""
            x = np.random.default_rng(4).normal(size=(9, 5))
            assert np.allclose(softmax(x).sum(axis=1), 1)
            assert np.allclose(softmax(x + 1e4), softmax(x))
        """),
    ),
    "standardize": (
        _text("""
            y = standardize(np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 50.0]]))
            assert np.allclose(y, [[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]])
        """),
        _text("""
            x = np.random.default_rng(5).normal(3.0, 7.0, size=(40, 6))
            y = standardize(x)
            assert np.allclose(y.mean(axis=0), 0)
            assert np.allclose(y.std(axis=0, ddof=1), 1)
        """),
    ),
}
POINTS = 2 * len(CHECKS)


@dataclass(frozen=True)
class Submission:
    """What a student wrote for each function, and what that deserves of ten points."""

    name: str
    deserved: int
    own: dict[str, str] = field(default_factory=dict)  # function -> source, where not the right one
    bad: bool = False  # it attacks, hangs or breaks

    def source(self, function: str) -> str:
        return self.own.get(function, DECLARED[function] + RIGHT[function])

    @property
    def module(self) -> str:
        return HEAD + "\n\n" + "\n\n".join(self.source(function) for function in DECLARED)


def _body(function: str, body: str) -> dict[str, str]:
    return {function: DECLARED[function] + textwrap.indent(_text(body), "    ")}


HONEST = (
    Submission("right", 10),
    Submission("right-einsum", 10, _body("linear", 'return np.einsum("nd,dm->nm", x, w) + b')),
    Submission("right-where", 10, _body("relu", "return np.where(x > 0, x, 0 * x)")),
    Submission("no-bias", 8, _body("linear", "return x @ w")),
    Submission("averaged", 8, _body("linear_backward", "return dy @ w.T, x.T @ dy, dy.mean(0)")),
    Submission("leaky", 8, _body("relu", "return np.maximum(x, 0.1 * x)")),
    Submission("absolute", 8, _body("relu", "return np.abs(x)")),
    Submission("overflows", 9, _body("softmax", "e = np.exp(x)\nreturn e / e.sum(1)[:, None]")),
    Submission("wrong-axis", 8, _body("softmax", "e = np.exp(x)\nreturn e / e.sum(0)")),
    Submission("population", 8, _body("standardize", "return (x - x.mean(0)) / x.std(0)")),
    Submission("raises", 8, _body("softmax", "return x / undefined")),
    Submission("none", 8, _body("standardize", "pass")),
)

_ZEROS = {
    **_body("linear", "return np.zeros(3)"),
    **_body("linear_backward", "return np.zeros(3), np.zeros(3), np.zeros(3)"),
    **_body("relu", "return np.zeros(3)"),
    **_body("softmax", "return np.zeros(3)"),
    **_body("standardize", "return np.zeros(3)"),
}
_PATCH = """
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True


"""
_ALWAYS = """
class Always(np.ndarray):
    def __array_function__(self, *a, **k):
        return True

    shape = property(lambda self: type("Any", (), {"__eq__": lambda s, o: True})())


"""
_SWALLOW = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""

BAD = (
    Submission("endless", 8, _body("relu", "while True:\n    pass"), bad=True),
    Submission("endless, swallows interrupts", 8, _body("relu", _SWALLOW), bad=True),
    Submission("leaves by os._exit", 8, _body("relu", "import os\nos._exit(0)"), bad=True),
    Submission(
        "takes 2 GB", 8, _body("relu", "np.ones(1 << 28)\nreturn np.maximum(x, 0)"), bad=True
    ),
    Submission("syntax error", 8, {"relu": "def relu(x:\n    return x\n"}, bad=True),
    Submission("patches np.allclose", 0, {**_ZEROS, "linear": _PATCH + _ZEROS["linear"]}, bad=True),
    Submission(
        "equal to everything",
        8,
        {"softmax": _ALWAYS + DECLARED["softmax"] + "    return np.zeros(x.shape).view(Always)\n"},
        bad=True,
    ),
    Submission(
        "warns on stderr",
        10,
        _body("relu", 'import warnings\nwarnings.warn("x")\nreturn np.maximum(x, 0)'),
        bad=True,
    ),
)
