"""Local tests of `nn/optimizers.py`. Run them with ``pytest tests/test_optimizers.py``.

Most numbers were worked by hand, some of them in the handout. A test follows the weights over
several steps from rest: the first step alone looks the same for many a wrong optimizer.
"""

import numpy as np

from shared import (
    Load,
    check_array,
    check_close,
    check_runtime,
    check_silent,
    check_unchanged,
    check_vectorised,
    points,
)


def walk(step, w, gradients, **settings):
    """Where the weights are after each of these gradients, from rest: one array for all steps."""
    state, path = None, []
    for grad in gradients:
        w, state = step(w, grad, state, **settings)
        path.append(check_array(w, what="w", shape=grad.shape, dtype=grad.dtype))
    return np.stack(path)


# Gradient descent


@points(1, hint="Against the gradient, by lr times the gradient, in every step alike.")
def test_sgd_worked_example(student):
    """sgd: four steps worked by hand"""
    w = np.array([1.0, -2.0, 0.5])
    gradients = np.array([[4.0, 0.1, -30.0], [2, 0, 5], [2, 0, 5], [-0.01, 400, 0]])
    expected = np.array(
        [[-1.0, -2.05, 15.5], [-2, -2.05, 13], [-3, -2.05, 10.5], [-2.995, -202.05, 10.5]]
    )
    check_close(walk(student.sgd, w, gradients, lr=0.5), expected, what="w of four steps")


# Momentum

PUSHES = np.array([[4.0, -0.08], [0.0, 8.0], [200.0, 0.0], [-2.0, 0.4]])
# The averages v after each of them, for gamma = 3/4.
AVERAGES = np.array([[1.0, -0.02], [0.75, 1.985], [50.5625, 1.48875], [37.421875, 1.2165625]])


@points(1.5, hint="v keeps gamma of itself and takes 1 - gamma of the gradient; w moves by lr * v.")
def test_momentum_worked_example(student):
    """momentum: four steps worked by hand"""
    w = np.array([1.0, 2.0])
    path = walk(student.momentum, w, PUSHES, lr=0.5, gamma=0.75)
    check_close(path, w - 0.5 * np.cumsum(AVERAGES, axis=0), what="w of four steps")


@points(1, hint="No gradient, and v is still there: it only loses a share of itself.")
def test_momentum_rolls_on(student):
    """momentum: after one push the weights roll on, slower and slower"""
    gradients = np.zeros((5, 3))
    gradients[0] = 1.0, -20.0, 0.0
    path = walk(student.momentum, np.zeros(3), gradients, lr=0.1, gamma=0.5)
    rolled = np.array([0.5, 0.75, 0.875, 0.9375, 0.96875])
    check_close(path, rolled[:, None] * [-0.1, 2.0, 0.0], what="w of five steps")


@points(
    0.5, hint="From rest, v reaches 1 - gamma ** t of a constant gradient, and no more than it."
)
def test_momentum_gathers_speed(student):
    """momentum: under a constant gradient the moves grow towards lr times the gradient"""
    gradients = np.tile([3.0, -0.5], (5, 1))
    path = walk(student.momentum, np.zeros(2), gradients, lr=0.1, gamma=0.8)
    moves = np.array([0.2, 0.36, 0.488, 0.5904, 0.67232])[:, None] * [-0.3, 0.05]
    check_close(path, np.cumsum(moves, axis=0), what="w of five steps")


# Nesterov's look-ahead

SLOPES = np.array([1.0, 6.0])  # a bowl, steep along the second axis: the gradient is SLOPES * w


@points(1, hint="Where w would be after this step if the gradient were 0. At rest that is w.")
def test_nesterov_lookahead_known_points(student):
    """nesterov_lookahead, nesterov: w at rest, and where the average alone leads later"""
    w, state = np.array([1.0, 2.0]), None
    ahead = student.nesterov_lookahead(w, state, lr=0.5, gamma=0.75)
    check_close(ahead, w, what="w_ahead at rest")
    for grad, v in zip(PUSHES, AVERAGES, strict=True):
        w, state = student.nesterov(w, grad, state, lr=0.5, gamma=0.75)
        check_array(w, what="w", shape=(2,))
        ahead = student.nesterov_lookahead(w, state, lr=0.5, gamma=0.75)
        check_close(ahead, w - 0.375 * v, what="w_ahead")


@points(0.5, hint="The step starts at w, not at the point ahead, and moves by lr times the new v.")
def test_nesterov_step_alone(student):
    """nesterov: with gradients that are given, the same moves as momentum"""
    w = np.array([1.0, 2.0])
    path = walk(student.nesterov, w, PUSHES, lr=0.5, gamma=0.75)
    check_close(path, w - 0.5 * np.cumsum(AVERAGES, axis=0), what="w of four steps")


@points(
    2,
    hint="First the point ahead, then the gradient there, then the step, which starts at w.",
    needs=("test_nesterov_lookahead_known_points",),
)
def test_nesterov_worked_example(student):
    """nesterov: the worked example of the handout, four steps in a bowl"""
    w, state = np.array([16.0, -8.0]), None
    expected = (
        ([16.0, -8.0], [15.0, -5.0]),
        ([14.25, -2.75], [855 / 64, -55 / 32]),
        ([3105 / 256, 95 / 128], [46575 / 4096, 475 / 1024]),
        ([161865 / 16384, 8605 / 4096], [2427975 / 262144, 43025 / 32768]),
    )
    for number, (there, then) in enumerate(expected, start=1):
        ahead = student.nesterov_lookahead(w, state, lr=0.25, gamma=0.75)
        check_close(ahead, np.array(there), what=f"w_ahead of step {number}")
        w, state = student.nesterov(w, SLOPES * ahead, state, lr=0.25, gamma=0.75)
        check_close(w, np.array(then), what=f"w after step {number}")


# RProp


def script(signs, size=3.0):
    """Gradients of one weight from a text of +, - and 0, of very different sizes."""
    sizes = size * 10.0 ** (np.arange(len(signs)) % 5 - 2)
    return np.array([[{"+": 1.0, "-": -1.0, "0": 0.0}[s]] for s in signs]) * sizes[:, None]


def check_moves(student, signs, moves, **settings):
    """The moves of one weight in a row of steps, from 0."""
    path = walk(student.rprop, np.zeros(1), script(signs), **settings)
    expected = np.cumsum(moves)[:, None]
    check_close(path, expected, what=f"w of the steps with the signs {signs}")


@points(1, hint="The first step is lr; with the same sign again it is 1.2 times the one before.")
def test_rprop_same_sign(student):
    """rprop: the step grows as long as the sign stays"""
    check_moves(student, "++++", [-0.01, -0.012, -0.0144, -0.01728])
    check_moves(student, "---", [0.5, 0.6, 0.72], lr=0.5)


@points(1.5, hint="After a change of sign: half the step, no move, and 0 stored as the gradient.")
def test_rprop_sign_changes(student):
    """rprop: a change of sign halves the step, and the weight waits once"""
    check_moves(student, "+-+-+-", [-0.01, 0, -0.005, 0, -0.0025, 0])
    check_moves(student, "++-+++", [-0.01, -0.012, 0, -0.006, -0.0072, -0.00864])
    check_moves(student, "+---", [-0.01, 0, 0.005, 0.006])


@points(1, hint="A zero is neither the same sign nor the opposite one, now and in the next step.")
def test_rprop_zero_gradients(student):
    """rprop: a gradient of 0 moves nothing and leaves the step as it is"""
    check_moves(student, "0++", [0, -0.01, -0.012])
    check_moves(student, "+0++", [-0.01, 0, -0.01, -0.012])
    check_moves(student, "++0-+-", [-0.01, -0.012, 0, 0.012, 0, 0.006])
    check_moves(student, "+-0++", [-0.01, 0, 0, -0.005, -0.006])


@points(1.5, hint="Clip the step itself, so that the next factor meets what was clipped.")
def test_rprop_bounds(student):
    """rprop: the step stays between 1e-6 and 50"""
    check_moves(student, "+++++-+", [-30, -36, -43.2, -50, -50, 0, -25], lr=30)
    moves = [-4e-6, 0, -2e-6, 0, -1e-6, 0, -1e-6, 0, -1e-6, -1.2e-6]
    check_moves(student, "+-+-+-+-++", moves, lr=4e-6)


@points(1, hint="Signs are compared element by element, and each element has its own step.")
def test_rprop_elements_are_independent(student):
    """rprop: each weight of a matrix follows its own signs"""
    scripts = ("+++++", "+-+-+", "-0--+", "00+++", "-+++0", "--+--")
    alone = [walk(student.rprop, np.zeros(1), script(signs)) for signs in scripts]
    gradients = np.concatenate([script(signs) for signs in scripts], axis=1).reshape(5, 2, 3)
    path = walk(student.rprop, np.zeros((2, 3)), gradients)
    check_close(path, np.concatenate(alone, axis=1).reshape(5, 2, 3), what="w of five steps")


@points(0.5, hint="np.sign is enough: how large a gradient is must not come in.")
def test_rprop_size_of_the_gradient(student, rng):
    """rprop: only the sign of a gradient counts, at 1e-100 as at 1e+100"""
    signs = rng.choice([-1.0, 0.0, 1.0], size=(6, 4, 3))
    plain = walk(student.rprop, np.zeros((4, 3)), signs)
    for power in (-100, -9, 100):
        path = walk(student.rprop, np.zeros((4, 3)), signs * 10.0**power)
        check_close(path, plain, what=f"w with gradients of 1e{power}")


# Adam

CLIMB = np.array([5.0, 1.0, -3.0, 12.0])
# For beta1 = 1/4 and beta2 = 1/2: the corrected averages of the gradients CLIMB, and the roots of
# those of their squares.
MEANS, ROOTS = np.array([5, 9 / 5, -13 / 7, 729 / 85]), np.array([5.0, 3.0, 3.0, 9.0])


@points(2, hint="Both averages are corrected by their own 1 - beta ** t; eps is outside the root.")
def test_adam_worked_example(student):
    """adam: the worked example of the handout, four steps, for gradients of several sizes"""
    sizes = np.array([[1.0, -100.0], [0.001, 7.0]])
    path = walk(
        student.adam,
        np.zeros((2, 2)),
        CLIMB[:, None, None] * sizes,
        lr=0.1,
        beta1=0.25,
        beta2=0.5,
        eps=1.0,
    )
    # All averages are multiples of those of CLIMB; eps is not, so every size moves otherwise.
    means, roots = MEANS[:, None, None] * sizes, ROOTS[:, None, None] * np.abs(sizes)
    check_close(path, -0.1 * np.cumsum(means / (roots + 1.0), axis=0), what="w of four steps")


@points(1, hint="With the corrections, m is g and the root of v is |g| in the first step.")
def test_adam_first_step(student):
    """adam: the first step is lr long, whatever the size of the gradient"""
    grad = np.array([1e-3, -1e-2, 1.0, 50.0, -1e4, 1e6])
    path = walk(student.adam, np.ones(6), grad[None], lr=0.02, eps=1e-20)
    check_close(path[0], 1 - 0.02 * np.sign(grad), what="w")
    # A gradient as large as eps moves its weight half as far.
    path = walk(student.adam, np.ones(2), np.array([[1e-8, -3e-8]]), lr=0.02)
    check_close(path[0], 1 - 0.02 * np.array([0.5, -0.75]), what="w with gradients like eps")


@points(0.5, hint="A corrected average of equal numbers is that number, in every step.")
def test_adam_constant_gradient(student):
    """adam: under a constant gradient every step is as long as the first"""
    gradients = np.tile([3.0, -0.02], (6, 1))
    path = walk(student.adam, np.zeros(2), gradients, lr=0.1, eps=1e-20)
    steps = np.arange(1, 7)[:, None]
    check_close(path, steps * [-0.1, 0.1], what="w of six steps")


@points(1, hint="0 / (0 + eps) is 0: does eps stand where the division is, in each form?")
def test_adam_zero_gradients(student):
    """adam, norm_adam: zero gradients from rest leave the weights alone, without a warning"""
    w, gradients = np.array([[1.0, -2.0, 3.0]]), np.zeros((3, 1, 3))
    for step in (student.adam, student.norm_adam):
        path = walk(step, w, gradients, lr=0.1, beta1=0.9, beta2=0.99)
        check_close(path, np.stack([w] * 3), what="w of three steps")
    check_silent(student)


# The lecture's form of Adam


@points(1.5, hint="One norm for the whole array. Which beta belongs to the norm? No correction.")
def test_norm_adam_worked_example(student):
    """norm_adam: four steps worked by hand"""
    # The norms are 5, 10, 40, 0, so m is 1, 14/5, 256/25, 1024/125.
    gradients = np.array([[3.0, 4.0], [-6.0, 8.0], [0.0, -40.0], [0.0, 0.0]])
    v = np.array([[1.5, 2.0], [-2.25, 5.0], [-1.125, -17.5], [-0.5625, -8.75]])
    m = np.array([[1.0], [2.8], [10.24], [8.192]])
    w = np.array([1.0, -1.0])
    path = walk(student.norm_adam, w, gradients, lr=0.5, beta1=0.5, beta2=0.8, eps=1.0)
    check_close(path, w - 0.5 * np.cumsum(v / (m + 1.0), axis=0), what="w of four steps")


@points(1, hint="The root of the sum of all squares, whatever the number of axes.")
def test_norm_adam_takes_one_norm(student):
    """norm_adam: one norm over all axes of a matrix and of a kernel"""
    # With beta1 = beta2 the first move is lr * grad / (norm + eps / (1 - beta)).
    grad = np.array([[1.0, 2.0], [2.0, 4.0], [4.0, 20.0]])  # the sum of squares is 441
    for shape in ((3, 2), (6,), (1, 2, 3, 1)):
        g = grad.reshape(shape)
        path = walk(
            student.norm_adam, np.zeros(shape), g[None], lr=0.5, beta1=0.5, beta2=0.5, eps=2
        )
        check_close(path[0], -0.5 * g / 25, what="w")


# What holds for every optimizer

SETTINGS = {
    "sgd": {"lr": 0.1},
    "momentum": {"lr": 0.1, "gamma": 0.8},
    "nesterov": {"lr": 0.1, "gamma": 0.8},
    "rprop": {},
    "adam": {"lr": 0.1},
    "norm_adam": {"lr": 0.1, "beta1": 0.8, "beta2": 0.6},
}


@points(0.5, hint="np.zeros, np.full and np.where of Python numbers are float64 unless told.")
def test_float32_is_kept(student, rng):
    """every function: float32 weights and gradients give float32 weights"""
    w, gradients = np.ones((2, 3), np.float32), rng.normal(size=(3, 2, 3)).astype(np.float32)
    for name, settings in SETTINGS.items():
        walk(getattr(student, name), w, gradients, **settings)
    _, state = student.nesterov(w, gradients[0], None, lr=0.1, gamma=0.8)
    for s in (None, state):
        ahead = student.nesterov_lookahead(w, s, lr=0.1, gamma=0.8)
        check_array(ahead, what="w_ahead", shape=(2, 3), dtype=np.float32)


@points(0.5, hint="w -= ..., v *= ... and out=v write into what was handed to you: the state too.")
def test_arguments_are_unchanged(student, rng):
    """every function: weights, gradient and state are left as they were"""
    w, gradients = rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3))
    for name, settings in SETTINGS.items():
        walk(getattr(student, name), w, gradients, **settings)
    _, state = student.nesterov(w, gradients[0], None, lr=0.1, gamma=0.8)
    student.nesterov_lookahead(w, state, lr=0.1, gamma=0.8)
    check_unchanged(student)


@points(1, hint="All memory is in the state: nothing global, and a new state object each time.")
def test_states_do_not_mix(student, rng):
    """every step: two arrays in turns, and one state used twice"""
    w, gradients = rng.normal(size=(2, 3)), rng.normal(size=(5, 2, 3))
    for name, settings in SETTINGS.items():
        step = getattr(student, name)
        alone = walk(step, w, gradients, **settings)
        mine, its, state, other = w, -w, None, None
        for number, grad in enumerate(gradients):
            its, other = step(its, -3 * grad, other, **settings)
            check_array(its, what="w of the other", shape=w.shape)
            step(mine, -grad, state, **settings)  # a trial from here, and thrown away
            mine, state = step(mine, grad, state, **settings)
            check_close(mine, alone[number], what=f"w of {name}")


# No Python loop, and the time that it takes


@points(
    0.5,
    hint="Whole arrays at once: np.sign, np.maximum, np.sqrt take them as they are.",
    needs=("test_rprop_elements_are_independent", "test_adam_worked_example"),
)
def test_no_loop_over_elements(student, rng):
    """rprop, adam: no Python loop over the elements"""

    def build(name, **settings):
        def arguments(who, rng, n):
            w, before, grad = rng.normal(size=(3, n, 2))
            _, state = getattr(who, name)(w, before, None, **settings)
            return (w, grad, state), settings

        return arguments

    check_vectorised(student, "rprop", build("rprop"), rng, axis="first")
    check_vectorised(student, "adam", build("adam", lr=0.1), rng, axis="first")


@points(
    0.5,
    hint="Each element needs a dozen operations of its own: no matrix of all pairs of elements.",
    needs=("test_adam_worked_example",),
)
def test_adam_run_time(student, rng):
    """adam: takes time in proportion to the number of weights"""

    def build(who, rng, n):
        w, before, grad = rng.normal(size=(3, n))
        _, state = who.adam(w, before, None, lr=0.1)
        return (w, grad, state), {"lr": 0.1}

    load = Load(product=(128, 128, 128), elements=200_000)
    check_runtime(student, "adam", build, rng, size=5_000, beside=load)
