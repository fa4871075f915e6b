"""Hidden tests of `init`: the shape of the distributions, other shapes, layers of a network.

False alarms: a test fails a right solution in less than 1 run in 10 ** 9, whatever the seed. The
share of n draws with the chance p each may be `SIGMAS` = 7.5 standard errors off; summed over the
binomial distribution, a right one is further off in 1 run in 10 ** 12 at most, for every n and p
below. Spreads are as in the local tests: 250,000 draws at least, 1% for the standard deviation (at
most 8e-11), 7.5 standard errors for the mean (at most 2e-12).
"""

from itertools import pairwise

import numpy as np

from shared import check_array, check_close, check_number, points

SIGMAS = 7.5
FANS = ("test_fans_of_a_linear_layer", "test_fans_of_a_convolution")
# The chance of a normal number to lie beyond this many standard deviations.
NORMAL = {0.5: 0.6170750775, 1.0: 0.3173105079, 2.0: 0.0455002639, 3.0: 0.0026997961}
# The same for an even one; its bound is the root of 3 standard deviations.
EVEN = {k: 1 - k / np.sqrt(3) for k in (0.25, 0.75, 1.25, 1.7)}


def check_shares(got, std, chances, *, shape, what):
    """The mean, the standard deviation, and how many numbers lie beyond some multiples of it."""
    a = check_array(got, what=what, shape=shape)
    deviation = np.sqrt(np.mean(a**2))
    check_number(deviation, std, what=f"standard deviation of {what}", limit=0.01)
    check_number(a.mean() / std, 0, what=f"mean of {what}", limit=SIGMAS / np.sqrt(a.size))
    for multiple, chance in chances.items():
        for share, p in (
            (np.mean(np.abs(a) > multiple * std), chance),
            (np.mean(a > multiple * std), chance / 2),
        ):
            limit = SIGMAS * np.sqrt((1 - p) / (p * a.size))
            check_number(share, p, what=f"share of large {what}", limit=limit)


@points(1, hint="The kernel's area is KH x KW, whatever the two are; a 1 x 1 kernel has area 1.")
def test_fans_of_many_shapes(student):
    """fan_in_and_fan_out: many linear layers and kernels"""
    for d, m in ((1, 1), (2, 300), (9216, 4096), (5, 4)):
        fan_in, fan_out = student.fan_in_and_fan_out((d, m))
        check_number(fan_in, d, what="fan_in")
        check_number(fan_out, m, what="fan_out")
    for f, c, kh, kw in ((7, 3, 1, 1), (5, 1, 2, 7), (96, 3, 11, 11), (1, 4, 3, 1), (3, 5, 1, 3)):
        fan_in, fan_out = student.fan_in_and_fan_out((f, c, kh, kw))
        check_number(fan_in, c * kh * kw, what="fan_in")
        check_number(fan_out, f * kh * kw, what="fan_out")


@points(0.5, hint="float64 also where the value is a whole number.")
def test_constant_of_whole_numbers(student):
    """constant: whole numbers, 0 and 1 among them, are float64"""
    for shape, value in (((3, 2), 1), ((4,), 0), ((2, 3, 1, 2), -7), ((1,), 2.5)):
        check_close(student.constant(shape, value), np.full(shape, float(value)), what="w")


@points(1, hint="Not cut off, not even, not of size std squared: rng.normal takes the std.")
def test_normal_distribution(student, rng):
    """normal: the shape of the distribution, for several std and shapes"""
    cases = (((500, 510), 1.0), ((8, 50, 25, 26), 1e-3), ((251_000,), 20.0))
    for shape, std in cases:
        w = student.normal(shape, std, student.generator(int(rng.integers(2**31))))
        check_shares(w, std, NORMAL, shape=shape, what="w")


@points(1.5, hint="Even between the bounds, and the bounds follow from the variance.", needs=FANS)
def test_xavier_uniform_distribution(student, rng):
    """xavier_uniform: an even distribution and its bounds, linear layers and kernels"""
    for shape, fans in (((1000, 255), 1255), ((255, 1000), 1255), ((40, 90, 10, 7), 9100)):
        std = np.sqrt(2 / fans)
        w = student.xavier_uniform(shape, student.generator(int(rng.integers(2**31))))
        check_shares(w, std, EVEN, shape=shape, what="w")
        # Of 250,000 draws, none in the last 0.1% before a bound: a chance of 10 ** -54.
        check_number(w.max() / std, np.sqrt(3), what="largest w", limit=0.001)
        check_number(w.min() / std, -np.sqrt(3), what="smallest w", limit=0.001)


@points(1.5, hint="Normal numbers; the fans differ between Xavier and Kaiming.", needs=FANS)
def test_normal_schemes_distribution(student, rng):
    """xavier_normal, kaiming_normal: a normal distribution, linear layers and kernels"""
    for shape, into, out in (((1000, 255), 1000, 255), ((40, 90, 7, 10), 6300, 2800)):
        for name, variance in (("xavier_normal", 2 / (into + out)), ("kaiming_normal", 2 / into)):
            w = getattr(student, name)(shape, student.generator(int(rng.integers(2**31))))
            check_shares(w, np.sqrt(variance), NORMAL, shape=shape, what=f"w of {name}")


@points(0.5, hint="Each weight is a draw of its own: no row, column or block is used twice.")
def test_weights_are_independent(student, rng):
    """every random function: no value comes twice, rows and columns have means of their own"""
    n, m = 500, 510
    functions = {
        "normal": lambda g: student.normal((n, m), 1.0, g),
        "xavier_uniform": lambda g: student.xavier_uniform((n, m), g),
        "xavier_normal": lambda g: student.xavier_normal((n, m), g),
        "kaiming_normal": lambda g: student.kaiming_normal((n, m), g),
    }
    for name, draw in functions.items():
        generator = student.generator(int(rng.integers(2**31)))
        w = check_array(draw(generator), what=f"w of {name}", shape=(n, m))
        # Even and normal means alike stay below 8 standard errors, but for 2 exp(-32) each.
        for axis, count in ((0, n), (1, m)):
            worst = np.abs(w.mean(axis=axis)).max() / w.std() * np.sqrt(count)
            assert worst < 8
        # 255,000 doubles share a value with another one hardly ever, and never a hundred of them.
        assert np.unique(w).size > w.size - 100


@points(1.5, hint="Each layer has its own fans: those of its own w.", needs=FANS)
def test_init_mlp_spread_of_every_layer(student, rng):
    """init_mlp: the distribution of each layer's weights, for each scheme"""
    sizes = (250, 1000, 260)
    for scheme in ("xavier_uniform", "xavier_normal", "kaiming_normal"):
        generator = student.generator(int(rng.integers(2**31)))
        parameters = student.init_mlp(sizes, scheme, generator)
        check_number(len(parameters), 2, what="length of the list")
        for (w, b), (d, m) in zip(parameters, pairwise(sizes), strict=True):
            variance = 2 / d if scheme == "kaiming_normal" else 2 / (d + m)
            chances = EVEN if scheme == "xavier_uniform" else NORMAL
            check_shares(w, np.sqrt(variance), chances, shape=(d, m), what=f"w of {scheme}")
            check_close(b, np.zeros(m), what="b")


@points(0.5, hint="One generator for all layers, one draw after the other.")
def test_layers_of_a_network_differ(student, rng):
    """init_mlp: layers of equal sizes differ, networks too, and a seed repeats all of them"""
    seed = int(rng.integers(2**31))
    for scheme in ("xavier_uniform", "xavier_normal", "kaiming_normal"):
        generator = student.generator(seed)
        nets = [student.init_mlp((6, 6, 6, 6), scheme, generator) for _ in range(2)]
        nets.append(student.init_mlp((6, 6, 6, 6), scheme, student.generator(seed)))
        for net in nets:
            check_number(len(net), 3, what="length of the list")
        ws = [[check_array(w, what="w", shape=(6, 6)) for w, _ in net] for net in nets]
        for i in range(3):
            check_close(ws[2][i], ws[0][i], what="w of the same seed")
            assert not np.any(ws[0][i] == ws[1][i])
            assert not np.any(ws[0][i] == ws[0][i - 1])
