"""Hidden tests of `pool`: more shapes and layouts, ties, corners of the contract, loops, time.

Each property is looked at with data of its own; one test fails for one reason.
"""

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_runtime,
    check_vectorised,
    points,
)

KINDS = ("max", "avg", "min")
MAX = ("test_max_pool2d_worked_example", "test_max_pool2d_windows")
AVG = ("test_avg_pool2d_windows",)
MIN = ("test_min_pool2d_windows",)
BACKWARD = (
    "test_max_pool2d_backward_matches_differences",
    "test_avg_pool2d_backward_matches_differences",
    "test_min_pool2d_backward_matches_differences",
)

CASES = (
    ((3, 2, 8, 6), {"window": 2}),
    ((2, 4, 9, 7), {"window": 3, "stride": 2}),
    ((1, 3, 6, 5), {"window": (2, 3), "stride": 1}),
    ((2, 2, 5, 8), {"window": (1, 2), "stride": 2}),
    ((4, 1, 7, 11), {"window": (3, 4), "stride": (2, 3)}),
    ((2, 3, 6, 4), {"window": (6, 4)}),
    ((2, 3, 4, 5), {"window": 1, "stride": (1, 2)}),
    ((3, 1, 9, 5), {"window": (2, 1), "stride": (5, 3)}),
)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def functions(who, kind):
    """The forward and the backward of a kind of pooling."""
    return (getattr(who, f"{kind}_pool2d_{way}") for way in ("forward", "backward"))


def draw(rng, shape):
    """Numbers that are not close to each other; those of the first channel are all negative."""
    x = 0.01 * rng.permutation(int(np.prod(shape))).reshape(shape)
    x[:, 0] -= 0.01 * x.size
    return x


def forward_cases(student, reference, rng, kind):
    """Hold the forward against the reference."""
    for shape, options in CASES:
        x = draw(rng, shape)
        expected, _ = next(functions(reference, kind))(x, **options)
        for layout in layouts(x):
            y, _ = next(functions(student, kind))(layout, **options)
            check_close(y, expected, what="y")
        y, _ = next(functions(student, kind))(x.astype(np.float32), **options)
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


def backward_cases(student, reference, rng, kind):
    """Hold the backward against the reference, and against differences of its forward."""
    for shape, options in CASES:
        x = draw(rng, shape)
        forward, backward = functions(reference, kind)
        y, cache = forward(x, **options)
        dy = rng.normal(size=y.shape)
        expected = backward(dy, cache)
        students_forward, students_backward = functions(student, kind)
        for x_layout, dy_layout in zip(layouts(x), reversed(layouts(dy)), strict=True):
            dx = students_backward(dy_layout, students_forward(x_layout, **options)[1])
            check_close(dx, expected, what="dx")

        def loss(v, dy=dy, options=options, forward=forward):
            return np.sum(dy * forward(v, **options)[0])

        check_gradient(loss, x, dx, rng, what="dx")
        _, cache = students_forward(x.astype(np.float32), **options)
        dx = students_backward(dy.astype(np.float32), cache)
        check_close(dx, expected, what="dx in float32", limit=FLOAT32, dtype=np.float32)


# Maximum, average, minimum


@points(2, hint="The largest of each window and of nothing else, be it positive or negative.")
def test_max_pool2d_forward_shapes_and_layouts(student, reference, rng):
    """max_pool2d_forward: many shapes and memory layouts, float32 too"""
    forward_cases(student, reference, rng, "max")


@points(2, hint="Remember where the maximum was, row and column, in each window.", needs=MAX)
def test_max_pool2d_backward_shapes_and_layouts(student, reference, rng):
    """max_pool2d_backward: many shapes and memory layouts, float32 too"""
    backward_cases(student, reference, rng, "max")


@points(1, hint="Divide by the number of pixels in a window: KH times KW.")
def test_avg_pool2d_forward_shapes_and_layouts(student, reference, rng):
    """avg_pool2d_forward: many shapes and memory layouts, float32 too"""
    forward_cases(student, reference, rng, "avg")


@points(1.5, hint="Each pixel gets a part from every window that it lies in.", needs=AVG)
def test_avg_pool2d_backward_shapes_and_layouts(student, reference, rng):
    """avg_pool2d_backward: many shapes and memory layouts, float32 too"""
    backward_cases(student, reference, rng, "avg")


@points(1, hint="The smallest of each window, be it positive or negative.")
def test_min_pool2d_forward_shapes_and_layouts(student, reference, rng):
    """min_pool2d_forward: many shapes and memory layouts, float32 too"""
    forward_cases(student, reference, rng, "min")


@points(1.5, hint="As for the maximum: where the smallest was, and the same sign.", needs=MIN)
def test_min_pool2d_backward_shapes_and_layouts(student, reference, rng):
    """min_pool2d_backward: many shapes and memory layouts, float32 too"""
    backward_cases(student, reference, rng, "min")


# Ties


@points(
    1, hint="What a window hands out is its dy, once, however many pixels are best.", needs=BACKWARD
)
def test_ties_share(student, reference, rng):
    """max_pool2d_backward, min_pool2d_backward: ties, in windows that overlap too"""
    for kind, best in (("max", np.max), ("min", np.min)):
        forward, backward = functions(student, kind)
        for shape, size, step, out in (((1, 2, 5, 7), 3, 2, (2, 3)), ((2, 1, 4, 6), 2, 2, (2, 3))):
            # Few different numbers: after a ReLU, most of a window may be 0.
            x = np.maximum(0.0, rng.integers(-1, 2, size=shape))
            for n, c, r, s in np.ndindex(*shape[:2], *out):
                # One window at a time: then the whole dx is its share.
                dy = np.zeros((*shape[:2], *out))
                dy[n, c, r, s] = 1.5
                dx = backward(dy, forward(x, window=size, stride=step)[1])
                dx = check_array(dx, what="dx", shape=shape)
                rows, columns = (slice(k * step, k * step + size) for k in (r, s))
                allowed = np.zeros(shape, dtype=bool)
                allowed[n, c, rows, columns] = x[n, c, rows, columns] == best(
                    x[n, c, rows, columns]
                )
                rest = dx[~allowed]
                check_close(rest, np.zeros(rest.shape), what="dx of pixels that are not the best")
                check_number(dx.sum(), 1.5, what="sum of dx over the window")


# The contract's corners


@points(0.5, hint="dx has the shape of x. Where no window has looked, it is 0.", needs=BACKWARD)
def test_pool_unread_pixels(student, rng):
    """every backward: pixels that no window has read have the gradient 0"""
    for kind in KINDS:
        forward, backward = functions(student, kind)
        for shape, size, step, out in (((2, 3, 8, 7), 2, 3, (3, 2)), ((1, 2, 7, 9), 3, 4, (2, 2))):
            _, cache = forward(draw(rng, shape), window=size, stride=step)
            dx = check_array(
                backward(rng.normal(size=(*shape[:2], *out)), cache), what="dx", shape=shape
            )
            read = np.zeros(shape, dtype=bool)
            for r, s in np.ndindex(out):
                read[:, :, r * step : r * step + size, s * step : s * step + size] = True
            rest = dx[~read]
            check_close(rest, np.zeros(rest.shape), what="dx where no window looks")


@points(
    0.5,
    hint="Each call keeps its window, its stride and its places in its own cache.",
    needs=BACKWARD,
)
def test_two_pools_interleaved(student, reference, rng):
    """every function: pooling layers with other windows, forward and backward in turns"""
    for kind in KINDS:
        calls = []
        for shape, options in (CASES[1], CASES[4], CASES[0]):
            x = draw(rng, shape)
            forward, backward = functions(reference, kind)
            y, cache = forward(x, **options)
            dy = rng.normal(size=y.shape)
            expected = backward(dy, cache)
            calls.append((dy, expected, next(functions(student, kind))(x, **options)[1]))
        for dy, expected, cache in calls:
            check_close(
                getattr(student, f"{kind}_pool2d_backward")(dy, cache),
                expected,
                what="dx",
                guess=False,
            )


# No Python loop, and the time


@points(0.5, hint="One slice for each place in the window, in all windows at once.", needs=BACKWARD)
def test_backward_has_no_loop(student, rng):
    """every backward: no Python loop over images, channels or windows"""
    for axis, shape in (
        ("batch", lambda n: (n, 2, 4, 3)),
        ("channel", lambda n: (2, n, 4, 3)),
        ("row", lambda n: (2, 1, n, 3)),
    ):
        for kind in KINDS if axis == "row" else ("max",):

            def build(who, rng, n, shape=shape, kind=kind):
                batch, channels, rows, columns = shape(n)
                x = rng.normal(size=(batch, channels, rows, columns))
                cache = next(functions(who, kind))(x, window=2, stride=1)[1]
                return rng.normal(size=(batch, channels, rows - 1, columns - 1)), cache

            check_vectorised(student, f"{kind}_pool2d_backward", build, rng, axis=axis)


@points(
    0.5,
    hint="A maximum of a few slices, each as large as the output.",
    needs=MAX,
    yardstick="plain",
)
def test_max_pool2d_run_time(student, yardstick, rng):
    """max_pool2d_forward: run time"""

    def build(who, rng, n):
        return (rng.normal(size=(n, 3, 40, 43)),), {"window": (9, 8), "stride": 2}

    check_runtime(student, "max_pool2d_forward", build, rng, size=8, beside=yardstick)
