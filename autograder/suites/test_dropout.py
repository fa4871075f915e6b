"""Hidden tests of `dropout`: images, other p, the generator, zeros among the inputs, loops.

Statistical tests hold for any seed but for a chance below 1e-9 a test: a share of n independent
throws lies within sqrt(13 / n) of its probability but for a chance of 1.1e-11 (Hoeffding), and no
test looks at more than 50 shares.
"""

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_number,
    check_vectorised,
    points,
)

FORWARD = ("test_kept_elements_are_scaled",)
BACKWARD = (*FORWARD, "test_backward_uses_the_same_mask")


def draw(rng, *shape):
    """Random numbers, none of them near 0: a 0 in the output is then a dropped element."""
    return rng.uniform(0.5, 2, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def forward(student, rng, x, p, **keywords):
    """y and the cache of a forward with a fresh generator, y known to have the shape of x."""
    y, cache = student.dropout_forward(
        x, p, student.generator(int(rng.integers(2**32))), **keywords
    )
    return check_array(y, what="y", shape=x.shape, dtype=x.dtype), cache


def check_share(found, expected, what):
    """Require that the share of True in `found` is `expected`, to sqrt(13 / n)."""
    check_number(found.mean(), expected, what=what, limit=np.sqrt(13 / found.size) / expected)


@points(1.5, hint="Elements, whatever the axes; y, dx and the mask go by index, not by memory.")
def test_shapes_and_layouts(student, rng):
    """dropout_forward, dropout_backward: any number of axes, any layout, float32 too"""
    for shape, p in (((40,), 0.3), ((1, 9), 0.6), ((3, 4, 5), 0.5), ((2, 5, 3, 6), 0.1)):
        x, dy = draw(rng, *shape), draw(rng, *shape)
        for x_layout, dy_layout in zip(layouts(x), reversed(layouts(dy)), strict=True):
            y, cache = forward(student, rng, x_layout, p)
            check_close(y, np.where(y == 0, 0, x / (1 - p)), what="y")
            check_close(student.dropout_backward(dy_layout, cache), dy * (y / x), what="dx")
            y, cache = forward(student, rng, x_layout, p, train=False)
            check_close(y, x, what="y in evaluation")
            check_close(student.dropout_backward(dy_layout, cache), dy, what="dx of evaluation")
        y, cache = forward(student, rng, x.astype(np.float32), p)
        expected = np.where(y == 0, 0, x / (1 - p))
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)
        dx = student.dropout_backward(dy.astype(np.float32), cache)
        check_close(dx, dy * (y / x), what="dx in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="The share follows p from one end to the other.")
def test_share_for_any_p(student, rng):
    """dropout_forward: the share of dropped elements for small and large p, float32 too"""
    for p in (0.05, 0.35, 0.5, 0.9):
        for dtype in (np.float64, np.float32):
            y, _ = forward(student, rng, draw(rng, 90, 200).astype(dtype), p)
            check_share(y == 0, p, "share of dropped elements")


@points(1.5, hint="In images too each pixel has its own throw: not one for a channel or an image.")
def test_images_are_dropped_pixel_by_pixel(student, rng):
    """dropout_forward: in images, no two axes share a mask"""
    y, _ = forward(student, rng, draw(rng, 6, 8, 24, 20), 0.5)
    dropped = y == 0
    # With p = 1/2 the agreements of neighbours are independent of each other.
    for axis, name in enumerate(("image", "channel", "row", "column")):
        n = dropped.shape[axis]
        one = np.take(dropped, range(1, n), axis) == np.take(dropped, range(n - 1), axis)
        check_share(one, 0.5, f"agreement of neighbours along the {name} axis")
        half = np.take(dropped, range(n // 2), axis) == np.take(dropped, range(n // 2, n), axis)
        check_share(half, 0.5, f"agreement of the two halves of the {name} axis")


@points(1.5, hint="All randomness comes from rng: no seed and no generator of your own.")
def test_generator_decides(student, rng):
    """dropout_forward: one seed gives one answer, evaluation leaves the generator alone"""
    x = draw(rng, 30, 20)
    seed, other = (int(s) for s in rng.integers(2**32, size=2))

    def answers(seed, evaluations):
        generator, found = student.generator(seed), []
        for _ in range(2):
            for _ in range(evaluations):
                student.dropout_forward(x, 0.5, generator, train=False)
            y, _ = student.dropout_forward(x, 0.5, generator)
            found.append(check_array(y, what="y", shape=x.shape))
        return np.array(found)

    once = answers(seed, 0)
    check_close(answers(seed, 0), once, what="y with the same seed")
    check_close(answers(seed, 1), once, what="y after an evaluation")
    # 1200 throws each: two seeds, and two calls with one generator.
    check_share((answers(other, 0) == 0) == (once == 0), 0.5, "agreement of two seeds")
    check_share((once[0] == 0) == (once[1] == 0), 0.5, "agreement of two calls")


@points(1.5, hint="A kept 0 is not a dropped element: keep the mask, do not guess it from y.")
def test_zeros_among_the_inputs(student, rng):
    """dropout_backward: the gradient reaches inputs that are 0"""
    for p in (0.25, 0.6):
        x, dy = np.zeros((60, 80)), draw(rng, 60, 80)
        x[::2] = draw(rng, 30, 80)
        y, cache = forward(student, rng, x, p)
        dx = check_array(student.dropout_backward(dy, cache), what="dx", shape=dy.shape)
        check_close(dx, np.where(dx == 0, 0, dy / (1 - p)), what="dx")
        check_close(dx[::2], dy[::2] * (y[::2] / x[::2]), what="dx where x is not 0", guess=False)
        check_share(dx[1::2] == 0, p, "share of dropped elements where x is 0")


@points(
    0.5,
    hint="A network has many of these layers: each cache holds all that its backward needs.",
    needs=BACKWARD,
)
def test_layers_interleaved(student, rng):
    """dropout_forward, dropout_backward: several layers and modes in turns, one generator"""
    generator, layers = student.generator(int(rng.integers(2**32))), []
    for p, train in ((0.5, True), (0.2, False), (0.7, True), (0.5, True)):
        x = draw(rng, 12, 9)
        y, cache = student.dropout_forward(x, p, generator, train=train)
        layers.append((check_array(y, what="y", shape=x.shape) / x, cache))
    for factor, cache in reversed(layers):
        dy = draw(rng, 12, 9)
        check_close(student.dropout_backward(dy, cache), dy * factor, what="dx", guess=False)


@points(
    0.5,
    hint="rng.random takes a shape of any number of axes.",
    needs=BACKWARD,
)
def test_no_loop_over_any_axis(student, rng):
    """dropout_forward, dropout_backward: no Python loop over features, channels or pixels"""
    shapes = {
        "feature": lambda n: (3, n),
        "channel": lambda n: (2, n, 3),
        "pixel": lambda n: (2, 3, 4, n),
    }
    for axis, shape in shapes.items():

        def data(who, rng, n, shape=shape):
            return draw(rng, *shape(n)), 0.5, who.generator(int(rng.integers(2**32)))

        def back(who, rng, n, shape=shape):
            return draw(rng, *shape(n)), who.dropout_forward(*data(who, rng, n))[1]

        check_vectorised(student, "dropout_forward", data, rng, axis=axis)
        check_vectorised(student, "dropout_backward", back, rng, axis=axis)
