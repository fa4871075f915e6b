"""Local tests of `nn/standardize.py`. Run them with ``pytest tests/test_standardize.py``.

The numbers of the worked example are those of the handout.
"""

import numpy as np

from shared import (
    check_array,
    check_close,
    check_silent,
    check_unchanged,
    check_vectorised,
    points,
)

# The worked example: five examples, three features.
X = np.array(
    [
        [1.0, 3.0, 100.0],
        [5.0, 9.0, 103.0],
        [3.0, 10.0, 97.0],
        [5.0, 11.0, 103.0],
        [1.0, 17.0, 97.0],
    ]
)
MEAN, STD = np.array([3.0, 10.0, 100.0]), np.array([2.0, 5.0, 3.0])
CENTRED = np.array(
    [[-2.0, -7.0, 0.0], [2.0, -1.0, 3.0], [0.0, 0.0, -3.0], [2.0, 1.0, 3.0], [-2.0, 7.0, -3.0]]
)


@points(1, hint="One mean per feature: average over the rows, and return both arrays.")
def test_center_worked_example(student):
    """center: the worked example of the handout"""
    centred, mean = student.center(X)
    check_close(centred, CENTRED, what="centred", columns=True)
    check_close(mean, MEAN, what="mean")


@points(0.5, hint="What matters is the sign of an input: around its mean it has both.")
def test_centred_inputs_push_weights_both_ways(student):
    """center: positive inputs push all weights of a neuron one way, and centred ones do not"""
    x = np.array([[4.0, 1.0, 6.0], [2.0, 5.0, 4.0], [1.0, 2.0, 9.0], [5.0, 4.0, 1.0]])
    delta = np.array([[0.5], [-2.0], [1.0], [-0.1]])  # dL/dz of one neuron, for each example
    # An example asks for a change of the weights along delta * x. Every row has a single sign:
    one_way = np.array([[1, 1, 1], [-1, -1, -1], [1, 1, 1], [-1, -1, -1]])
    check_close(np.sign(delta * x), one_way * 1.0, what="direction for x")
    centred = check_array(student.center(x)[0], what="centred", shape=(4, 3))
    both_ways = np.array([[1, -1, 1], [1, -1, 1], [-1, -1, 1], [-1, -1, 1]])
    check_close(np.sign(delta * centred), both_ways * 1.0, what="direction for centred x")


@points(1.5, hint="Sum the squares around the mean, divide by N - 1, take the root: per feature.")
def test_fit_worked_example(student):
    """fit_standardizer: the worked example of the handout"""
    mean, std = student.fit_standardizer(X)
    check_close(mean, MEAN, what="mean", clues={"looks-out-of-order": STD})
    check_close(std, STD, what="std", sizes={"batch": len(X)})


@points(
    0.5, hint="Around its own mean a sample looks too narrow; dividing by N - 1 makes up for it."
)
def test_fit_is_right_on_average(student):
    """fit_standardizer: the squared std of all samples of two is right on average"""
    # The numbers 0, 3, 6 have variance 6. Nine pairs can be drawn from them: three of equal
    # numbers, with variance 0, and these six, one in each column.
    samples = np.array([[0.0, 3.0, 0.0, 6.0, 3.0, 6.0], [3.0, 0.0, 6.0, 0.0, 6.0, 3.0]])
    _, std = student.fit_standardizer(samples)
    std = check_array(std, what="std", shape=(6,))
    check_close(np.sum(std**2) / 9, 6.0, what="the average of std squared")


@points(1.5, hint="Use the mean and the std that you are given, not those of x.")
def test_standardize_worked_example(student):
    """standardize: the training set and new data, with the training set's statistics"""
    y = student.standardize(X, MEAN, STD)
    expected = [[-1.0, -1.4, 0.0], [1.0, -0.2, 1.0], [0, 0, -1.0], [1.0, 0.2, 1.0], [-1, 1.4, -1]]
    check_close(y, np.array(expected), what="y of the training set", columns=True)
    new = np.array([[4.0, 0.0, 106.0], [3.0, 25.0, 100.0]])
    expected = np.array([[0.5, -2.0, 2.0], [0.0, 3.0, 0.0]])
    check_close(student.standardize(new, MEAN, STD), expected, what="y of new data", columns=True)
    y = student.standardize(new[:1], MEAN, STD)
    check_close(y, expected[:1], what="y of one new example", columns=True)


@points(1.5, hint="Are all values of a column equal? Rounding may hide it from the computed std.")
def test_constant_feature(student):
    """fit_standardizer, standardize: features with one value only"""
    # The mean of ten times 0.1 is not 0.1 to the last digit, for most ways to add.
    x = np.array([[7.0, 0.1, 1.0], [7.0, 0.1, 3.0]] * 5)
    mean, std = student.fit_standardizer(x)
    check_close(std, np.array([1.0, 1.0, np.sqrt(10 / 9)]), what="std")
    check_close(mean, np.array([7.0, 0.1, 2.0]), what="mean")
    y = student.standardize(x, mean, std)
    expected = np.array([[0.0, 0.0, -np.sqrt(0.9)], [0.0, 0.0, np.sqrt(0.9)]] * 5)
    check_close(y, expected, what="y", columns=True)
    # Three times 0.1 is another sum that does not come out even.
    _, std = student.fit_standardizer(np.full((3, 2), 0.1))
    check_close(std, np.ones(2), what="std of three equal rows")
    check_silent(student)


@points(1, hint="Subtract the mean first, then square: E[x^2] - E[x]^2 loses the digits.")
def test_std_far_from_zero(student):
    """fit_standardizer: adding 1000 to a feature leaves its std"""
    # Multiples of 1/256, so that adding 1000 is exact; their means are not.
    x = np.array([[8, -7, 3], [-7, 2, 5], [1, 4, -8], [6, 0, -2], [-2, 5, 7]]) / 256
    _, near = student.fit_standardizer(x)
    _, far = student.fit_standardizer(x + np.array([1000, -2000, 0]))
    check_close(far, check_array(near, what="std", shape=(3,)), what="std far from zero")


@points(0.5, hint="float32 in, float32 out, for the data and for the statistics.")
def test_float32_is_kept(student, rng):
    """every function: float32 input gives float32 output"""
    x = rng.normal(size=(5, 3)).astype(np.float32)
    centred, mean = student.center(x)
    check_array(centred, what="centred", shape=(5, 3), dtype=np.float32)
    check_array(mean, what="mean of center", shape=(3,), dtype=np.float32)
    mean, std = student.fit_standardizer(x)
    check_array(mean, what="mean of fit_standardizer", shape=(3,), dtype=np.float32)
    check_array(std, what="std", shape=(3,), dtype=np.float32)
    y = student.standardize(x, x[0], np.abs(x[1]) + 1)
    check_array(y, what="y", shape=(5, 3), dtype=np.float32)


@points(0.5, hint="x -= ... writes into the caller's array; x - ... makes a new one.")
def test_arguments_are_unchanged(student):
    """every function: its arguments are left as they were"""
    student.center(X)
    student.fit_standardizer(X)
    student.standardize(X, MEAN, STD)
    # With a constant feature too.
    student.fit_standardizer(np.array([[7.0, 1.0], [7.0, 3.0], [7.0, 5.0]]))
    student.standardize(X, MEAN, np.array([2.0, 0.5, 1.0]))
    check_unchanged(student)


@points(
    0.5,
    hint="A mean over the rows is one call of NumPy, for all features at once.",
    needs=(
        "test_center_worked_example",
        "test_fit_worked_example",
        "test_standardize_worked_example",
    ),
)
def test_no_loop_over_the_examples(student, rng):
    """every function: no Python loop over the examples"""

    def data(who, rng, n):
        return (rng.normal(size=(n, 3)),)

    def fitted(who, rng, n):
        return rng.normal(size=(n, 3)), rng.normal(size=3), rng.uniform(1, 2, size=3)

    check_vectorised(student, "center", data, rng, axis="example")
    check_vectorised(student, "fit_standardizer", data, rng, axis="example")
    check_vectorised(student, "standardize", fitted, rng, axis="example")
