"""Hidden tests of `activations`: more shapes and layouts, the kink of ReLU, depth, loops.

Each property is looked at with data of its own; one test fails for one reason.
"""

from itertools import pairwise

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_vectorised,
    points,
)

KINDS = (("tanh", {}), ("relu", {}), ("elu", {}), ("elu", {"alpha": 0.5}), ("elu", {"alpha": 2.0}))
FORWARD = (
    "test_tanh_forward_known_values",
    "test_relu_worked_example",
    "test_elu_forward_known_values",
)
BACKWARD = ("test_tanh_backward_matches_differences", "test_elu_backward_matches_differences")
NORMS = ("test_gradient_norms_worked_example", "test_gradient_norms_match_differences")


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def draw(rng, shape):
    """Numbers on both sides of 0 and not close to it."""
    size = int(np.prod(shape))
    signs = rng.permutation(np.resize([1.0, -1.0], size))
    return (signs * rng.uniform(0.2, 3.0, size=size)).reshape(shape)


def functions(who, kind):
    """The forward and the backward of an activation."""
    return getattr(who, f"{kind}_forward"), getattr(who, f"{kind}_backward")


@points(3, hint="Element by element: neither the number of axes nor the layout matters.")
def test_activations_shapes_and_layouts(student, reference, rng):
    """every activation: y and dx for any number of axes and any memory layout, float32 too"""
    for kind, options in KINDS:
        forward, backward = functions(student, kind)
        right_forward, right_backward = functions(reference, kind)
        for shape in ((7,), (1, 5), (4, 3), (2, 3, 4, 5)):
            x, dy = draw(rng, shape), rng.normal(size=shape)
            expected, kept = right_forward(x, **options)
            gradient = right_backward(dy, kept)
            for x_layout, dy_layout in zip(layouts(x), reversed(layouts(dy)), strict=True):
                y, cache = forward(x_layout, **options)
                check_close(y, expected, what=f"y of {kind}_forward")
                dx = backward(dy_layout, cache)
                check_close(dx, gradient, what=f"dx of {kind}_backward")

            def loss(v, dy=dy, forward=right_forward, options=options):
                return np.sum(dy * forward(v, **options)[0])

            check_gradient(loss, x, dx, rng, what=f"dx of {kind}_backward")
        y, cache = forward(x.astype(np.float32), **options)
        dx = backward(dy.astype(np.float32), cache)
        single = {"limit": FLOAT32, "dtype": np.float32}
        check_close(y, expected, what=f"y of {kind}_forward in float32", **single)
        check_close(dx, gradient, what=f"dx of {kind}_backward in float32", **single)


@points(
    1,
    hint="At 0 the slope may be anything from 0 to 1, and it must be a number.",
    needs=("test_relu_worked_example",),
)
def test_relu_at_zero(student, rng):
    """relu_forward, relu_backward: inputs of exactly 0"""
    x, dy = draw(rng, (4, 5)), rng.normal(size=(4, 5))
    x[1], x[:, 2], x[3, 0] = 0.0, 0.0, -0.0
    y, cache = student.relu_forward(x)
    check_close(y, x * (x > 0), what="y")
    dx = check_array(student.relu_backward(dy, cache), what="dx", shape=x.shape)
    allowed = np.clip(dx, np.minimum(dy, 0), np.maximum(dy, 0))
    check_close(dx, np.where(x == 0, allowed, dy * (x > 0)), what="dx")


@points(
    3,
    hint="One norm per layer, of the whole batch; back through w goes by w.T, square or not.",
    needs=NORMS,
)
def test_gradient_norms_depths(student, reference, rng):
    """gradient_norms: one to twelve layers of any width, every activation"""
    for kind in ("sigmoid", "tanh", "relu", "elu"):
        for sizes, n in (((3, 4), 5), ((2, 5, 3), 1), ((4, 3, 3, 6, 2), 4), ([5] * 13, 3)):
            x = rng.normal(size=(n, sizes[0]))
            weights = [rng.normal(scale=0.6, size=pair) for pair in pairwise(sizes)]
            if kind == "relu":
                # A row whose units are all dead gives the next layer exactly 0, where any slope
                # is right. The first unit of each layer is kept alive.
                x = np.abs(x)
                for w in weights:
                    w[:, 0] = np.abs(w[:, 0])
            expected = reference.gradient_norms(x, weights, kind)
            got = student.gradient_norms(x, weights, kind)
            check_number(len(got), len(weights), what="length of the list")
            for k, (one, right) in enumerate(zip(got, expected, strict=True)):
                check_number(one, right, what=f"norms[{k}] with {kind}")


@points(
    1,
    hint="np.where, np.maximum and comparisons take whole arrays; loop over layers only.",
    needs=(*FORWARD, *BACKWARD, *NORMS),
)
def test_activations_no_loop_over_the_batch(student, rng):
    """every activation, gradient_norms: no Python loop over the batch"""
    for kind in ("tanh", "relu", "elu"):

        def forward(who, rng, n):
            return (draw(rng, (n, 3)),)

        def backward(who, rng, n, kind=kind):
            return rng.normal(size=(n, 3)), functions(who, kind)[0](draw(rng, (n, 3)))[1]

        check_vectorised(student, f"{kind}_forward", forward, rng, axis="batch")
        check_vectorised(student, f"{kind}_backward", backward, rng, axis="batch")

    def chain(who, rng, n):
        return rng.normal(size=(n, 3)), [rng.normal(size=p) for p in ((3, 4), (4, 2))], "tanh"

    check_vectorised(student, "gradient_norms", chain, rng, axis="batch")
