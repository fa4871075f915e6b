"""Local tests of `nn/dropout.py`. Run them with ``pytest tests/test_dropout.py``.

Nobody knows which elements you drop, and no test asks. What is looked at must hold for any mask, or
for all but one in a billion: a share of n throws of the dice lies within sqrt(13 / n) of its
probability but for a chance below 1.1e-11 (Hoeffding: 2 exp(-2 n t^2) with n t^2 = 13), and no test
here looks at more than 50 shares.
"""

from itertools import pairwise

import numpy as np

from shared import (
    check_array,
    check_close,
    check_number,
    check_unchanged,
    check_vectorised,
    points,
)


def draw(rng, *shape):
    """Random numbers, none of them near 0: a 0 in the output is then a dropped element."""
    return rng.uniform(0.5, 2, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def forward(student, rng, x, p, **keywords):
    """y and the cache of a forward with a fresh generator, y known to have the shape of x."""
    y, cache = student.dropout_forward(
        x, p, student.generator(int(rng.integers(2**32))), **keywords
    )
    return check_array(y, what="y", shape=x.shape), cache


def check_share(found, expected, what):
    """Require that the share of True in `found` is `expected`, to sqrt(13 / n)."""
    check_number(found.mean(), expected, what=what, limit=np.sqrt(13 / found.size) / expected)


@points(2, hint="What is kept is divided by 1 - p at once: its expected value stays the same.")
def test_kept_elements_are_scaled(student, rng):
    """dropout_forward: every element is 0 or x / (1 - p)"""
    # The handout's example: with p = 3/4 the row (1, 2, 5) becomes four times that, or 0.
    for p, row in ((0.75, [4.0, 8.0, 20.0]), (0.2, [1.25, 2.5, 6.25]), (0.5, [2.0, 4.0, 10.0])):
        x = np.tile([1.0, 2.0, 5.0], (40, 1))
        y, _ = forward(student, rng, x, p)
        check_close(y, np.where(y == 0, 0, row), what="y")
    x = draw(rng, 30, 7)
    y, _ = forward(student, rng, x, 0.4)
    check_close(y, np.where(y == 0, 0, x / 0.6), what="y")


@points(1.5, hint="p is the probability to drop. A uniform number is below p with probability p.")
def test_share_of_dropped_elements(student, rng):
    """dropout_forward: the share of dropped elements is p"""
    for p in (0.2, 0.75):
        y, _ = forward(student, rng, draw(rng, 100, 150), p)
        check_share(y == 0, p, "share of dropped elements")


@points(1.5, hint="One throw of the dice for each element: the mask has the shape of x.")
def test_elements_are_dropped_independently(student, rng):
    """dropout_forward: neighbours do not share a fate, neither in a row nor in a column"""
    y, _ = forward(student, rng, draw(rng, 100, 150), 0.5)
    dropped = y == 0
    # With p = 1/2 two elements agree half of the time, and neighbours' agreements are independent.
    check_share(dropped[:, 1:] == dropped[:, :-1], 0.5, "agreement of neighbours in a row")
    check_share(dropped[1:] == dropped[:-1], 0.5, "agreement of neighbours in a column")


@points(1, hint="Draw from the generator that you are given, anew in each call.")
def test_calls_differ(student, rng):
    """dropout_forward: each call drops other elements, and not always as many"""
    x, generator = draw(rng, 40, 25), student.generator(3)
    masks = []
    for _ in range(9):
        y = check_array(student.dropout_forward(x, 0.5, generator)[0], what="y", shape=x.shape)
        masks.append(y == 0)
    for first, second in pairwise(masks):
        check_share(first == second, 0.5, "agreement of two calls")
    # One number of dropped elements has a chance below 0.026: nine equal ones below 1e-12.
    numbers = {int(mask.sum()) for mask in masks}
    check_number(int(len(numbers) > 1), 1, what="whether the number of dropped elements varies")


@points(1.5, hint="With train=False nothing is dropped and nothing is scaled.")
def test_eval_is_the_identity(student, rng):
    """dropout_forward: evaluation returns x"""
    for p, shape in ((0.5, (6, 5)), (0.2, (1, 3)), (0.0, (4, 7))):
        x = draw(rng, *shape)
        y, _ = forward(student, rng, x, p, train=False)
        check_close(y, x, what="y")


@points(0.5, hint="With p = 0 all is kept, and divided by 1.")
def test_nothing_is_dropped_at_p_zero(student, rng):
    """dropout_forward, dropout_backward: p = 0"""
    x, dy = draw(rng, 30, 20), draw(rng, 30, 20)
    y, cache = forward(student, rng, x, 0.0)
    check_close(y, x, what="y")
    check_close(student.dropout_backward(dy, cache), dy, what="dx")


@points(1.5, hint="y = x * factor, element by element, so dx = dy * factor: keep the factors.")
def test_backward_uses_the_same_mask(student, rng):
    """dropout_backward: dx goes through what was kept, with the same factor"""
    for p, shape in ((0.5, (6, 5)), (0.2, (30, 7)), (0.75, (3, 40))):
        x, dy = draw(rng, *shape), draw(rng, *shape)
        y, cache = forward(student, rng, x, p)
        check_close(student.dropout_backward(dy, cache), dy * (y / x), what="dx", guess=False)


@points(0.5, hint="In evaluation y is x, so the gradient goes through as it is.")
def test_backward_of_eval(student, rng):
    """dropout_backward: after a forward in evaluation dx is dy"""
    x, dy = draw(rng, 6, 5), draw(rng, 6, 5)
    _, cache = forward(student, rng, x, 0.4, train=False)
    check_close(student.dropout_backward(dy, cache), dy, what="dx")


@points(0.5, hint="float32 in, float32 out: a mask of float64 makes all of it float64.")
def test_float32_is_kept(student, rng):
    """dropout_forward, dropout_backward: float32 input gives float32 output"""
    x, dy = draw(rng, 6, 5).astype(np.float32), draw(rng, 6, 5).astype(np.float32)
    for train in (True, False):
        y, cache = student.dropout_forward(x, 0.4, student.generator(1), train=train)
        check_array(y, what="y", shape=(6, 5), dtype=np.float32)
        dx = student.dropout_backward(dy, cache)
        check_array(dx, what="dx", shape=(6, 5), dtype=np.float32)


@points(0.5, hint="x *= mask and x[dropped] = 0 write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """dropout_forward, dropout_backward: their arguments are left as they were"""
    for train in (True, False):
        _, cache = forward(student, rng, draw(rng, 30, 5), 0.4, train=train)
        student.dropout_backward(draw(rng, 30, 5), cache)
    check_unchanged(student)


@points(0.5, hint="The mask belongs into the cache, and not into a global variable.")
def test_calls_do_not_mix(student, rng):
    """forward, another forward, backward: dx is that of the first call"""
    x, dy = draw(rng, 30, 5), draw(rng, 30, 5)
    y, cache = forward(student, rng, x, 0.5)
    forward(student, rng, draw(rng, 30, 5), 0.2)
    forward(student, rng, x, 0.5, train=False)
    check_close(student.dropout_backward(dy, cache), dy * (y / x), what="dx", guess=False)


@points(
    0.5,
    hint="The generator fills a whole array in one call.",
    needs=("test_kept_elements_are_scaled", "test_backward_uses_the_same_mask"),
)
def test_no_loop_over_the_batch(student, rng):
    """dropout_forward, dropout_backward: no Python loop over the batch"""

    def data(who, rng, n):
        return draw(rng, n, 3), 0.5, who.generator(int(rng.integers(2**32)))

    def back(who, rng, n):
        return draw(rng, n, 3), who.dropout_forward(*data(who, rng, n))[1]

    check_vectorised(student, "dropout_forward", data, rng, axis="batch")
    check_vectorised(student, "dropout_backward", back, rng, axis="batch")
