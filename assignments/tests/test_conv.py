"""Local tests of `nn/conv.py`. Run them with ``pytest tests/test_conv.py``.

The numbers of the worked examples are those of the handout. Several tests use an image in which
every pixel holds its own address: the pixel at image 1, channel 2, row 3, column 4 is 1234.5 (the
half keeps it apart from the padding's 0). A mask with a single 1 then says which pixel it has seen.
"""

import numpy as np

from shared import (
    check_array,
    check_close,
    check_gradient,
    check_unchanged,
    check_vectorised,
    numerical_gradient,
    points,
)

PICTURE = np.array([[1.0, 0, 2, 1, 3], [2, 1, 0, 1, 1], [0, 3, 1, 2, 0]])
MASK = np.array([[1.0, 2], [3, -1]])


def addresses(*shape):
    """An image, or a batch of them, whose pixels hold their addresses."""
    digits = np.indices(shape)[::-1]
    return 0.5 + sum(10**place * digit for place, digit in enumerate(digits))


def seen(shape, mask, out, stride=(1, 1), padding=(0, 0), turned=""):
    """What masks with a single 1 see of `addresses(*shape)`: mask f has it in its cell f + 1."""
    _, channels, height, width = shape
    count = channels * mask[0] * mask[1]
    n, f, r, s = np.indices((shape[0], count, *out))
    c, i, j = np.unravel_index((f + 1) % count, (channels, *mask))
    if turned == "flipped":
        i, j = mask[0] - 1 - i, mask[1] - 1 - j
    elif turned == "transposed":
        i, j = j, i
    row, column = r * stride[0] + i - padding[0], s * stride[1] + j - padding[1]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return np.where(inside, 1000 * n + 100 * c + 10 * row + column + 0.5, 0.0)


def check_places(student, shape, mask, out, **options):
    """Give the layer every mask with a single 1, and see whether each sees the right pixels."""
    count = shape[1] * mask[0] * mask[1]
    # Cell f + 1 and not cell f: the table of all masks is then not its own transpose.
    w = np.roll(np.eye(count), 1, axis=1).reshape(count, shape[1], *mask)
    y, _ = student.conv2d_forward(addresses(*shape), w, np.zeros(count), **options)
    pairs = {k: v if isinstance(v, tuple) else (v, v) for k, v in options.items()}
    clues = {
        f"looks-mask-{turned}": seen(shape, mask, out, **pairs, turned=turned)
        for turned in ("flipped", "transposed")
    }
    check_close(y, seen(shape, mask, out, **pairs), what="y", clues=clues)


# One mask on one image


@points(2, hint="Lay the mask on the image as it is, not flipped: products, and their sum.")
def test_cross_correlate2d_worked_example(student):
    """cross_correlate2d: the 3 x 5 input with the 2 x 2 mask of the handout"""
    expected = np.array([[6.0, 7, 3, 9], [1, 9, 3, 9]])
    clues = {"looks-mask-flipped": np.array([[4.0, 8, 2, 11], [4, 6, 7, 6]])}
    check_close(student.cross_correlate2d(PICTURE, MASK), expected, what="y", clues=clues)


@points(2, hint="H - KH + 1 rows and W - KW + 1 columns; entry (r, c) looks at x[r + i, c + j].")
def test_cross_correlate2d_masks_of_the_lecture(student, rng):
    """cross_correlate2d: masks from 2 x 2 to 7 x 7, 1 x 3, 3 x 1, 1 x 5, 5 x 1"""
    x = addresses(9, 8)
    for kh, kw in [(k, k) for k in range(2, 8)] + [(1, 3), (3, 1), (1, 5), (5, 1)]:
        # Two cells that differ: the result is a difference of addresses, and 0.5 once or not.
        first, second = (divmod(int(cell), kw) for cell in rng.permutation(kh * kw)[:2])
        mask = np.zeros((kh, kw))
        mask[first], mask[second] = 2.0, -1.0
        r, c = np.indices((9 - kh + 1, 8 - kw + 1))

        def answer(first, second, r=r, c=c):
            y = 2 * (10 * (r + first[0]) + c + first[1] + 0.5)
            return y - (10 * (r + second[0]) + c + second[1] + 0.5)

        opposite = [(kh - 1 - i, kw - 1 - j) for i, j in (first, second)]
        clues = {
            "looks-mask-flipped": answer(*opposite),
            "looks-mask-transposed": answer(first[::-1], second[::-1]),
        }
        expected = answer(first, second)
        check_close(student.cross_correlate2d(x, mask), expected, what="y", clues=clues)


# The layer, forward

FORWARD = ("test_conv2d_forward_worked_example", "test_conv2d_forward_looks_at_the_right_pixels")
WITH_OPTIONS = (*FORWARD, "test_conv2d_forward_stride", "test_conv2d_forward_padding")


@points(2, hint="Each filter adds up its products over all channels, then its own bias.")
def test_conv2d_forward_worked_example(student):
    """conv2d_forward: two channels and two filters, worked by hand"""
    x = np.array([[[[1.0, 2, 0], [0, 1, 3]], [[2, 0, 1], [1, -1, 0]]]])
    w = np.array([[[[1.0, 0], [2, 1]], [[0, 1], [1, -1]]], [[[0, -1], [1, 0]], [[2, 0], [0, 3]]]])
    # Filter 0: channel 0 gives 2 and 7, channel 1 gives 2 and 0, and the bias is 0.5.
    # Filter 1: channel 0 gives -2 and 1, channel 1 gives 1 and 0, and the bias is -1.
    y, _ = student.conv2d_forward(x, w, np.array([0.5, -1.0]))
    check_close(y, np.array([[[[4.5, 7.5]], [[-2.0, 0.0]]]]), what="y")


@points(3, hint="y[n, f, r, s] looks at x[n, c, r + i, s + j]. Which axis is which?")
def test_conv2d_forward_looks_at_the_right_pixels(student):
    """conv2d_forward: every weight meets its pixel, in images that hold addresses"""
    check_places(student, (2, 3, 5, 6), (3, 3), (3, 4))
    check_places(student, (1, 2, 4, 7), (1, 3), (4, 5))
    check_places(student, (3, 1, 6, 5), (4, 2), (3, 4))
    check_places(student, (2, 2, 5, 7), (5, 1), (1, 7))
    check_places(student, (4, 3, 2, 5), (1, 1), (2, 5))


@points(2, hint="The padding is zeros, on both sides: pv rows above and below, ph columns.")
def test_conv2d_forward_padding(student):
    """conv2d_forward: padding, in images that hold addresses"""
    check_places(student, (2, 3, 5, 6), (3, 3), (5, 6), padding=1)
    check_places(student, (1, 2, 6, 9), (5, 4), (6, 10), padding=2)
    check_places(student, (3, 1, 4, 5), (2, 3), (7, 3), padding=(2, 0))
    check_places(student, (2, 2, 5, 4), (1, 4), (5, 7), padding=(0, 3))


@points(
    2, hint="The mask moves by the stride: output r starts at row r * sv. What is left, is left."
)
def test_conv2d_forward_stride(student):
    """conv2d_forward: strides, also where they do not divide the size"""
    check_places(student, (3, 2, 7, 6), (3, 2), (3, 3), stride=2)
    check_places(student, (1, 3, 8, 9), (2, 5), (3, 2), stride=3)
    check_places(student, (2, 2, 9, 8), (4, 3), (3, 2), stride=(2, 3))
    check_places(student, (2, 1, 6, 5), (3, 1), (3, 4), stride=2, padding=1)
    check_places(student, (2, 1, 5, 6), (2, 3), (6, 4), stride=(1, 2), padding=(1, 2))


def case(student, rng, shape, filters, mask, out, **options):
    """Random inputs of a layer, a random upstream, and the three gradients."""
    x, w = rng.normal(size=shape), rng.normal(size=(filters, shape[1], *mask))
    b, dy = rng.normal(size=filters), rng.normal(size=(shape[0], filters, *out))
    y, cache = student.conv2d_forward(x, w, b, **options)
    check_array(y, what="y", shape=dy.shape)
    gradients = student.conv2d_backward(dy, cache)

    def loss(x=x, w=w, b=b, dy=dy):
        y, _ = student.conv2d_forward(x, w, b, **options)
        return np.sum(dy * check_array(y, what="y", shape=(shape[0], filters, *out)))

    return (x, w, b), loss, gradients


def mistakes_of_dx(x, w, loss):
    """What dx is with a known mistake: by your own forward, and only looked at when dx is wrong."""

    def dx(**others):
        return numerical_gradient(lambda v: loss(x=v, **others), x)

    return {
        "looks-mask-flipped": lambda: dx(w=w[..., ::-1, ::-1]),
        "looks-upstream-ignored": lambda: dx(dy=1.0),
        # With masks of ones each filter counts the windows that have seen a pixel.
        "looks-overlap": lambda: dx(w=np.ones_like(w), dy=1.0) < 1.5 * len(w),
    }


@points(1, hint="What the channels give is added up: not averaged, not their maximum.")
def test_conv2d_forward_adds_up_channels(student, rng):
    """conv2d_forward: the channels one at a time give parts of the whole"""
    x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    parts = np.zeros((2, 4, 3, 5)) + b[:, None, None]
    for c in range(3):
        y, _ = student.conv2d_forward(x[:, c : c + 1], w[:, c : c + 1], np.zeros(4))
        parts += check_array(y, what="y of one channel", shape=parts.shape)
    check_close(student.conv2d_forward(x, w, b)[0], parts, what="y")


@points(1, hint="Images do not know each other. A batch of one is still a batch.")
def test_conv2d_forward_treats_images_alone(student, rng):
    """conv2d_forward: an image alone gives what it gives in a batch"""
    x, w, b = rng.normal(size=(5, 2, 4, 6)), rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3)
    whole = check_array(student.conv2d_forward(x, w, b)[0], what="y", shape=(5, 3, 3, 4))
    for n in range(5):
        alone, _ = student.conv2d_forward(x[n : n + 1], w, b)
        check_close(alone, whole[n : n + 1], what="y of a batch of one")


# The layer, backward


@points(2, hint="Each output hands its dy to the pixels it has seen, weighted by the mask.")
def test_conv2d_backward_worked_example(student):
    """conv2d_backward: the worked example of the handout"""
    x, w = PICTURE[None, None], MASK[None, None]
    y, cache = student.conv2d_forward(x, w, np.array([1.0]))
    check_close(y, np.array([[[[7.0, 8, 4, 10], [2, 10, 4, 10]]]]), what="y")
    dy = np.array([[[[1.0, 0, 0, 0], [0, 2, 0, -1]]]])
    dx, dw, db = student.conv2d_backward(dy, cache)
    check_close(dw, np.array([[[[2.0, -1], [6, 3]]]]), what="dw")
    check_close(db, np.array([2.0]), what="db")
    expected = np.array([[[[1.0, 2, 0, 0, 0], [3, 1, 4, -1, -2], [0, 6, -2, -3, 1]]]])
    check_close(dx, expected, what="dx")


@points(
    2, hint="A pixel is seen by several windows: what comes back from them is added.", needs=FORWARD
)
def test_conv2d_backward_dx_matches_differences(student, rng):
    """conv2d_backward: dx matches numerical differences"""
    for shape, f, mask, out in (
        ((2, 3, 5, 6), 4, (3, 2), (3, 5)),
        ((1, 2, 4, 7), 3, (1, 3), (4, 5)),
        ((3, 1, 6, 5), 2, (5, 1), (2, 5)),
    ):
        (x, w, _), loss, (dx, _, _) = case(student, rng, shape, f, mask, out)
        clues = mistakes_of_dx(x, w, loss)
        check_gradient(lambda v, loss=loss: loss(x=v), x, dx, rng, what="dx", clues=clues)


STRIDED = (
    ((2, 3, 5, 6), 4, (3, 3), (5, 6), {"padding": 1}),
    ((3, 2, 7, 6), 4, (3, 2), (3, 3), {"stride": 2}),
    ((1, 2, 8, 9), 3, (2, 4), (2, 3), {"stride": (4, 2)}),
    ((2, 1, 6, 5), 3, (3, 1), (3, 5), {"stride": (2, 1), "padding": (1, 0)}),
    ((2, 3, 5, 4), 2, (2, 3), (3, 6), {"stride": (2, 1), "padding": (1, 2)}),
)


@points(
    2,
    hint="Put dy back to where the forward read: every s-th row. Then cut the padding off again.",
    needs=WITH_OPTIONS,
)
def test_conv2d_backward_dx_with_stride_and_padding(student, rng):
    """conv2d_backward: dx with stride and padding"""
    for shape, f, mask, out, options in STRIDED:
        (x, w, _), loss, (dx, _, _) = case(student, rng, shape, f, mask, out, **options)
        clues = mistakes_of_dx(x, w, loss)
        check_gradient(lambda v, loss=loss: loss(x=v), x, dx, rng, what="dx", clues=clues)


@points(
    2, hint="A weight is used at every place of every image: sum over all of them.", needs=FORWARD
)
def test_conv2d_backward_dw_matches_differences(student, rng):
    """conv2d_backward: dw matches numerical differences"""
    for shape, f, mask, out in (
        ((2, 3, 5, 6), 4, (3, 2), (3, 5)),
        ((1, 2, 4, 7), 3, (1, 3), (4, 5)),
        ((3, 1, 6, 5), 2, (5, 1), (2, 5)),
    ):
        (_, w, _), loss, (_, dw, _) = case(student, rng, shape, f, mask, out)
        sizes = {"batch": shape[0]}
        check_gradient(lambda v, loss=loss: loss(w=v), w, dw, rng, what="dw", sizes=sizes)


@points(
    2,
    hint="Weight (i, j) met the pixels (r * sv + i, s * sh + j) of the padded image.",
    needs=WITH_OPTIONS,
)
def test_conv2d_backward_dw_with_stride_and_padding(student, rng):
    """conv2d_backward: dw with stride and padding"""
    for shape, f, mask, out, options in STRIDED:
        (_, w, _), loss, (_, dw, _) = case(student, rng, shape, f, mask, out, **options)
        sizes = {"batch": shape[0]}
        check_gradient(lambda v, loss=loss: loss(w=v), w, dw, rng, what="dw", sizes=sizes)


@points(
    1,
    hint="b[f] is added at every place of every image. One number per filter is left.",
    needs=FORWARD,
)
def test_conv2d_backward_db_matches_differences(student, rng):
    """conv2d_backward: db matches numerical differences"""
    for shape, f, mask, out in (
        ((2, 3, 5, 6), 4, (3, 2), (3, 5)),
        ((1, 2, 4, 7), 3, (1, 3), (4, 5)),
    ):
        (_, _, b), loss, (_, _, db) = case(student, rng, shape, f, mask, out)
        sizes = {"batch": shape[0], "place": out[0] * out[1]}
        check_gradient(lambda v, loss=loss: loss(b=v), b, db, rng, what="db", sizes=sizes)


# What holds for every function


@points(1, hint="float32 in, float32 out. np.zeros and np.pad of a float64 may bring in float64.")
def test_float32_is_kept(student, rng):
    """every function: float32 input gives float32 output"""

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    def check(got, what, *shape):
        check_array(got, what=what, shape=shape, dtype=np.float32)

    check(student.cross_correlate2d(draw(4, 5), draw(2, 3)), "y of cross_correlate2d", 3, 3)
    for options, out in (({}, (3, 5)), ({"stride": 2, "padding": 1}, (3, 4))):
        y, cache = student.conv2d_forward(draw(2, 3, 5, 6), draw(4, 3, 3, 2), draw(4), **options)
        check(y, "y of conv2d_forward", 2, 4, *out)
        dx, dw, db = student.conv2d_backward(draw(2, 4, *out), cache)
        check(dx, "dx of conv2d_backward", 2, 3, 5, 6)
        check(dw, "dw of conv2d_backward", 4, 3, 3, 2)
        check(db, "db of conv2d_backward", 4)


@points(1, hint="x -= ..., dy *= ... and out=x write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """every function: its arguments are left as they were"""
    student.cross_correlate2d(rng.normal(size=(4, 5)), rng.normal(size=(2, 3)))
    x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    for options, out in (({}, (3, 5)), ({"stride": 2, "padding": 1}, (3, 4))):
        _, cache = student.conv2d_forward(x, w, b, **options)
        student.conv2d_backward(rng.normal(size=(2, 4, *out)), cache)
    check_unchanged(student)


@points(1, hint="What the way back needs goes into the cache, and not into a global variable.")
def test_calls_do_not_mix(student, rng):
    """forward, another forward, backward: the gradients are those of the first call"""
    x, other, w = *rng.normal(size=(2, 2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2))
    b, dy = rng.normal(size=4), rng.normal(size=(2, 4, 3, 5))
    _, cache = student.conv2d_forward(x, w, b)
    alone = [check_array(g, what="gradient") for g in student.conv2d_backward(dy, cache)]
    _, cache = student.conv2d_forward(x, w, b)
    student.conv2d_forward(other, 2 * w, b, padding=1)
    for name, got, expected in zip("xwb", student.conv2d_backward(dy, cache), alone, strict=True):
        check_close(got, expected, what=f"d{name} of conv2d_backward", guess=False)


# No Python loop


@points(
    0.5,
    hint="Take what one cell of the mask sees at all places at once: it is a slice of the image.",
    needs=("test_cross_correlate2d_worked_example", *FORWARD),
)
def test_forward_has_no_loop_over_places(student, rng):
    """cross_correlate2d, conv2d_forward: no Python loop over the places of an image"""

    def one(who, rng, n):
        return rng.normal(size=(n, 4)), rng.normal(size=(2, 3))

    def rows(who, rng, n):
        return rng.normal(size=(2, 1, n, 4)), rng.normal(size=(2, 1, 2, 3)), np.ones(2)

    def columns(who, rng, n):
        return rng.normal(size=(2, 1, 4, n)), rng.normal(size=(2, 1, 2, 3)), np.ones(2)

    check_vectorised(student, "cross_correlate2d", one, rng, axis="row")
    check_vectorised(student, "conv2d_forward", rows, rng, axis="row")
    check_vectorised(student, "conv2d_forward", columns, rng, axis="column")


@points(
    0.5,
    hint="One product does all images, channels and filters. Loop over cells of the mask at most.",
    needs=FORWARD,
)
def test_forward_has_no_loop_over_images_or_filters(student, rng):
    """conv2d_forward: no Python loop over images, channels or filters"""

    def images(who, rng, n):
        return rng.normal(size=(n, 2, 3, 4)), rng.normal(size=(3, 2, 2, 2)), np.ones(3)

    def channels(who, rng, n):
        return rng.normal(size=(2, n, 3, 4)), rng.normal(size=(3, n, 2, 2)), np.ones(3)

    def filters(who, rng, n):
        return rng.normal(size=(2, 3, 3, 4)), rng.normal(size=(n, 3, 2, 2)), np.ones(n)

    check_vectorised(student, "conv2d_forward", images, rng, axis="batch")
    check_vectorised(student, "conv2d_forward", channels, rng, axis="channel")
    check_vectorised(student, "conv2d_forward", filters, rng, axis="filter")
