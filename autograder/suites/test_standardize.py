"""Hidden tests of `standardize`: more shapes and layouts, awkward constants, loops, time."""

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_runtime,
    check_silent,
    check_vectorised,
    points,
)

CENTER = ("test_center_worked_example",)
FIT = ("test_fit_worked_example",)
STANDARDIZE = ("test_standardize_worked_example",)


def draw(rng, n, d):
    """Random data; the features differ in level and spread, and the spread is never 0.

    Every feature is a line in random order, and a little noise.
    """
    base = rng.permuted(np.tile(np.linspace(-1.5, 1.5, n), (d, 1)), axis=1).T
    base = base + rng.uniform(-0.2, 0.2, size=base.shape)
    level = rng.uniform(1, 4, size=d) * rng.choice([-1.0, 1.0], size=d)
    return np.ascontiguousarray(level + rng.uniform(0.3, 3, size=d) * base)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


@points(1, hint="Every column has its own mean, whatever the order in memory.")
def test_center_shapes_and_layouts(student, reference, rng):
    """center: many shapes and memory layouts, float32 too"""
    for n, d in ((6, 4), (2, 5), (9, 1), (3, 50)):
        x = draw(rng, n, d)
        expected, means = reference.center(x)
        for layout in layouts(x):
            centred, mean = student.center(layout)
            check_close(centred, expected, what="centred", columns=True)
            check_close(mean, means, what="mean")
        centred, mean = student.center(x.astype(np.float32))
        check_close(centred, expected, what="centred in float32", limit=FLOAT32, dtype=np.float32)
        check_close(mean, means, what="mean in float32", limit=FLOAT32, dtype=np.float32)
    x = draw(rng, 1, 3)
    centred, mean = student.center(x)
    check_close(centred, np.zeros((1, 3)), what="centred, one example")
    check_close(mean, x[0], what="mean of one example")


@points(1.5, hint="Divide by N - 1, for two examples too; nothing is added to the std.")
def test_fit_shapes_and_layouts(student, reference, rng):
    """fit_standardizer: many shapes and memory layouts, two examples, float32 too"""
    for n, d in ((6, 4), (2, 5), (9, 1), (3, 50)):
        x = draw(rng, n, d)
        means, expected = reference.fit_standardizer(x)
        for layout in layouts(x):
            mean, std = student.fit_standardizer(layout)
            check_close(mean, means, what="mean")
            check_close(std, expected, what="std")
        mean, std = student.fit_standardizer(x.astype(np.float32))
        check_close(mean, means, what="mean in float32", limit=FLOAT32, dtype=np.float32)
        check_close(std, expected, what="std in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="The data's own statistics play no part, and its number of rows does not either.")
def test_standardize_new_data(student, reference, rng):
    """standardize: new data of any number of rows, any layout, float32 too"""
    for d in (4, 1, 7):
        mean, std = reference.fit_standardizer(draw(rng, 8, d))
        for n in (6, 1, 2):
            x = 3 * draw(rng, n, d)
            expected = reference.standardize(x, mean, std)
            for layout in layouts(x):
                check_close(
                    student.standardize(layout, mean, std), expected, what="y", columns=True
                )
            small = (a.astype(np.float32) for a in (x, mean, std))
            y = student.standardize(*small)
            check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="Constant means that all values are equal. Small is not constant.")
def test_constant_and_nearly_constant_features(student, rng):
    """fit_standardizer, standardize: awkward constants, and spreads that are small but real"""
    for n in (3, 7, 10):
        # Many, because the rounded mean of a constant is often the constant after all.
        value = rng.uniform(1, 9, size=60) * np.repeat([1e-3, 1.0, 1000.0], 20)
        _, std = student.fit_standardizer(np.tile(value, (n, 1)))
        check_close(std, np.ones(60), what="std of constants")
        line = np.arange(n) - (n - 1) / 2
        sizes = np.array([1e-9, 1e-6, 1.0])
        small = line[:, None] * sizes
        unit = np.sqrt(n * (n + 1) / 12)  # the std of 0, 1, ..., n - 1
        _, std = student.fit_standardizer(small)
        # Each by its own size: a relative error of the whole array would see the largest only.
        std = check_array(std, what="std", shape=(3,)) / sizes
        check_close(std, np.full(3, unit), what="std of a small feature")
        y = student.standardize(small, np.zeros(3), unit * sizes)
        check_close(y, np.repeat(line[:, None] / unit, 3, axis=1), what="y", columns=True)
    check_silent(student)


@points(0.5, hint="Square what is centred. A sum of squares of large numbers has no digits left.")
def test_spread_far_from_zero(student, reference, rng):
    """center, fit_standardizer: features with mean 1000 and a spread of 0.01"""
    for n, d in ((6, 4), (30, 3)):
        x = 1000 + 0.01 * draw(rng, n, d)
        expected, means = reference.center(x)
        centred, mean = student.center(x)
        # The mean itself is rounded, at 1e-16 * 1000 / 0.01.
        check_close(centred, expected, what="centred", limit=1e-8, columns=True)
        check_close(mean, means, what="mean")
        _, std = student.fit_standardizer(x)
        check_close(std, reference.fit_standardizer(x)[1], what="std", limit=1e-8)


@points(
    0.5,
    hint="Features are an axis: the statistics of all come out of one call.",
    needs=(*CENTER, *FIT, *STANDARDIZE),
)
def test_no_loop_over_features(student, rng):
    """every function: no Python loop over the features"""

    def data(who, rng, d):
        return (draw(rng, 5, d),)

    def fitted(who, rng, d):
        return draw(rng, 5, d), rng.normal(size=d), rng.uniform(1, 2, size=d)

    check_vectorised(student, "center", data, rng, axis="feature")
    check_vectorised(student, "fit_standardizer", data, rng, axis="feature")
    check_vectorised(student, "standardize", fitted, rng, axis="feature")


@points(
    0.5,
    hint="The work should grow with N x D. Is there an N x N array on the way?",
    needs=FIT,
    yardstick="plain",
)
def test_fit_run_time(student, yardstick, rng):
    """fit_standardizer: takes time in proportion to the number of examples"""

    def build(who, rng, n):
        return (draw(rng, n, 8),)

    check_runtime(student, "fit_standardizer", build, rng, size=4000, beside=yardstick)
