"""Local tests of `nn/pool.py`. Run them with ``pytest tests/test_pool.py``.

The numbers of the worked examples are those of the handout. Several tests use images in which every
pixel holds its own address: the pixel at image 1, channel 2, row 3, column 4 is 1234.5. The largest
address of a window is that of its lower right corner; the numbers are also tried with a minus.
"""

import numpy as np

from shared import (
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_unchanged,
    check_vectorised,
    points,
    upstream_of_ones,
)

PICTURE = np.array([[[[1.0, 3, 2, 0], [5, 2, 1, 4], [0, 1, -2, -1], [2, 1, -3, -5]]]])
UPSTREAM = np.array([[[[0.5, -1.0], [2.0, 3.0]]]])
KINDS = ("max", "avg", "min")

# Shape of x, the options, and the sizes that they stand for: window, stride, output.
CASES = (
    ((2, 3, 6, 8), {"window": 2}, (2, 2), (2, 2), (3, 4)),
    ((3, 2, 7, 9), {"window": 3, "stride": 2}, (3, 3), (2, 2), (3, 4)),
    ((1, 4, 5, 6), {"window": (2, 3), "stride": 1}, (2, 3), (1, 1), (4, 4)),
    ((2, 1, 3, 7), {"window": (1, 2)}, (1, 2), (1, 2), (3, 3)),
    ((3, 2, 8, 5), {"window": (4, 2), "stride": (3, 1)}, (4, 2), (3, 1), (2, 4)),
    ((2, 3, 7, 9), {"window": 2, "stride": (4, 3)}, (2, 2), (4, 3), (2, 3)),
)


def functions(student, kind):
    """The forward and the backward of a kind of pooling."""
    return (getattr(student, f"{kind}_pool2d_{way}") for way in ("forward", "backward"))


def addresses(shape):
    """A batch of images whose pixels hold their addresses."""
    return 0.5 + sum(10 ** (3 - axis) * digit for axis, digit in enumerate(np.indices(shape)))


def check_corners(student, kind, sign, last):
    """Hold the answers for images of addresses against the corner of each window that is best."""
    for shape, options, (kh, kw), (sv, sh), out in CASES:
        y, _ = next(functions(student, kind))(sign * addresses(shape), **options)
        n, c, r, s = np.indices((*shape[:2], *out))
        row, column = (r * sv + kh - 1, s * sh + kw - 1) if last else (r * sv, s * sh)
        check_close(y, sign * (1000 * n + 100 * c + 10 * row + column + 0.5), what="y")


def check_differences(student, rng, kind):
    """Compare dx with numerical differences, far from all ties."""
    forward, backward = functions(student, kind)
    for shape, options, (kh, kw), _, out in CASES:
        x = 0.01 * rng.permutation(int(np.prod(shape))).reshape(shape) - 0.7
        dy = rng.normal(size=(*shape[:2], *out))
        y, cache = forward(x, **options)
        check_array(y, what="y", shape=dy.shape)

        def loss(v, dy=dy, options=options):
            return np.sum(dy * check_array(forward(v, **options)[0], what="y", shape=dy.shape))

        clues = upstream_of_ones(loss, x, dy)
        part, of_ones = 1 / (kh * kw) if kind == "avg" else 1, clues["looks-upstream-ignored"]
        # An upstream of ones counts the windows that a pixel has a part in.
        clues["looks-overlap"] = lambda part=part, of_ones=of_ones: of_ones() < 1.5 * part
        check_gradient(loss, x, backward(dy, cache), rng, what="dx", clues=clues)


# Maximum


@points(2, hint="Windows that touch and do not overlap, if no stride is given: one number each.")
def test_max_pool2d_worked_example(student):
    """max_pool2d_forward: the 4 x 4 input with 2 x 2 windows of the handout"""
    y, _ = student.max_pool2d_forward(PICTURE, window=2)
    check_close(y, np.array([[[[5.0, 4.0], [2.0, -1.0]]]]), what="y")
    y, _ = student.max_pool2d_forward(PICTURE, window=3, stride=1)
    check_close(y, np.array([[[[5.0, 4.0], [5.0, 4.0]]]]), what="y of overlapping windows")


@points(2, hint="Window (r, s) starts at row r * SV and column s * SH. Pixels may all be negative.")
def test_max_pool2d_windows(student):
    """max_pool2d_forward: windows and strides, negative pixels too"""
    check_corners(student, "max", 1, last=True)
    check_corners(student, "max", -1, last=False)


MAX = ("test_max_pool2d_worked_example", "test_max_pool2d_windows")


@points(
    2, hint="Each window hands its dy to its largest pixel, and nothing to the others.", needs=MAX
)
def test_max_pool2d_backward_worked_example(student):
    """max_pool2d_backward: the worked example of the handout"""
    _, cache = student.max_pool2d_forward(PICTURE, window=2)
    dx = student.max_pool2d_backward(UPSTREAM, cache)
    expected = np.zeros((1, 1, 4, 4))
    expected[0, 0, 1, 0], expected[0, 0, 1, 3], expected[0, 0, 3, 0], expected[0, 0, 2, 3] = (
        UPSTREAM.ravel()
    )
    check_close(dx, expected, what="dx")


@points(
    2, hint="A pixel may be the largest of several windows: add up what they hand it.", needs=MAX
)
def test_max_pool2d_backward_matches_differences(student, rng):
    """max_pool2d_backward: dx matches numerical differences"""
    check_differences(student, rng, "max")


@points(
    1,
    hint="If two pixels share the maximum, they share the dy: both in full is twice too much.",
    needs=MAX,
)
def test_max_pool2d_backward_ties(student):
    """max_pool2d_backward: equal pixels share the dy, by any rule"""
    x = np.array([[[[0.0, 0, 2, 1], [0, 0, 2, 2]], [[3, 1, -1, -1], [1, 3, -1, -1]]]])
    for c, s in np.ndindex(2, 2):
        dy = np.zeros((1, 2, 1, 2))
        dy[0, c, 0, s] = 1.5
        dx = student.max_pool2d_backward(dy, student.max_pool2d_forward(x, window=2)[1])
        dx = check_array(dx, what="dx", shape=x.shape)
        window = np.zeros(x.shape, dtype=bool)
        window[0, c, :, 2 * s : 2 * s + 2] = True
        others = ~(window & (x == x[window].max()))
        check_close(dx[others], np.zeros(others.sum()), what="dx of pixels that are no maximum")
        check_number(dx.sum(), 1.5, what="sum of dx over the window")


# Average


@points(2, hint="The sum of the KH * KW pixels divided by KH * KW.")
def test_avg_pool2d_windows(student):
    """avg_pool2d_forward: worked by hand, and windows and strides"""
    y, _ = student.avg_pool2d_forward(PICTURE, window=2)
    check_close(y, np.array([[[[2.75, 1.75], [1.0, -2.75]]]]), what="y")
    for shape, options, (kh, kw), (sv, sh), out in CASES:
        y, _ = student.avg_pool2d_forward(addresses(shape), **options)
        n, c, r, s = np.indices((*shape[:2], *out))
        row, column = r * sv + (kh - 1) / 2, s * sh + (kw - 1) / 2
        check_close(y, 1000 * n + 100 * c + 10 * row + column + 0.5, what="y")


@points(
    2,
    hint="Each of the KH * KW pixels of a window has the same part in its average.",
    needs=("test_avg_pool2d_windows",),
)
def test_avg_pool2d_backward_matches_differences(student, rng):
    """avg_pool2d_backward: dx matches numerical differences"""
    check_differences(student, rng, "avg")


# Minimum


@points(1.5, hint="The smallest pixel is the largest of the negated ones, negated again.")
def test_min_pool2d_windows(student):
    """min_pool2d_forward: worked by hand, and windows and strides"""
    y, _ = student.min_pool2d_forward(PICTURE, window=2)
    check_close(y, np.array([[[[1.0, 0.0], [0.0, -5.0]]]]), what="y")
    check_corners(student, "min", 1, last=False)
    check_corners(student, "min", -1, last=True)


@points(
    1.5,
    hint="dx goes to the smallest pixel, with the sign of dy.",
    needs=("test_min_pool2d_windows",),
)
def test_min_pool2d_backward_matches_differences(student, rng):
    """min_pool2d_backward: dx matches numerical differences"""
    check_differences(student, rng, "min")


# What holds for every function


@points(0.5, hint="float32 in, float32 out. np.zeros and np.full without a dtype are float64.")
def test_float32_is_kept(student, rng):
    """every function: float32 input gives float32 output"""
    x, dy = (rng.normal(size=s).astype(np.float32) for s in ((2, 3, 5, 7), (2, 3, 2, 3)))
    for kind in KINDS:
        forward, backward = functions(student, kind)
        y, cache = forward(x, window=(3, 2), stride=2)
        check_array(y, what=f"y of {kind}_pool2d_forward", shape=dy.shape, dtype=np.float32)
        dx = backward(dy, cache)
        check_array(dx, what=f"dx of {kind}_pool2d_backward", shape=x.shape, dtype=np.float32)


@points(0.5, hint="out=x and dy /= ... write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """every function: its arguments are left as they were"""
    for kind in KINDS:
        forward, backward = functions(student, kind)
        _, cache = forward(rng.normal(size=(2, 3, 5, 7)), window=(3, 2), stride=2)
        backward(rng.normal(size=(2, 3, 2, 3)), cache)
    check_unchanged(student)


@points(0.5, hint="What the way back needs goes into the cache, and not into a global variable.")
def test_calls_do_not_mix(student, rng):
    """forward, another forward, backward: the gradient is that of the first call"""
    x, other, dy = *rng.normal(size=(2, 2, 3, 5, 7)), rng.normal(size=(2, 3, 2, 3))
    for kind in KINDS:
        forward, backward = functions(student, kind)
        _, cache = forward(x, window=(3, 2), stride=2)
        alone = check_array(backward(dy, cache), what="dx")
        _, cache = forward(x, window=(3, 2), stride=2)
        forward(other, window=2, stride=1)
        check_close(backward(dy, cache), alone, what=f"dx of {kind}_pool2d_backward", guess=False)


# No Python loop


@points(
    0.5,
    hint="Take what one place in the window sees in all windows at once: it is a slice of x.",
    needs=(*MAX, "test_avg_pool2d_windows", "test_min_pool2d_windows"),
)
def test_forward_has_no_loop(student, rng):
    """max, avg, min: no Python loop over images, channels or windows on the way there"""
    for axis, shape in (
        ("batch", lambda n: (n, 2, 4, 3)),
        ("channel", lambda n: (2, n, 4, 3)),
        ("row", lambda n: (2, 1, n, 3)),
        ("column", lambda n: (2, 1, 4, n)),
    ):
        for kind in KINDS if axis == "row" else ("max",):

            def build(who, rng, n, shape=shape):
                return (rng.normal(size=shape(n)),), {"window": 2, "stride": 1}

            name = f"{kind}_pool2d_forward"
            check_vectorised(student, name, build, rng, axis=axis)
