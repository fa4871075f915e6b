"""Local tests of `nn/batchnorm.py`. Run them with ``pytest tests/test_batchnorm.py``.

The numbers of the worked examples are those of the handout. Everywhere else the data are random,
the same at every run, and a gradient is compared with numerical differences of your own forward.
"""

import numpy as np

from shared import (
    check_array,
    check_close,
    check_gradient,
    check_silent,
    check_unchanged,
    check_vectorised,
    points,
)

# The worked example: four examples, two features, eps = 1. The features have means 2 and 3 and
# variances 3 and 24, so their roots are 2 and 5.
X = np.array([[5.0, -1.0], [1.0, 11.0], [1.0, 3.0], [1.0, -1.0]])
GAMMA, BETA = np.array([2.0, 5.0]), np.array([0.5, -3.0])
RUNNING = (np.array([0.0, 1.0]), np.array([1.0, 2.0]))
DY = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -2.0], [-1.0, 5.0]])


def draw(rng, *shape):
    """Random x, gamma, beta and running of a layer; the features differ in level and spread."""
    c = shape[1]
    along = (c, *(1,) * (len(shape) - 2))
    level, spread = rng.normal(scale=3, size=along), rng.uniform(0.5, 2, size=along)
    gamma = rng.uniform(0.5, 2, size=c) * rng.choice([-1.0, 1.0], size=c)
    running = rng.normal(size=c), rng.uniform(0.5, 2, size=c)
    return level + spread * rng.normal(size=shape), gamma, rng.normal(size=c), running


def check_running(got, mean, var, what="running_next"):
    clues = {"looks-out-of-order": np.array(var, dtype=np.float64)}
    check_close(got[0], np.array(mean), what=f"mean of {what}", clues=clues)
    check_close(got[1], np.array(var), what=f"var of {what}")


def check_differences(student, rng, name, shape, wanted, **keywords):
    """Compare the gradients in `wanted` with differences of the student's own forward."""
    forward, backward = getattr(student, f"{name}_forward"), getattr(student, f"{name}_backward")
    x, gamma, beta, running = draw(rng, *shape)
    dy = rng.normal(size=shape)

    def loss(x=x, gamma=gamma, beta=beta):
        y = forward(x, gamma, beta, running, **keywords)[0]
        return np.sum(dy * check_array(y, what="y", shape=shape))

    _, cache, _ = forward(x, gamma, beta, running, **keywords)
    gradients = dict(zip(("x", "gamma", "beta"), backward(dy, cache), strict=True))
    for key, value in {"x": x, "gamma": gamma, "beta": beta}.items():
        if key in wanted:
            check_gradient(
                lambda v, key=key: loss(**{key: v}),
                value,
                gradients[key],
                rng,
                what=f"d{key}",
                sizes={"batch": shape[0]},
                columns=True,
            )


# Forward, in training


@points(
    1.5, hint="Per column: subtract its mean, divide by sqrt(var + eps), times gamma plus beta."
)
def test_forward_worked_example(student):
    """batchnorm_forward: the worked example of the handout"""
    y, _, _ = student.batchnorm_forward(X, GAMMA, BETA, RUNNING, eps=1.0)
    expected = np.array([[3.5, -7.0], [-0.5, 5.0], [-0.5, -3.0], [-0.5, -7.0]])
    check_close(y, expected, what="y", columns=True)


@points(1, hint="Nine tenths of the old value, one tenth of the batch's. eps is no part of it.")
def test_running_worked_example(student):
    """batchnorm_forward: the running averages of the worked example"""
    _, _, running = student.batchnorm_forward(X, GAMMA, BETA, RUNNING, eps=1.0)
    check_running(running, [0.2, 1.2], [1.2, 4.2])


@points(2, hint="old * ema + batch * (1 - ema), for the mean and for the biased variance.")
def test_running_averages_over_three_batches(student):
    """batchnorm_forward: the running averages after three batches of different mean"""
    batches = (
        np.array([[1.0, 10.0], [3.0, 14.0], [1.0, 10.0], [3.0, 14.0]]),  # means 2, 12; vars 1, 4
        np.array([[4.0, -2.0], [-4.0, -8.0]]),  # means 0, -5; vars 16, 9
        np.array([[-9.0, 0.0], [-6.0, 0.0], [-3.0, 0.0]]),  # means -6, 0; vars 6, 0
    )
    after = (
        ([0.8, 4.8], [1.0, 2.2]),
        ([0.48, 0.88], [7.0, 4.92]),
        ([-2.112, 0.528], [6.6, 2.952]),
    )
    running = np.zeros(2), np.ones(2)
    for number, (x, (mean, var)) in enumerate(zip(batches, after, strict=True), start=1):
        _, _, running = student.batchnorm_forward(x, GAMMA, BETA, running, ema=0.6)
        check_running(running, mean, var, what=f"running_next after batch {number}")


@points(1, hint="With variance 0, x - mean is 0 too, and eps keeps the root away from 0.")
def test_forward_without_spread(student, rng):
    """batchnorm_forward: a batch of one, and a feature with one value only"""
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    running = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    y, _, after = student.batchnorm_forward(np.array([[3.0, -2.0, 8.0]]), gamma, beta, running)
    check_close(y, beta[None, :], what="y of a batch of one")
    check_running(after, [1.2, 1.6, 3.5], [3.6, 4.5, 5.4])
    # The first feature is 7 everywhere; the others have variance 3 and root 2.
    x = np.array([[7.0, 5.0, 1.0], [7.0, 1.0, 5.0], [7.0, 1.0, 1.0], [7.0, 1.0, 1.0]])
    y, _, _ = student.batchnorm_forward(x, np.full(3, 2.0), beta, running, eps=1.0)
    expected = beta + np.array([[0, 3.0, -1.0], [0, -1.0, 3.0], [0, -1.0, -1.0], [0, -1.0, -1.0]])
    check_close(y, expected, what="y with a constant feature")
    check_silent(student)


@points(
    1, hint="Subtract the mean first, then square. Do not subtract one large number of another."
)
def test_forward_far_from_zero(student, rng):
    """batchnorm_forward: adding 1000 to a feature changes nothing"""
    _, gamma, beta, running = draw(rng, 5, 3)
    # Multiples of 1/256, so that adding 1000 is exact; their means are not.
    x = np.array([[8, -7, 3], [-7, 2, 5], [1, 4, -8], [6, 0, -2], [-2, 5, 7]]) / 256
    near, _, _ = student.batchnorm_forward(x, gamma, beta, running)
    far, _, _ = student.batchnorm_forward(x + np.array([1000, -2000, 0]), gamma, beta, running)
    check_close(far, check_array(near, what="y", shape=(5, 3)), what="y far from zero")


# Forward, in evaluation


@points(1.5, hint="With train=False the statistics come from `running`: each row stands alone.")
def test_eval_worked_example(student):
    """batchnorm_forward: evaluation, worked by hand, in a batch and row by row"""
    running = np.array([1.0, -1.0]), np.array([15.0, 8.0])  # the roots are 4 and 3
    y, _, _ = student.batchnorm_forward(X, GAMMA, BETA, running, eps=1.0, train=False)
    expected = np.array([[2.5, -3.0], [0.5, 17.0], [0.5, 11 / 3], [0.5, -3.0]])
    check_close(y, expected, what="y", columns=True)
    for n in range(4):
        y, _, _ = student.batchnorm_forward(
            X[n : n + 1], GAMMA, BETA, running, eps=1.0, train=False
        )
        check_close(y, expected[n : n + 1], what="y of a batch of one")


@points(1, hint="Evaluation only uses the running averages; return them as they came.")
def test_eval_leaves_the_running_averages(student):
    """batchnorm_forward: evaluation does not move the running averages"""
    _, _, running = student.batchnorm_forward(X, GAMMA, BETA, RUNNING, train=False)
    check_running(running, *RUNNING)


# Backward


@points(2, hint="Follow x through x_hat, through the mean and through the variance, and add up.")
def test_backward_worked_example(student):
    """batchnorm_backward: the worked example of the handout"""
    _, cache, _ = student.batchnorm_forward(X, GAMMA, BETA, RUNNING, eps=1.0)
    dx, dgamma, dbeta = student.batchnorm_backward(DY, cache)
    clues = {"looks-out-of-order": np.array([1.0, -2.4])}
    check_close(dbeta, np.array([2.0, 4.0]), what="dbeta", clues=clues)
    check_close(dgamma, np.array([1.0, -2.4]), what="dgamma")
    expected = np.array([[0.125, -1.48], [-0.375, 0.96], [1.625, -3.0], [-1.375, 3.52]])
    check_close(dx, expected, what="dx", columns=True)


@points(2, hint="The mean and the variance depend on every row, so each dx has three parts.")
def test_backward_dx_matches_differences(student, rng):
    """batchnorm_backward: dx matches numerical differences"""
    check_differences(student, rng, "batchnorm", (5, 3), ["x"], eps=1e-2)
    check_differences(student, rng, "batchnorm", (8, 2), ["x"])


@points(1, hint="gamma multiplies x_hat, not x, in every row.")
def test_backward_dgamma_matches_differences(student, rng):
    """batchnorm_backward: dgamma matches numerical differences"""
    check_differences(student, rng, "batchnorm", (5, 3), ["gamma"], eps=1e-2)
    check_differences(student, rng, "batchnorm", (8, 2), ["gamma"])


@points(1, hint="beta is added in every row: one gradient per feature is left, of shape (D,).")
def test_backward_dbeta_matches_differences(student, rng):
    """batchnorm_backward: dbeta matches numerical differences"""
    check_differences(student, rng, "batchnorm", (5, 3), ["beta"])
    check_differences(student, rng, "batchnorm", (1, 4), ["beta"])


@points(1.5, hint="In evaluation the statistics are constants: what is left of the three parts?")
def test_backward_of_eval_matches_differences(student, rng):
    """batchnorm_backward: the gradients after a forward in evaluation"""
    every = ["x", "gamma", "beta"]
    check_differences(student, rng, "batchnorm", (5, 3), every, train=False, eps=1e-2)
    check_differences(student, rng, "batchnorm", (1, 4), every, train=False)


# Images

# The numbers of the worked example, each twice, in two images of 4 x 1 pixels; the third channel is
# 7 everywhere.
IMAGES = np.array(
    [
        [[5.0, 5.0, 1.0, 1.0], [-1.0, 11.0, 3.0, -1.0], [7.0, 7.0, 7.0, 7.0]],
        [[1.0, 1.0, 1.0, 1.0], [3.0, -1.0, -1.0, 11.0], [7.0, 7.0, 7.0, 7.0]],
    ]
)[..., None]
GAMMA2D, BETA2D = np.array([2.0, 5.0, 3.0]), np.array([0.5, -3.0, 4.0])
RUNNING2D = (np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))


@points(2, hint="One mean and one variance per channel, over all pixels of all images.")
def test_forward2d_worked_example(student):
    """batchnorm2d_forward: the worked example as images"""
    y, _, _ = student.batchnorm2d_forward(IMAGES, GAMMA2D, BETA2D, RUNNING2D, eps=1.0)
    expected = np.array(
        [
            [[3.5, 3.5, -0.5, -0.5], [-7.0, 5.0, -3.0, -7.0], [4.0, 4.0, 4.0, 4.0]],
            [[-0.5, -0.5, -0.5, -0.5], [-3.0, -7.0, -7.0, 5.0], [4.0, 4.0, 4.0, 4.0]],
        ]
    )[..., None]
    check_close(y, expected, what="y", columns=True)


@points(1.5, hint="The averages have shape (C,); evaluation uses them and leaves them alone.")
def test_running2d_and_eval(student):
    """batchnorm2d_forward: the running averages, and evaluation"""
    _, _, running = student.batchnorm2d_forward(IMAGES, GAMMA2D, BETA2D, RUNNING2D, eps=1.0)
    check_running(running, [0.2, 1.2, 2.5], [1.2, 4.2, 2.7])
    running = np.array([1.0, -1.0, 4.0]), np.array([15.0, 8.0, 3.0])  # the roots are 4, 3 and 2
    y, _, after = student.batchnorm2d_forward(
        IMAGES[:1], GAMMA2D, BETA2D, running, eps=1.0, train=False
    )
    expected = [[2.5, 2.5, 0.5, 0.5], [-3.0, 17.0, 11 / 3, -3.0], [8.5, 8.5, 8.5, 8.5]]
    check_close(y, np.array([expected])[..., None], what="y in evaluation")
    check_running(after, *running)


@points(2, hint="Count the numbers behind one mean: all pixels of all images are part of each sum.")
def test_backward2d_matches_differences(student, rng):
    """batchnorm2d_backward: dx, dgamma and dbeta match numerical differences"""
    every = ["x", "gamma", "beta"]
    check_differences(student, rng, "batchnorm2d", (2, 3, 5, 4), every, eps=1e-2)
    check_differences(student, rng, "batchnorm2d", (1, 2, 3, 4), every)
    check_differences(student, rng, "batchnorm2d", (2, 3, 1, 4), every, train=False)


# What holds for every function


@points(0.5, hint="float32 in, float32 out. np.zeros, np.ones and float() may bring in float64.")
def test_float32_is_kept(student, rng):
    """every function: float32 input gives float32 output"""

    def check(name, *shape, train):
        x, gamma, beta, (mean, var) = draw(rng, *shape)
        x, gamma, beta, mean, var = (a.astype(np.float32) for a in (x, gamma, beta, mean, var))
        forward = getattr(student, f"{name}_forward")
        y, cache, after = forward(x, gamma, beta, (mean, var), train=train)
        check_array(y, what=f"y of {name}", shape=shape, dtype=np.float32)
        for got in after:
            check_array(got, what=f"running_next of {name}", shape=gamma.shape, dtype=np.float32)
        dx, dgamma, dbeta = getattr(student, f"{name}_backward")(x, cache)
        check_array(dx, what=f"dx of {name}", shape=shape, dtype=np.float32)
        check_array(dgamma, what=f"dgamma of {name}", shape=gamma.shape, dtype=np.float32)
        check_array(dbeta, what=f"dbeta of {name}", shape=gamma.shape, dtype=np.float32)

    for train in (True, False):
        check("batchnorm", 5, 3, train=train)
        check("batchnorm2d", 2, 3, 5, 4, train=train)


@points(0.5, hint="x -= ..., mean *= ... and out=dy write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """every function: its arguments are left as they were, `running` too"""
    for train in (True, False):
        for name, shape in (("batchnorm", (5, 3)), ("batchnorm2d", (2, 3, 5, 4))):
            inputs = draw(rng, *shape)
            _, cache, _ = getattr(student, f"{name}_forward")(*inputs, train=train)
            getattr(student, f"{name}_backward")(rng.normal(size=shape), cache)
    check_unchanged(student)


@points(0.5, hint="What the way back needs goes into the cache, and not into a global variable.")
def test_calls_do_not_mix(student, rng):
    """forward, another forward, backward: the gradients are those of the first call"""
    for name, shape in (("batchnorm", (5, 3)), ("batchnorm2d", (2, 3, 5, 4))):
        forward = getattr(student, f"{name}_forward")
        backward = getattr(student, f"{name}_backward")
        first, second, dy = draw(rng, *shape), draw(rng, *shape), rng.normal(size=shape)
        for train in (True, False):
            _, cache, _ = forward(*first, train=train)
            alone = [check_array(g, what="gradient") for g in backward(dy, cache)]
            _, cache, _ = forward(*first, train=train)
            forward(*second, train=not train)
            for key, got, expected in zip(
                ("x", "gamma", "beta"), backward(dy, cache), alone, strict=True
            ):
                check_close(got, expected, what=f"d{key} of {name}_backward", guess=False)


@points(
    0.5,
    hint="A mean over the batch is one call of NumPy, for all features at once.",
    needs=("test_forward_worked_example", "test_backward_worked_example"),
)
def test_no_loop_over_the_batch(student, rng):
    """batchnorm_forward, batchnorm_backward: no Python loop over the batch"""

    def forward(who, rng, n):
        return draw(rng, n, 3)

    def backward(who, rng, n):
        return rng.normal(size=(n, 3)), who.batchnorm_forward(*draw(rng, n, 3))[1]

    check_vectorised(student, "batchnorm_forward", forward, rng, axis="batch")
    check_vectorised(student, "batchnorm_backward", backward, rng, axis="batch")
