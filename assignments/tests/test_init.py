"""Local tests of `nn/init.py`. Run them with ``pytest tests/test_init.py``.

Random numbers are judged by their statistics. With 250,000 draws or more a standard deviation is
within 1% of the true one and a mean within 0.015 standard deviations of 0, but for one run in ten
billion: for normal draws of standard deviation s, the sum of squares over s**2 is chi-squared, and
it is off by 2% with a probability of at most 2 exp(-24) = 8e-11; the mean would be 7.5 standard
errors away. Even draws vary less. So a failure is no bad luck.
"""

import numpy as np

from shared import (
    FAIR,
    check_array,
    check_close,
    check_number,
    check_vectorised,
    numerical_gradient,
    points,
)

LN3 = np.log(3.0)
LINEAR = (400, 640)  # 256,000 weights
KERNELS = (80, 40, 10, 8)  # 256,000 weights; 3,200 numbers in, 6,400 out


def check_spread(got, std, *, shape, what):
    """The mean is 0 and the standard deviation is `std`, for 250,000 draws or more."""
    array = check_array(got, what=what, shape=shape)
    deviation = np.sqrt(np.mean(array**2))
    check_number(deviation, std, what=f"standard deviation of {what}", limit=0.01)
    check_number(array.mean() / std, 0, what=f"mean of {what}, over std", limit=0.015)


def check_different(a, b):
    """Two arrays of random numbers have nothing in common, at any place."""
    assert a.shape == b.shape
    assert not np.any(a == b)


# The two fans


@points(0.5, hint="An output of a linear layer adds D inputs; an input goes into M outputs.")
def test_fans_of_a_linear_layer(student):
    """fan_in_and_fan_out: linear layers"""
    for d, m in ((3, 5), (784, 10), (1, 7)):
        fan_in, fan_out = student.fan_in_and_fan_out((d, m))
        check_number(fan_in, d, what="fan_in")
        check_number(fan_out, m, what="fan_out")


@points(1.5, hint="A kernel adds C channels at KH x KW places; mind which axis F and C are.")
def test_fans_of_a_convolution(student):
    """fan_in_and_fan_out: convolutions, counted by hand"""
    for shape, into, out in (
        ((6, 4, 3, 2), 24, 36),
        ((16, 6, 5, 5), 150, 400),
        ((2, 7, 1, 4), 28, 8),
    ):
        fan_in, fan_out = student.fan_in_and_fan_out(shape)
        check_number(fan_in, into, what="fan_in")
        check_number(fan_out, out, what="fan_out")


# Identical weights


@points(1, hint="One float64 value everywhere, whatever the number of axes.")
def test_constant(student):
    """constant: the value everywhere, as float64"""
    for shape, value in (((3,), 0.0), ((2, 4), -1.5), ((2, 1, 3, 5), 0.1)):
        check_close(student.constant(shape, value), np.zeros(shape) + value, what="w")


def output_of_a_network(w1, w2):
    """The output of a network of one hidden layer of sigmoids, without biases, at x = (1, 2)."""
    return (1 / (1 + np.exp(-np.array([[1.0, 2.0]]) @ w1))) @ w2


@points(1, hint="Only different weights can learn different things: every column needs its own.")
def test_identical_weights_stay_identical(student):
    """constant, xavier_uniform: equal neurons stay equal in training, random ones differ"""

    def loss(w1, w2):
        return float(np.sum((output_of_a_network(w1, w2) - 0.25) ** 2) / 2)

    w1 = check_array(student.constant((2, 3), LN3 / 3), what="w", shape=(2, 3))
    w2 = check_array(student.constant((3, 1), 1.0), what="w", shape=(3, 1))
    # By hand, in the handout: every column of the gradient is (3/8, 3/4).
    first = numerical_gradient(lambda w: loss(w, w2), w1)
    check_close(first, np.array([[0.375] * 3, [0.75] * 3]), what="dw1", limit=FAIR)
    for _ in range(3):
        dw1 = numerical_gradient(lambda w, w2=w2: loss(w, w2), w1)
        dw2 = numerical_gradient(lambda w, w1=w1: loss(w1, w), w2)
        w1, w2 = w1 - 0.1 * dw1, w2 - 0.1 * dw2
    check_close(w1, w1[:, :1] @ np.ones((1, 3)), what="w1 after three steps", limit=FAIR)
    w = check_array(student.xavier_uniform((50, 3), student.generator(1)), what="w", shape=(50, 3))
    check_different(w, np.roll(w, 1, axis=1))
    check_different(w, np.roll(w, 1, axis=0))


# The size of random weights


@points(1, hint="Around 0; std is the standard deviation and not its square.")
def test_normal_spread(student):
    """normal: mean 0 and the standard deviation that was asked for"""
    for shape, std in ((LINEAR, 0.01), ((256_000,), 3.0)):
        check_spread(student.normal(shape, std, student.generator(2)), std, shape=shape, what="w")


@points(
    1.5, hint="The variance of even numbers between -a and a is a * a / 3. Which a do you need?"
)
def test_xavier_uniform_spread_and_bounds(student):
    """xavier_uniform: the standard deviation and the bounds for a linear layer"""
    std = np.sqrt(2 / 1040)
    w = student.xavier_uniform(LINEAR, student.generator(3))
    check_spread(w, std, shape=LINEAR, what="w")
    # Of 256,000 even draws, one lies within 0.1% of each bound but for 1 run in 10 ** 55.
    check_number(w.max(), np.sqrt(3) * std, what="largest w", limit=0.001)
    check_number(w.min(), -np.sqrt(3) * std, what="smallest w", limit=0.001)


@points(1, hint="Both fans count, and their mean is what Xavier divides by.")
def test_xavier_normal_spread(student):
    """xavier_normal: the standard deviation for a linear layer, and tails"""
    std = np.sqrt(2 / 1040)
    w = student.xavier_normal(LINEAR, student.generator(4))
    check_spread(w, std, shape=LINEAR, what="w")
    # 4.55% of normal numbers lie beyond two standard deviations; 7% of that: 7.7 standard errors.
    check_number(np.mean(np.abs(w) > 2 * std), 0.0455, what="share beyond 2 std", limit=0.07)


@points(1, hint="Only the fan-in counts, and half of the signal is lost in a ReLU.")
def test_kaiming_normal_spread(student):
    """kaiming_normal: the standard deviation for a linear layer"""
    w = student.kaiming_normal(LINEAR, student.generator(5))
    check_spread(w, np.sqrt(2 / 400), shape=LINEAR, what="w")


@points(
    1,
    hint="The fans of a convolution count the kernel's area.",
    needs=("test_fans_of_a_convolution",),
)
def test_spread_for_convolutions(student):
    """xavier_uniform, xavier_normal, kaiming_normal: the standard deviation for kernels"""
    # The numbers that the variance 2 is divided by.
    shares = {"xavier_uniform": 9600, "xavier_normal": 9600, "kaiming_normal": 3200}
    for name, share in shares.items():
        w = getattr(student, name)(KERNELS, student.generator(6))
        check_spread(w, np.sqrt(2 / share), shape=KERNELS, what=f"w of {name}")


@points(1, hint="Draw from the generator that you are given, from it alone, and do not seed it.")
def test_generator_is_used(student):
    """every random function: two calls differ, and the same seed repeats"""

    def first_weights(rng):
        parameters = student.init_mlp((5, 4), "xavier_normal", rng)
        check_number(len(parameters), 1, what="length of the list")
        return parameters[0][0]

    drawn = {
        "normal": lambda rng: student.normal((5, 4), 0.5, rng),
        "xavier_uniform": lambda rng: student.xavier_uniform((5, 4), rng),
        "xavier_normal": lambda rng: student.xavier_normal((5, 4), rng),
        "kaiming_normal": lambda rng: student.kaiming_normal((3, 2, 2, 2), rng),
        "init_mlp": first_weights,
    }
    for name, draw in drawn.items():
        rng, twin, other = (student.generator(seed) for seed in (7, 7, 8))
        first, second = (check_array(draw(rng), what=f"w of {name}") for _ in range(2))
        check_close(draw(twin), first, what=f"w of {name}, of the same seed")
        check_close(draw(twin), second, what=f"w of {name}, of the same seed, second call")
        third = check_array(draw(other), what=f"w of {name}", shape=first.shape)
        check_different(first, second)
        check_different(first, third)


# A network's parameters


@points(1, hint="One (w, b) per pair of neighbouring sizes, w of shape (inputs, outputs), b zero.")
def test_init_mlp_structure(student):
    """init_mlp: the shapes of all layers, and zero biases"""
    for sizes in ((3, 4), (5, 3, 2), (4, 7, 6, 5, 3)):
        for scheme in ("xavier_uniform", "xavier_normal", "kaiming_normal"):
            parameters = student.init_mlp(sizes, scheme, student.generator(9))
            check_number(len(parameters), len(sizes) - 1, what="length of the list")
            for i, (w, b) in enumerate(parameters):
                check_array(w, what=f"w of layer {i + 1}", shape=sizes[i : i + 2])
                check_close(b, np.zeros(sizes[i + 1]), what=f"b of layer {i + 1}")


@points(
    0.5,
    hint="A generator draws whole arrays: rng.normal(size=shape).",
    needs=("test_normal_spread", "test_xavier_uniform_spread_and_bounds"),
)
def test_no_loop_over_weights(student, rng):
    """normal, xavier_uniform: no Python loop over the weights"""

    def plain(who, rng, n):
        return (n, 3), 0.1, who.generator(int(rng.integers(1000)))

    def uniform(who, rng, n):
        return (n, 3), who.generator(int(rng.integers(1000)))

    check_vectorised(student, "normal", plain, rng, axis="first")
    check_vectorised(student, "xavier_uniform", uniform, rng, axis="first")
