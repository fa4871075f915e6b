"""Local tests of `nn/activations.py`. Run them with ``pytest tests/test_activations.py``.

The numbers of the worked example are those of the handout. Gradients are compared with numerical
differences of your own forward.
"""

from itertools import pairwise

import numpy as np

from shared import (
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_silent,
    check_unchanged,
    numerical_gradient,
    points,
    upstream_of_ones,
)

LN2, LN3 = np.log(2.0), np.log(3.0)  # tanh(ln 3) = 4/5, exp(-ln 2) - 1 = -1/2


def output(student, function, *args, shape, **options):
    """What a forward returns first, once it is known to be an array of that shape."""
    return check_array(getattr(student, function)(*args, **options)[0], what="y", shape=shape)


def draw(rng, shape):
    """Numbers on both sides of 0 and not close to it, where a curve may have a kink."""
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([1.0, -1.0], size))
    return (signs * rng.uniform(0.2, 3.0, size=size)).reshape(shape)


def check_backward(student, rng, kind, **options):
    """Hold a backward against differences of its forward, with a random upstream."""
    for shape in ((3, 5), (1, 4), (2, 3, 4), (6,)):
        x, dy = draw(rng, shape), rng.normal(size=shape)
        y, cache = getattr(student, f"{kind}_forward")(x, **options)
        check_array(y, what="y", shape=shape)

        def loss(v, dy=dy):
            return np.sum(dy * output(student, f"{kind}_forward", v, shape=dy.shape, **options))

        dx = getattr(student, f"{kind}_backward")(dy, cache)
        check_gradient(loss, x, dx, rng, what="dx", clues=upstream_of_ones(loss, x, dy))


# Tanh


@points(1, hint="tanh(0) = 0, tanh(ln 3) = 4/5, and the curve is odd. NumPy has it.")
def test_tanh_forward_known_values(student):
    """tanh_forward: values known by hand, at -1000 and +1000 too"""
    x = np.array([[0.0, LN3, -LN3], [LN2, -1000.0, 1000.0]])
    y, _ = student.tanh_forward(x)
    check_close(y, np.array([[0.0, 0.8, -0.8], [0.6, -1.0, 1.0]]), what="y")


@points(
    1,
    hint="The upstream dy times the slope of tanh, which follows from its output.",
    needs=("test_tanh_forward_known_values",),
)
def test_tanh_backward_matches_differences(student, rng):
    """tanh_backward: dx matches numerical differences"""
    check_backward(student, rng, "tanh")


# ReLU


@points(2, hint="Where the input was above 0 the upstream passes whole, elsewhere nothing does.")
def test_relu_worked_example(student):
    """relu_forward, relu_backward: worked by hand"""
    x = np.array([[3.0, -2.0, 0.5], [-0.25, -4.0, 1.5]])
    y, cache = student.relu_forward(x)
    check_close(y, np.array([[3.0, 0.0, 0.5], [0.0, 0.0, 1.5]]), what="y")
    dx = student.relu_backward(np.array([[-1.0, 2.0, 0.25], [4.0, -3.0, -0.5]]), cache)
    check_close(dx, np.array([[-1.0, 0.0, 0.25], [0.0, 0.0, -0.5]]), what="dx")


# ELU


@points(1, hint="Above 0 the input itself, whatever alpha; below 0 alpha times (exp(x) - 1).")
def test_elu_forward_known_values(student):
    """elu_forward: values known by hand, with alpha 1 and 0.5"""
    x = np.array([[2.0, -LN2, 0.0], [-LN3, 0.25, -2 * LN2]])
    y, _ = student.elu_forward(x)
    check_close(y, np.array([[2.0, -0.5, 0.0], [-2 / 3, 0.25, -0.75]]), what="y")
    y, _ = student.elu_forward(x, alpha=0.5)
    check_close(y, np.array([[2.0, -0.25, 0.0], [-1 / 3, 0.25, -0.375]]), what="y with alpha 0.5")


@points(
    1.5,
    hint="Below 0 differentiate alpha * (exp(x) - 1): alpha stays, and the cache must know it.",
    needs=("test_elu_forward_known_values",),
)
def test_elu_backward_matches_differences(student, rng):
    """elu_backward: dx matches numerical differences, with alpha 1 and 0.5"""
    check_backward(student, rng, "elu")
    check_backward(student, rng, "elu", alpha=0.5)


@points(1, hint="np.where computes both sides everywhere: let exp see nothing above 0.")
def test_elu_far_from_zero(student):
    """elu_forward, elu_backward: right and without a warning at -1000 and +1000"""
    x, dy = np.array([-1000.0, -2.0, 3.0, 1000.0]), np.array([3.0, -1.0, 0.5, 2.0])
    slope = 0.5 * np.exp(-2.0)
    for dtype in (np.float64, np.float32):
        limit = {"limit": 1e-9 if dtype is np.float64 else 1e-4}
        y, cache = student.elu_forward(x.astype(dtype), alpha=0.5)
        expected = np.array([-0.5, slope - 0.5, 3.0, 1000.0], dtype=dtype)
        check_close(y, expected, what="y", **limit)
        dx = student.elu_backward(dy.astype(dtype), cache)
        check_close(dx, np.array([0.0, -slope, 0.5, 2.0], dtype=dtype), what="dx", **limit)
    check_silent(student)


# The vanishing gradient


@points(
    0.5, hint="The steepest slope of the sigmoid, as a factor for each layer; no layer leaves 1."
)
def test_sigmoid_gradient_bound_known_values(student):
    """sigmoid_gradient_bound: values known by hand"""
    for n, expected in ((0, 1.0), (1, 0.25), (2, 0.0625), (5, 1 / 1024), (50, 2.0**-100)):
        check_number(student.sigmoid_gradient_bound(n), expected, what=f"bound of {n} layers")


def check_norms(got, expected, **limit):
    """Compare a list of norms, entry by entry."""
    check_number(len(got), len(expected), what="length of the list")
    for k, (one, right) in enumerate(zip(got, expected, strict=True)):
        check_number(one, right, what=f"norms[{k}]", **limit)


@points(1.5, hint="Start with ones at the output; per layer, the slope, then the weights.")
def test_gradient_norms_worked_example(student):
    """gradient_norms: two layers of sigmoids, the worked example of the handout"""
    x = np.array([[1.0, 1.0], [3.0, 3.0]])
    weights = [np.array([[2.0, 1.0], [-2.0, -1.0]]), np.array([[4.0], [-4.0]])]
    check_norms(student.gradient_norms(x, weights, "sigmoid"), [0.5, 2.0])
    check_unchanged(student)


@points(
    1.5,
    hint="The same chain with another curve; entry k is taken at the input of layer k + 1.",
    needs=(
        "test_tanh_forward_known_values",
        "test_relu_worked_example",
        "test_elu_forward_known_values",
    ),
)
def test_gradient_norms_match_differences(student):
    """gradient_norms: tanh, relu and elu match numerical differences of your forwards"""
    fixed = np.random.default_rng(3)  # the same at every run: no input of a layer is near a kink
    sizes = (2, 4, 3, 5)
    x = fixed.normal(size=(3, 2))
    weights = [fixed.normal(size=pair) for pair in pairwise(sizes)]
    for kind in ("tanh", "relu", "elu"):

        def through(v, layers, kind=kind):
            for w in layers:
                v = output(student, f"{kind}_forward", v @ w, shape=(3, w.shape[1]))
            return v

        expected = []
        for k in range(3):
            rest = weights[k:]
            gradient = numerical_gradient(
                lambda v, rest=rest: float(np.sum(through(v, rest))), through(x, weights[:k])
            )
            expected.append(float(np.linalg.norm(gradient)))
        check_norms(student.gradient_norms(x, weights, kind), expected, limit=1e-7)


# What holds for every activation


@points(1, hint="Write into no argument and no global variable; keep the dtype of the input.")
def test_calls_keep_to_themselves(student, rng):
    """every activation: float32 is kept, arguments are unchanged, two calls do not mix"""
    for kind in ("tanh", "relu", "elu"):
        forward, backward = (getattr(student, f"{kind}_{way}") for way in ("forward", "backward"))
        x, other = (draw(rng, (5, 3)).astype(np.float32) for _ in range(2))
        dy = rng.normal(size=(5, 3)).astype(np.float32)
        y, cache = forward(x)
        check_array(y, what=f"y of {kind}_forward", shape=x.shape, dtype=np.float32)
        dx = backward(dy, cache)
        check_array(dx, what=f"dx of {kind}_backward", shape=x.shape, dtype=np.float32)
        _, cache = forward(x)
        forward(other)
        again = backward(dy, cache)
        check_close(again, dx, what=f"dx of {kind}_backward after another forward")
    check_unchanged(student)
