"""Hidden tests of `conv`: more shapes and layouts, corners of the contract, loops, time.

Each property is looked at with data of its own; one test fails for one reason.
"""

import numpy as np

from shared import (
    FLOAT32,
    check_close,
    check_gradient,
    check_runtime,
    check_vectorised,
    points,
)

CORRELATION = ("test_cross_correlate2d_worked_example",)
FORWARD = (
    "test_conv2d_forward_worked_example",
    "test_conv2d_forward_looks_at_the_right_pixels",
    "test_conv2d_forward_padding",
    "test_conv2d_forward_stride",
    "test_conv2d_forward_shapes_and_layouts",
)
BACKWARD = (
    *FORWARD,
    "test_conv2d_backward_dx_with_stride_and_padding",
    "test_conv2d_backward_dw_with_stride_and_padding",
    "test_conv2d_backward_db_matches_differences",
)

# x, number of filters, mask, and the options. No two sizes of a case are equal where it matters.
CASES = (
    ((2, 3, 6, 5), 4, (3, 3), {"padding": 1}),
    ((3, 2, 10, 7), 3, (3, 2), {"stride": 2}),
    ((1, 2, 5, 9), 2, (1, 3), {}),
    ((2, 1, 7, 4), 2, (3, 1), {"stride": 2, "padding": 1}),
    ((2, 2, 7, 9), 3, (5, 5), {"padding": 2}),
    ((4, 3, 8, 6), 2, (2, 5), {"stride": (3, 2), "padding": (0, 2)}),
    ((2, 2, 9, 7), 5, (4, 3), {"stride": (2, 3), "padding": (3, 1)}),
    ((1, 3, 6, 10), 2, (2, 3), {"stride": 4}),
)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def draw(rng, shape, filters, mask):
    """Random x, w and b."""
    w = rng.normal(size=(filters, shape[1], *mask))
    return rng.normal(size=shape), w, rng.normal(size=filters)


# One mask on one image


@points(2, hint="Rows and columns of image and mask are four sizes of their own.")
def test_cross_correlate2d_shapes_and_layouts(student, reference, rng):
    """cross_correlate2d: many shapes and memory layouts, float32 too"""
    for image, mask in (
        ((3, 5), (2, 2)),
        ((7, 4), (3, 2)),
        ((4, 9), (1, 5)),
        ((8, 3), (5, 1)),
        ((5, 6), (5, 6)),
        ((6, 4), (1, 1)),
        ((6, 7), (2, 7)),
        ((30, 20), (7, 4)),
    ):
        x, kernel = rng.normal(size=image), rng.normal(size=mask)
        expected = reference.cross_correlate2d(x, kernel)
        for x_layout, k_layout in zip(layouts(x), reversed(layouts(kernel)), strict=True):
            check_close(student.cross_correlate2d(x_layout, k_layout), expected, what="y")
        y = student.cross_correlate2d(x.astype(np.float32), kernel.astype(np.float32))
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


# The layer, forward


@points(4, hint="Take elements by their index, never by their place in memory.")
def test_conv2d_forward_shapes_and_layouts(student, reference, rng):
    """conv2d_forward: many shapes, strides, paddings and memory layouts"""
    for shape, filters, mask, options in CASES:
        x, w, b = draw(rng, shape, filters, mask)
        expected, _ = reference.conv2d_forward(x, w, b, **options)
        for x_layout, w_layout in zip(layouts(x), reversed(layouts(w)), strict=True):
            y, _ = student.conv2d_forward(x_layout, w_layout, b, **options)
            check_close(y, expected, what="y")


@points(2, hint="Sizes of one are sizes too: one output, one channel, one filter, a mask of 1 x 1.")
def test_conv2d_forward_smallest_sizes(student, reference, rng):
    """conv2d_forward: a mask as large as the image, one of 1 x 1, one channel, one filter"""
    for shape, filters, mask, options in (
        ((3, 4, 5, 6), 2, (5, 6), {}),
        ((2, 3, 4, 5), 6, (1, 1), {}),
        ((2, 3, 4, 5), 6, (1, 1), {"stride": (3, 2)}),
        ((1, 1, 3, 4), 1, (2, 2), {}),
        ((3, 1, 1, 1), 1, (1, 1), {}),
        ((4, 2, 2, 3), 3, (3, 4), {"padding": 1}),
        ((2, 1, 3, 5), 1, (2, 3), {"padding": (4, 5)}),
        ((2, 1, 8, 5), 3, (2, 2), {"stride": 7}),
    ):
        x, w, b = draw(rng, shape, filters, mask)
        expected, _ = reference.conv2d_forward(x, w, b, **options)
        check_close(student.conv2d_forward(x, w, b, **options)[0], expected, what="y")


# The layer, backward


def backward_cases(student, reference, rng, which):
    """Hold one of the three gradients against the reference and against differences."""
    for shape, filters, mask, options in CASES:
        inputs = draw(rng, shape, filters, mask)
        y, cache = reference.conv2d_forward(*inputs, **options)
        dy = rng.normal(size=y.shape)
        expected = reference.conv2d_backward(dy, cache)[which]
        for x_layout, dy_layout in zip(layouts(inputs[0]), reversed(layouts(dy)), strict=True):
            _, cache = student.conv2d_forward(x_layout, *inputs[1:], **options)
            got = student.conv2d_backward(dy_layout, cache)[which]
            check_close(got, expected, what=f"d{'xwb'[which]}")

        if which == 2:  # a few sums of signed numbers may be too close to 0 for differences
            continue

        def loss(v, inputs=inputs, dy=dy, options=options):
            arrays = [*inputs[:which], v, *inputs[which + 1 :]]
            return np.sum(dy * reference.conv2d_forward(*arrays, **options)[0])

        check_gradient(loss, inputs[which], got, rng, what=f"d{'xwb'[which]}")


@points(
    3,
    hint="dx is the forward's reading undone: every read pixel gets back, and adds up.",
    needs=FORWARD,
)
def test_conv2d_backward_dx_shapes_and_layouts(student, reference, rng):
    """conv2d_backward: dx for many shapes, strides, paddings and memory layouts"""
    backward_cases(student, reference, rng, 0)


@points(
    3,
    hint="dw sums over images and places, with the stride and the padding of the forward.",
    needs=FORWARD,
)
def test_conv2d_backward_dw_shapes_and_layouts(student, reference, rng):
    """conv2d_backward: dw for many shapes, strides, paddings and memory layouts"""
    backward_cases(student, reference, rng, 1)


@points(1, hint="db sums over images, rows and columns, whatever their number.", needs=FORWARD)
def test_conv2d_backward_db_shapes_and_layouts(student, reference, rng):
    """conv2d_backward: db for many shapes, strides, paddings and memory layouts"""
    backward_cases(student, reference, rng, 2)


@points(1, hint="dx has the shape of x. Where no mask has looked, it is 0.", needs=FORWARD)
def test_conv2d_backward_unread_pixels(student, reference, rng):
    """conv2d_backward: pixels that no mask has read have the gradient 0"""
    # The last rows and columns are left over; a stride over the mask leaves gaps as well.
    for shape, mask, options in (
        ((2, 3, 8, 9), (3, 2), {"stride": (3, 4)}),
        ((3, 1, 7, 5), (1, 2), {"stride": (4, 1)}),
        ((1, 2, 5, 8), (2, 2), {"stride": (2, 5), "padding": 0}),
        ((2, 1, 4, 6), (2, 3), {"stride": (5, 6), "padding": 1}),
    ):
        x, w, b = draw(rng, shape, 4, mask)
        y, cache = reference.conv2d_forward(x, w, b, **options)
        dy = rng.normal(size=y.shape)
        expected, _, _ = reference.conv2d_backward(dy, cache)
        unread = reference.conv2d_backward(np.ones(y.shape), cache)[0] == 0
        dx = student.conv2d_backward(dy, student.conv2d_forward(x, w, b, **options)[1])[0]
        check_close(dx, expected, what="dx")
        check_close(dx[unread], np.zeros(np.count_nonzero(unread)), what="dx where nothing is read")


# Numbers


@points(
    1, hint="Sums may be taken in float32: the values need only be right to 1e-4.", needs=BACKWARD
)
def test_conv2d_in_float32(student, reference, rng):
    """conv2d_forward, conv2d_backward: values and dtypes in float32"""
    for shape, filters, mask, options in CASES:
        inputs = draw(rng, shape, filters, mask)
        y, cache = reference.conv2d_forward(*inputs, **options)
        dy = rng.normal(size=y.shape)
        expected = reference.conv2d_backward(dy, cache)
        got, cache = student.conv2d_forward(*(a.astype(np.float32) for a in inputs), **options)
        check_close(got, y, what="y in float32", limit=FLOAT32, dtype=np.float32)
        gradients = student.conv2d_backward(dy.astype(np.float32), cache)
        for name, g, e in zip("xwb", gradients, expected, strict=True):
            check_close(g, e, what=f"d{name} in float32", limit=FLOAT32, dtype=np.float32)


@points(
    0.5,
    hint="Each layer keeps its stride, its padding and its arrays in its own cache.",
    needs=BACKWARD,
)
def test_two_layers_interleaved(student, reference, rng):
    """conv2d_forward, conv2d_backward: two layers, forward and backward in turns"""
    calls = []
    for shape, filters, mask, options in (CASES[0], CASES[1], CASES[5]):
        inputs = draw(rng, shape, filters, mask)
        y, kept = reference.conv2d_forward(*inputs, **options)
        dy = rng.normal(size=y.shape)
        expected = reference.conv2d_backward(dy, kept)
        calls.append((dy, expected, student.conv2d_forward(*inputs, **options)[1]))
    for dy, expected, cache in calls:
        for name, g, e in zip("xwb", student.conv2d_backward(dy, cache), expected, strict=True):
            check_close(g, e, what=f"d{name}", guess=False)


@points(
    0.5, hint="The answer does not depend on how large the image or the batch is.", needs=BACKWARD
)
def test_conv2d_large_images(student, reference, rng):
    """conv2d_forward, conv2d_backward: larger images, and more of them"""
    for shape, filters, mask in (((2, 3, 70, 64), 2, (2, 7)), ((5, 2, 42, 40), 3, (3, 5))):
        x, w, b = draw(rng, shape, filters, mask)
        # The definition, by sums that know nothing of blocks.
        windows = np.lib.stride_tricks.sliding_window_view(x, mask, axis=(2, 3))
        y = np.einsum("ncrsij,fcij->nfrs", windows, w, optimize=True) + b[:, None, None]
        got, cache = student.conv2d_forward(x, w, b)
        check_close(got, y, what="y")
        dy = rng.normal(size=y.shape)
        dw = np.einsum("ncrsij,nfrs->fcij", windows, dy, optimize=True)
        dx, got_dw, db = student.conv2d_backward(dy, cache)
        check_close(got_dw, dw, what="dw")
        check_close(db, np.einsum("nfrs->f", dy), what="db")
        border = [(0, 0), (0, 0), *((k - 1, k - 1) for k in mask)]
        around = np.lib.stride_tricks.sliding_window_view(np.pad(dy, border), mask, axis=(2, 3))
        expected = np.einsum("nfrsij,fcij->ncrs", around, w[:, :, ::-1, ::-1], optimize=True)
        check_close(dx, expected, what="dx")


# No Python loop, and the time


@points(
    1,
    hint="The way back is products and slices of whole batches, as the way there.",
    needs=BACKWARD,
)
def test_backward_has_no_loop(student, rng):
    """conv2d_backward: no Python loop over images, channels, filters or places"""

    def case(who, rng, shape, filters):
        x, w, b = draw(rng, shape, filters, (2, 2))
        dy = rng.normal(size=(shape[0], filters, shape[2] - 1, shape[3] - 1))
        return dy, who.conv2d_forward(x, w, b)[1]

    for axis, build in (
        ("batch", lambda who, rng, n: case(who, rng, (n, 2, 3, 4), 3)),
        ("channel", lambda who, rng, n: case(who, rng, (2, n, 3, 4), 3)),
        ("filter", lambda who, rng, n: case(who, rng, (2, 3, 3, 5), n)),
        ("row", lambda who, rng, n: case(who, rng, (2, 1, n, 4), 2)),
        ("column", lambda who, rng, n: case(who, rng, (2, 1, 4, n), 2)),
    ):
        check_vectorised(student, "conv2d_backward", build, rng, axis=axis)


def timed(who, rng, n):
    return draw(rng, (n, 4, 14, 15), 8, (3, 3))


@points(
    0.5,
    hint="Unroll the windows and let one matrix product do the work.",
    needs=FORWARD,
    yardstick="plain",
)
def test_conv2d_forward_run_time(student, yardstick, rng):
    """conv2d_forward: run time"""
    check_runtime(student, "conv2d_forward", timed, rng, size=12, beside=yardstick)


@points(
    0.5,
    hint="Two products and one slice per cell of the mask are enough.",
    needs=BACKWARD,
    yardstick="plain",
)
def test_conv2d_backward_run_time(student, yardstick, rng):
    """conv2d_backward: run time"""

    def build(who, rng, n):
        _, cache = who.conv2d_forward(*timed(who, rng, n))
        return rng.normal(size=(n, 8, 12, 13)), cache

    check_runtime(student, "conv2d_backward", build, rng, size=12, beside=yardstick)
