"""Hidden tests of `batchnorm`: more shapes and layouts, edges, both modes, loops, time.

Each property is looked at with data of its own; one test fails for one reason.
"""

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

FORWARD = ("test_forward_worked_example",)
BACKWARD = (
    *FORWARD,
    "test_backward_dx_matches_differences",
    "test_backward_dgamma_matches_differences",
    "test_backward_dbeta_matches_differences",
)
FORWARD2D = ("test_forward2d_worked_example",)
BACKWARD2D = (*FORWARD2D, "test_backward2d_matches_differences")
EVAL = ("test_eval_worked_example",)

DENSE = ((6, 4), (3, 5), (9, 1), (40, 7))
# Three channels at least: a gradient that is one number may lie too near 0 for a relative error.
IMAGES = ((3, 4, 2, 5), (1, 4, 3, 7), (5, 4, 1, 2), (6, 3, 1, 1))


def draw(rng, *shape, level=3.0, spread=(0.5, 2.0)):
    """Random x, gamma, beta and running of a layer; the features differ in level and spread.

    Every feature has a spread, whatever the seed: its numbers are a line in random order, and a
    little noise.
    """
    c, count = shape[1], shape[0] * int(np.prod(shape[2:]))
    base = rng.permuted(np.tile(np.linspace(-1.5, 1.5, count), (c, 1)), axis=1)
    base = base + rng.uniform(-0.2, 0.2, size=base.shape)
    x = level * rng.normal(size=(c, 1)) + rng.uniform(*spread, size=(c, 1)) * base
    x = np.moveaxis(x.reshape(c, shape[0], *shape[2:]), 0, 1)
    gamma = rng.uniform(0.5, 2, size=c) * rng.choice([-1.0, 1.0], size=c)
    running = level * rng.normal(size=c), rng.uniform(0.5, 2, size=c)
    return np.ascontiguousarray(x), gamma, rng.normal(size=c), running


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def single(inputs):
    """The inputs of a layer in float32."""
    x, gamma, beta, (mean, var) = inputs
    x, gamma, beta, mean, var = (a.astype(np.float32) for a in (x, gamma, beta, mean, var))
    return x, gamma, beta, (mean, var)


def check_forward(student, reference, name, inputs, **keywords):
    """Compare y and the running averages with the reference's: layouts, and float32."""
    forward = getattr(student, f"{name}_forward")
    expected, _, after = getattr(reference, f"{name}_forward")(*inputs, **keywords)
    x, *others = inputs
    for layout in layouts(x):
        y, _, running = forward(layout, *others, **keywords)
        check_close(y, expected, what="y", columns=True)
        check_close(running[0], after[0], what="mean of running_next")
        check_close(running[1], after[1], what="var of running_next")
    y, _, _ = forward(*single(inputs), **keywords)
    check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


def check_backward(student, reference, name, inputs, dy, *, limit=1e-9, **keywords):
    """Compare dx, dgamma and dbeta with the reference's, for one layout of dy."""
    _, cache, _ = getattr(student, f"{name}_forward")(*inputs, **keywords)
    got = getattr(student, f"{name}_backward")(dy, cache)
    _, kept, _ = getattr(reference, f"{name}_forward")(*inputs, **keywords)
    expected = getattr(reference, f"{name}_backward")(dy, kept)
    for key, g, e in zip(("x", "gamma", "beta"), got, expected, strict=True):
        check_close(g, e, what=f"d{key}", limit=limit, columns=True)


def check_backward_everywhere(student, reference, rng, name, shape, **keywords):
    """`check_backward` for every layout of dy, and in float32."""
    inputs, dy = draw(rng, *shape), rng.normal(size=shape)
    for layout in layouts(dy):
        check_backward(student, reference, name, inputs, layout, **keywords)
    _, kept, _ = getattr(reference, f"{name}_forward")(*inputs, **keywords)
    expected = getattr(reference, f"{name}_backward")(dy, kept)
    _, cache, _ = getattr(student, f"{name}_forward")(*single(inputs), **keywords)
    got = getattr(student, f"{name}_backward")(dy.astype(np.float32), cache)
    for key, g, e in zip(("x", "gamma", "beta"), got, expected, strict=True):
        check_close(g, e, what=f"d{key} in float32", limit=FLOAT32, dtype=np.float32)


# (N, D), forward


@points(
    2, hint="Statistics per feature, over the batch; eps under the root; order does not matter."
)
def test_forward_shapes_and_layouts(student, reference, rng):
    """batchnorm_forward: many shapes, memory layouts and eps, float32 too"""
    for shape in DENSE:
        check_forward(student, reference, "batchnorm", draw(rng, *shape))
        check_forward(student, reference, "batchnorm", draw(rng, *shape), eps=1e-2)


@points(1.5, hint="ema is the share of the old value, of mean and variance alike, from 0 to 1.")
def test_running_averages_for_any_ema(student, reference, rng):
    """batchnorm_forward: the running averages over several batches, for any ema and eps"""
    for ema in (0.0, 0.6, 0.99, 1.0):
        x, gamma, beta, running = draw(rng, 6, 4)
        after = running
        for n in (5, 1, 8):
            x = draw(rng, n, 4)[0]
            _, _, after = student.batchnorm_forward(x, gamma, beta, after, ema=ema, eps=0.1)
            _, _, running = reference.batchnorm_forward(x, gamma, beta, running, ema=ema, eps=0.1)
            check_close(after[0], running[0], what="mean of running_next")
            check_close(after[1], running[1], what="var of running_next")


@points(1, hint="In evaluation neither the batch nor its size plays a part.", needs=EVAL)
def test_eval_after_training(student, reference, rng):
    """batchnorm_forward: training, then evaluation with what training left"""
    for d, eps in ((4, 1e-5), (3, 1e-2)):
        _, gamma, beta, running = draw(rng, 5, d)
        for n in (7, 4):
            x = draw(rng, n, d)[0]
            _, _, running = student.batchnorm_forward(x, gamma, beta, running, ema=0.6, eps=eps)
            mean = check_array(running[0], what="mean of running_next", shape=(d,))
            var = check_array(running[1], what="var of running_next", shape=(d,))
            for size in (6, 1):
                inputs = draw(rng, size, d)[0], gamma, beta, (mean, var)
                check_forward(student, reference, "batchnorm", inputs, eps=eps, train=False)


# (N, D), backward


@points(2, hint="Three ways from x to y, each with its own sum over the batch.", needs=FORWARD)
def test_backward_shapes_and_layouts(student, reference, rng):
    """batchnorm_backward: dx, dgamma and dbeta for many shapes, layouts and eps, float32 too"""
    for shape in ((6, 4), (5, 3), (40, 7)):
        check_backward_everywhere(student, reference, rng, "batchnorm", shape)
        check_backward_everywhere(student, reference, rng, "batchnorm", shape, eps=0.1)


@points(1, hint="Constants have no gradient, and do not change with the batch.", needs=EVAL)
def test_gradients_when_statistics_are_constants(student, reference, rng):
    """batchnorm_backward: the gradients after a forward in evaluation, many shapes"""
    for shape in ((6, 4), (1, 3), (40, 7)):
        check_backward_everywhere(student, reference, rng, "batchnorm", shape, train=False)
        check_backward_everywhere(student, reference, rng, "batchnorm", shape, train=False, eps=0.1)


@points(1, hint="With variance 0 only eps is left under the root, and no step may divide by 0.")
def test_backward_without_spread(student, reference, rng):
    """batchnorm_backward: a constant feature, a batch of one, without a warning"""
    for eps in (1e-5, 1e-2):
        x, gamma, beta, running = draw(rng, 5, 3)
        x[:, 1] = -4.0
        inputs, dy = (x, gamma, beta, running), rng.normal(size=x.shape)
        check_backward(student, reference, "batchnorm", inputs, dy, eps=eps)
        inputs = x[:1], gamma, beta, running
        check_backward(student, reference, "batchnorm", inputs, dy[:1], eps=eps)
    check_silent(student)


@points(1, hint="E[x^2] - E[x]^2 keeps no digit where the mean is large: square what is centred.")
def test_far_from_zero(student, reference, rng):
    """every function: features with mean 1000 and a spread of 0.01"""
    for name, shape in (("batchnorm", (11, 4)), ("batchnorm2d", (2, 4, 3, 5))):
        x, gamma, beta, running = draw(rng, *shape, level=0.0, spread=(0.005, 0.02))
        inputs = x + 1000, gamma, beta, running
        expected, _, after = getattr(reference, f"{name}_forward")(*inputs)
        y, _, got = getattr(student, f"{name}_forward")(*inputs)
        # The mean itself is rounded, at 1e-16 * 1000 / 0.01.
        check_close(y, expected, what="y", limit=1e-8, columns=True)
        check_close(got[1], after[1], what="var of running_next")
        check_backward(student, reference, name, inputs, rng.normal(size=shape), limit=1e-8)


# Images


@points(1.5, hint="A channel's statistics are over axes 0, 2 and 3 together.")
def test_forward2d_shapes_and_layouts(student, reference, rng):
    """batchnorm2d_forward: many shapes and layouts, both modes, float32 too"""
    for shape in (*IMAGES, (3, 1, 4, 2)):
        inputs = draw(rng, *shape)
        check_forward(student, reference, "batchnorm2d", inputs, eps=1e-2)
        check_forward(student, reference, "batchnorm2d", inputs, ema=0.6)
        check_forward(student, reference, "batchnorm2d", inputs, train=False)


@points(2, hint="Each sum runs over N * H * W numbers, and so does each mean.", needs=FORWARD2D)
def test_backward2d_shapes_and_layouts(student, reference, rng):
    """batchnorm2d_backward: dx, dgamma and dbeta for many shapes, both modes, float32 too"""
    for shape in IMAGES:
        check_backward_everywhere(student, reference, rng, "batchnorm2d", shape, eps=0.1)
        check_backward_everywhere(student, reference, rng, "batchnorm2d", shape, train=False)


# Several layers


@points(
    0.5,
    hint="A network has many of these layers: each call's cache holds all that its backward needs.",
    needs=(*BACKWARD, *EVAL),
)
def test_layers_interleaved(student, reference, rng):
    """batchnorm_forward, batchnorm_backward: several layers and modes in turns"""
    layers = [(draw(rng, 5, 3), train) for train in (True, False, True, False)]
    dy, caches = rng.normal(size=(5, 3)), []
    for inputs, train in layers:
        caches.append(student.batchnorm_forward(*inputs, train=train)[1])
    for (inputs, train), cache in zip(reversed(layers), reversed(caches), strict=True):
        _, kept, _ = reference.batchnorm_forward(*inputs, train=train)
        got = student.batchnorm_backward(dy, cache)
        for g, e in zip(got, reference.batchnorm_backward(dy, kept), strict=True):
            check_close(g, e, what="gradient", guess=False)


# No Python loop


@points(
    0.5, hint="Features are an axis: the statistics of all come out of one call.", needs=BACKWARD
)
def test_no_loop_over_features(student, rng):
    """batchnorm_forward, batchnorm_backward: no Python loop over the features"""

    def forward(who, rng, d):
        return draw(rng, 5, d)

    def backward(who, rng, d):
        return rng.normal(size=(5, d)), who.batchnorm_forward(*draw(rng, 5, d))[1]

    check_vectorised(student, "batchnorm_forward", forward, rng, axis="feature")
    check_vectorised(student, "batchnorm_backward", backward, rng, axis="feature")


@points(1, hint="Reduce over several axes at once, or fold them into one.", needs=BACKWARD2D)
def test_no_loop_over_images_channels_or_pixels(student, rng):
    """batchnorm2d_forward, batchnorm2d_backward: no Python loop"""
    shapes = {
        "batch": lambda n: (n, 3, 2, 4),
        "channel": lambda n: (3, n, 2, 4),
        "row": lambda n: (2, 3, n, 4),
        "column": lambda n: (2, 3, 4, n),
    }
    for axis, shape in shapes.items():

        def forward(who, rng, n, shape=shape):
            return draw(rng, *shape(n))

        def backward(who, rng, n, shape=shape):
            inputs = draw(rng, *shape(n))
            return rng.normal(size=shape(n)), who.batchnorm2d_forward(*inputs)[1]

        check_vectorised(student, "batchnorm2d_forward", forward, rng, axis=axis)
        check_vectorised(student, "batchnorm2d_backward", backward, rng, axis=axis)


# Time


@points(
    0.5,
    hint="The work should grow with N x D. Is there an N x N array on the way?",
    needs=BACKWARD,
    yardstick="plain",
)
def test_forward_run_time(student, yardstick, rng):
    """batchnorm_forward: takes time in proportion to the batch"""

    def build(who, rng, n):
        return draw(rng, n, 8)

    check_runtime(student, "batchnorm_forward", build, rng, size=4000, beside=yardstick)


@points(
    0.5,
    hint="The Jacobian of a feature is N x N: use the sums that it consists of, not the matrix.",
    needs=BACKWARD,
    yardstick="plain",
)
def test_backward_run_time(student, yardstick, rng):
    """batchnorm_backward: takes time in proportion to the batch"""

    def build(who, rng, n):
        return rng.normal(size=(n, 8)), who.batchnorm_forward(*draw(rng, n, 8))[1]

    check_runtime(student, "batchnorm_backward", build, rng, size=4000, beside=yardstick)
