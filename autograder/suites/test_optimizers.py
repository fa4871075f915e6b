"""Hidden tests of `optimizers`: long walks over gradients of many sizes, other settings, states.

The data are random, and what is expected is the reference's walk, step for step. A message names
the optimizer and never the step.
"""

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_runtime,
    check_vectorised,
    points,
)

MOMENTUM = ("test_momentum_worked_example",)
NESTEROV = ("test_nesterov_lookahead_known_points", "test_nesterov_step_alone")
RPROP = (
    "test_rprop_same_sign",
    "test_rprop_sign_changes",
    "test_rprop_zero_gradients",
    "test_rprop_elements_are_independent",
)
ADAM = ("test_adam_worked_example",)
NORM_ADAM = ("test_norm_adam_worked_example", "test_norm_adam_takes_one_norm")
# In this order each kind of layout meets a shape in which it matters.
SHAPES = ((7,), (3, 4), (1,), (2, 3, 2, 4), (5, 1))


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def decades(rng, steps, shape, lowest=-4, highest=3):
    """Gradients whose size rises and falls by powers of ten from step to step, some of them 0."""
    # The ups and downs are fixed, so that no draw is without them.
    heights = np.resize([0.3, 0.9, 0.0, 0.6, 1.0, 0.4], steps).reshape(-1, *[1] * len(shape))
    powers = lowest + (highest - lowest) * heights + rng.uniform(-0.5, 0.5, size=(steps, *shape))
    kept = rng.uniform(size=(steps, *shape)) > 0.1
    return rng.normal(size=(steps, *shape)) * kept * 10.0**powers


def walk(step, w, gradients, **settings):
    """Where the weights are after each of these gradients, from rest."""
    state, path = None, []
    for grad in gradients:
        w, state = step(w, grad, state, **settings)
        path.append(check_array(w, what="w", shape=grad.shape, dtype=grad.dtype))
    return path


def check_walks(student, reference, name, rng, *, many, steps=6, draw=decades):
    """The walks of an optimizer for these settings, in several shapes, layouts and in float32."""
    mine, right = getattr(student, name), getattr(reference, name)
    for number, settings in enumerate(many):
        shape = SHAPES[number % len(SHAPES)]
        w, gradients = rng.normal(size=shape), draw(rng, steps, shape)
        expected = walk(right, w, gradients, **settings)
        # One layout for the weights and another for the gradients.
        w_given = layouts(w)[number % 3]
        grads_given = [layouts(g)[(number + 1) % 3] for g in gradients]
        for got, e in zip(walk(mine, w_given, grads_given, **settings), expected, strict=True):
            check_close(got, e, what=f"w of {name}")
    # Numbers that float32 holds exactly: both walks start from the same ones.
    w, gradients = w.astype(np.float32), gradients.astype(np.float32)
    expected = walk(right, w.astype(np.float64), gradients.astype(np.float64), **settings)
    for got, e in zip(walk(mine, w, gradients, **settings), expected, strict=True):
        check_close(got, e, what=f"w of {name} in float32", limit=FLOAT32, dtype=np.float32)


# Gradient descent and momentum


@points(1, hint="One formula for every element, whatever the number of axes and the layout.")
def test_sgd_many_walks(student, reference, rng):
    """sgd: many shapes, memory layouts and learning rates, float32 too"""
    many = [{"lr": lr} for lr in (0.1, 1e-3, 3.0, 0.02, 0.5)]
    check_walks(student, reference, "sgd", rng, many=many)


@points(1.5, hint="gamma and 1 - gamma, at any gamma, with gradients of any size.")
def test_momentum_many_walks(student, reference, rng):
    """momentum: gamma from 0 to 0.99, gradients over seven decades, many shapes and layouts"""
    pairs = ((0.1, 0.9), (1.0, 0.0), (0.01, 0.99), (2.0, 0.3), (0.05, 0.6))
    many = [{"lr": lr, "gamma": gamma} for lr, gamma in pairs]
    check_walks(student, reference, "momentum", rng, many=many)


@points(
    1,
    hint="lr multiplies v when the weights move; v itself knows nothing of it.",
    needs=(*MOMENTUM, *NESTEROV),
)
def test_learning_rate_changes_on_the_way(student, reference, rng):
    """momentum, nesterov, adam, norm_adam: a learning rate that changes from step to step"""
    betas = {"beta1": 0.8, "beta2": 0.95}
    names = {"momentum": {"gamma": 0.8}, "nesterov": {"gamma": 0.8}, "adam": betas}
    names["norm_adam"] = betas
    gradients = decades(rng, 6, (4, 3), lowest=-1, highest=1)
    for name, settings in names.items():
        w = v = rng.normal(size=(4, 3))
        state = kept = None
        for grad, lr in zip(gradients, (0.5, 0.5, 0.1, 0.02, 1.0, 0.3), strict=True):
            w, state = getattr(student, name)(w, grad, state, lr=lr, **settings)
            v, kept = getattr(reference, name)(v, grad, kept, lr=lr, **settings)
            check_close(w, v, what=f"w of {name}")


# Nesterov


@points(1, hint="Three factors: lr, gamma and the average of the gradients so far.")
def test_nesterov_lookahead_many(student, reference, rng):
    """nesterov_lookahead: any lr and gamma, many shapes and layouts, several steps"""
    pairs = ((0.1, 0.9), (1.0, 0.0), (0.01, 0.99), (2.0, 0.3), (0.05, 0.6))
    for number, ((lr, gamma), shape) in enumerate(zip(pairs, SHAPES, strict=True)):
        settings = {"lr": lr, "gamma": gamma}
        w, state, kept = rng.normal(size=shape), None, None
        for grad in decades(rng, 4, shape):
            expected = reference.nesterov_lookahead(w, kept, **settings)
            for layout in layouts(w):
                got = student.nesterov_lookahead(layout, state, **settings)
                check_close(got, expected, what="w_ahead")
            _, state = student.nesterov(layouts(w)[number % 3], grad, state, **settings)
            w, kept = reference.nesterov(w, grad, kept, **settings)


def valley(w):
    """The gradient of a curved, uneven function: its slope differs at each point and direction."""
    scales = np.geomspace(0.3, 30.0, w.size).reshape(w.shape)
    return scales * w + 0.2 * np.sin(3 * w) + 0.1 * np.roll(w, 1)


@points(
    1.5,
    hint="Each step: the point ahead from w and the state, the gradient there, the step from w.",
    needs=NESTEROV,
)
def test_nesterov_in_a_valley(student, reference, rng):
    """nesterov: ten steps in a curved valley, several settings"""
    for shape, lr, gamma in (((6,), 0.05, 0.9), ((2, 3), 0.05, 0.5), ((1, 4), 0.1, 0.7)):
        settings = {"lr": lr, "gamma": gamma}
        w = v = rng.normal(size=shape)
        state = kept = None
        for _ in range(10):
            ahead = student.nesterov_lookahead(w, state, **settings)
            check_array(ahead, what="w_ahead", shape=shape)
            w, state = student.nesterov(w, valley(ahead), state, **settings)
            there = reference.nesterov_lookahead(v, kept, **settings)
            v, kept = reference.nesterov(v, valley(there), kept, **settings)
            check_close(w, v, what="w of nesterov")


# RProp


def signs_over_decades(rng, steps, shape):
    """Gradients with runs of one sign, changes and zeros, of sizes over many decades."""
    keeps = rng.uniform(size=(steps, *shape)) < 0.6
    signs = rng.choice([-1.0, 1.0], size=(steps, *shape))
    for t in range(1, steps):
        signs[t] = np.where(keeps[t], signs[t - 1], signs[t])
    zeros = rng.uniform(size=(steps, *shape)) < 0.15
    return np.where(zeros, 0.0, signs) * 10.0 ** rng.uniform(-12, 12, size=(steps, *shape))


@points(2, hint="Every setting is an argument: none of them is a number in the body.")
def test_rprop_many_walks(student, reference, rng):
    """rprop: random runs, changes and zeros, other factors and first steps, many shapes"""
    names = ("lr", "increase", "decrease")
    settings = (
        (0.01, 1.2, 0.5),
        (0.3, 1.5, 0.4),
        (2.0, 1.1, 0.8),
        (1e-3, 3.0, 0.1),
        (0.1, 1.3, 0.6),
    )
    many = [dict(zip(names, s, strict=True)) for s in settings]
    check_walks(student, reference, "rprop", rng, many=many, steps=12, draw=signs_over_decades)


@points(1, hint="The step is clipped in every step, from above and from below.", needs=RPROP)
def test_rprop_other_bounds(student, reference, rng):
    """rprop: long runs to both bounds, other bounds than the usual ones"""
    bounds = ((0.004, 0.3, 0.1), (0.02, 0.021, 0.02), (1e-6, 50.0, 20.0), (0.5, 80.0, 60.0))
    for smallest, largest, lr in bounds:
        settings = {"lr": lr, "smallest": smallest, "largest": largest}
        runs = np.array([[1.0] * 16, [-1, 1] * 8, [1] * 8 + [-1, 1] * 4, [-1, 1] * 5 + [1] * 6])
        gradients = runs.T * rng.uniform(0.1, 10, size=(16, 4))
        expected = walk(reference.rprop, np.zeros(4), gradients, **settings)
        for got, e in zip(
            walk(student.rprop, np.zeros(4), gradients, **settings), expected, strict=True
        ):
            check_close(got, e, what="w of rprop")


# Adam and the lecture's form of it


@points(2, hint="beta1 belongs to the gradients, beta2 to their squares; each has its correction.")
def test_adam_many_walks(student, reference, rng):
    """adam: betas and eps other than the usual ones, gradients over seven decades, many shapes"""
    names = ("lr", "beta1", "beta2", "eps")
    settings = (
        (0.1, 0.8, 0.95, 1e-2),
        (1.0, 0.0, 0.5, 1e-8),
        (0.01, 0.6, 0.3, 1e-3),
        (0.3, 0.95, 0.8, 1.0),
        (0.05, 0.9, 0.99, 0.1),
    )
    many = [dict(zip(names, s, strict=True)) for s in settings]
    check_walks(student, reference, "adam", rng, many=many)


@points(1, hint="eps is added to the corrected root: not inside it, and not before it.")
def test_adam_tiny_gradients(student, reference, rng):
    """adam: the usual betas and eps, with gradients no larger than eps"""
    for scale in (1e-7, 1e-8, 1e-10):
        w, gradients = np.zeros(5), scale * rng.normal(size=(6, 5))
        expected = walk(reference.adam, w, gradients, lr=0.5)
        for got, e in zip(walk(student.adam, w, gradients, lr=0.5), expected, strict=True):
            check_close(got, e, what="w of adam")


@points(0.5, hint="The corrections fade as t grows: t counts every step.", needs=ADAM)
def test_adam_many_steps(student, reference, rng):
    """adam: sixty steps with the usual settings"""
    w, gradients = rng.normal(size=(2, 3)), decades(rng, 60, (2, 3), lowest=-2, highest=0)
    expected = walk(reference.adam, w, gradients, lr=0.1)
    for got, e in zip(walk(student.adam, w, gradients, lr=0.1), expected, strict=True):
        check_close(got, e, what="w of adam")


@points(1, hint="beta2 belongs to the norm, beta1 to the gradient, and nothing is corrected.")
def test_norm_adam_many_walks(student, reference, rng):
    """norm_adam: betas and eps other than the usual ones, gradients over seven decades"""
    names = ("lr", "beta1", "beta2", "eps")
    settings = (
        (0.1, 0.8, 0.95, 1e-2),
        (1.0, 0.0, 0.5, 1e-8),
        (0.01, 0.6, 0.3, 1e-3),
        (0.3, 0.95, 0.8, 1.0),
        (0.05, 0.9, 0.9, 0.1),
    )
    many = [dict(zip(names, s, strict=True)) for s in settings]
    check_walks(student, reference, "norm_adam", rng, many=many)


# States

SETTINGS = {
    "sgd": {"lr": 0.1},
    "momentum": {"lr": 0.1, "gamma": 0.8},
    "nesterov": {"lr": 0.1, "gamma": 0.8},
    "rprop": {"lr": 0.2},
    "adam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.95},
    "norm_adam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.6},
}


@points(1, hint="A step makes a new state, and what it was given still holds what it held.")
def test_walks_that_branch(student, reference, rng):
    """every step: two walks that part after three steps, the second from the kept state"""
    w, trunk = rng.normal(size=(3, 2)), decades(rng, 3, (3, 2), lowest=-1, highest=1)
    branches = [decades(rng, 3, (3, 2), lowest=-1, highest=1) for _ in range(2)]
    for name, settings in SETTINGS.items():
        step, right = getattr(student, name), getattr(reference, name)
        start, state, kept = w, None, None
        for grad in trunk:
            start, state = step(start, grad, state, **settings)
            check_array(start, what=f"w of {name}", shape=w.shape)
        fork = w
        for grad in trunk:
            fork, kept = right(fork, grad, kept, **settings)
        for branch in branches:
            mine, s, expected, k = start, state, fork, kept
            for grad in branch:
                mine, s = step(mine, grad, s, **settings)
                expected, k = right(expected, grad, k, **settings)
                check_close(mine, expected, what=f"w of {name}")


@points(0.5, hint="Each array of a network walks on its own, with a state of its own.")
def test_arrays_of_a_network(student, reference, rng):
    """every step: a weight matrix, a bias and a kernel in turns, of different shapes"""
    arrays = [rng.normal(size=shape) for shape in ((4, 3), (3,), (2, 1, 3, 2))]
    gradients = [decades(rng, 4, a.shape, lowest=-1, highest=1) for a in arrays]
    for name, settings in SETTINGS.items():
        walks = [
            walk(getattr(reference, name), a, g, **settings)
            for a, g in zip(arrays, gradients, strict=True)
        ]
        mine, states = list(arrays), [None] * 3
        for t in range(4):
            for i in range(3):
                mine[i], states[i] = getattr(student, name)(
                    mine[i], gradients[i][t], states[i], **settings
                )
                check_close(mine[i], walks[i][t], what=f"w of {name}")


# No Python loop, and the time that it takes


def from_a_state(name, axis, steps=1, **settings):
    """Arguments of one step, of a size, after some steps; `axis` 0 grows or `steps` do."""

    def build(who, rng, n):
        shape = (n, 3) if axis == 0 else (3, n) if axis == 1 else (2, 3)
        w, state = rng.normal(size=shape), None
        for _ in range(steps if axis is not None else n):
            w, state = getattr(who, name)(w, rng.normal(size=shape), state, **settings)
        return (w, rng.normal(size=shape), state), settings

    return build


@points(
    0.5,
    hint="Neither rows nor columns: the formulas hold for whole arrays.",
    needs=(*MOMENTUM, *NESTEROV, *NORM_ADAM, *RPROP),
)
def test_no_loop_over_rows_or_columns(student, rng):
    """sgd, momentum, nesterov, norm_adam, rprop: no Python loop over rows or columns"""
    for name in ("sgd", "momentum", "nesterov", "norm_adam"):
        build = from_a_state(name, 0, **SETTINGS[name])
        check_vectorised(student, name, build, rng, axis="first")
    for name in ("rprop", "norm_adam"):
        build = from_a_state(name, 1, **SETTINGS[name])
        check_vectorised(student, name, build, rng, axis="last")


@points(
    0.25,
    hint="A running average needs its last value only, and no list of all gradients.",
    needs=(*MOMENTUM, *ADAM),
)
def test_no_loop_over_earlier_steps(student, rng):
    """momentum, adam: a step costs the same however many came before"""
    for name in ("momentum", "adam"):
        build = from_a_state(name, None, **SETTINGS[name])
        check_vectorised(student, name, build, rng, axis="time", n=4)


@points(
    0.25,
    hint="Compare the signs element by element: each needs its own partner only.",
    needs=RPROP,
    yardstick="plain",
)
def test_rprop_run_time(student, yardstick, rng):
    """rprop: time in proportion to the number of weights"""

    def build(who, rng, n):
        w, before, grad = rng.normal(size=(3, n))
        return (w, grad, who.rprop(w, before, None)[1]), {}

    check_runtime(student, "rprop", build, rng, size=30_000, beside=yardstick)
