"""Hidden tests of `backprop`: more shapes and layouts, extremes, depth, loops, time.

Each property is looked at with data of its own; one test fails for one reason.
"""

from itertools import pairwise

import numpy as np

from shared import (
    FLOAT32,
    check_close,
    check_gradient,
    check_number,
    check_runtime,
    check_silent,
    check_vectorised,
    points,
)

LINEAR = (
    "test_linear_forward_worked_example",
    "test_linear_backward_dx_matches_differences",
    "test_linear_backward_dw_matches_differences",
    "test_linear_backward_db_matches_differences",
)
SIGMOID = ("test_sigmoid_forward_known_values", "test_sigmoid_backward_matches_differences")
BINARY = (
    "test_binary_cross_entropy_worked_example",
    "test_binary_cross_entropy_gradient_matches_differences",
)
CATEGORICAL = (
    "test_cross_entropy_worked_example",
    "test_cross_entropy_gradient_matches_differences",
)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def network(rng, sizes, scale=1.5):
    """Weights and biases of a network with these layer sizes."""
    return [(rng.normal(scale=scale, size=p), rng.normal(size=p[1])) for p in pairwise(sizes)]


# One neuron and the linear layer


@points(0.5, hint="Any number of examples and inputs; the bias may be a 0-d array.")
def test_neuron_shapes(student, reference, rng):
    """neuron: many shapes and memory layouts, float32 too"""
    for n, d in ((6, 4), (1, 3), (5, 1), (2, 40)):
        x, w, b = rng.normal(size=(n, d)), rng.normal(size=d), float(rng.normal())
        expected = reference.neuron(x, w, b)
        for layout in layouts(x):
            check_close(student.neuron(layout, w, b), expected, what="y")
        check_close(student.neuron(x, w, np.array(b)), expected, what="y with a 0-d bias")
        y = student.neuron(x.astype(np.float32), w.astype(np.float32), b)
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="Take elements by their index, never by their place in memory.")
def test_linear_forward_shapes_and_layouts(student, reference, rng):
    """linear_forward: many shapes and memory layouts, float32 too"""
    for n, d, m in ((4, 3, 5), (1, 6, 2), (7, 1, 3), (3, 2, 1), (2, 30, 20)):
        x, w, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
        expected, _ = reference.linear_forward(x, w, b)
        for x_layout, w_layout in zip(layouts(x), reversed(layouts(w)), strict=True):
            y, _ = student.linear_forward(x_layout, w_layout, b)
            check_close(y, expected, what="y")
    y, _ = student.linear_forward(*(a.astype(np.float32) for a in (x, w, b)))
    check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


@points(2, hint="dx sums over the outputs, dw and db over the batch; nothing is averaged.")
def test_linear_backward_shapes_and_layouts(student, reference, rng):
    """linear_backward: dx, dw and db for many shapes and memory layouts, float32 too"""
    for n, d, m in ((4, 3, 5), (1, 6, 2), (7, 1, 3), (3, 2, 1), (2, 30, 20)):
        inputs = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
        x, w, b = inputs
        dy = rng.normal(size=(n, m))
        expected = reference.linear_backward(dy, reference.linear_forward(x, w, b)[1])
        for x_layout, dy_layout in zip(layouts(x), reversed(layouts(dy)), strict=True):
            _, cache = student.linear_forward(x_layout, w, b)
            got = student.linear_backward(dy_layout, cache)
            for name, g, e in zip("xwb", got, expected, strict=True):
                check_close(g, e, what=f"d{name}")
        if m == 1:  # db is then one sum, and may be too close to 0 for a relative error
            continue
        for i, name in enumerate("xwb"):

            def loss(v, i=i, inputs=inputs, dy=dy):
                arrays = [*inputs[:i], v, *inputs[i + 1 :]]
                return np.sum(dy * reference.linear_forward(*arrays)[0])

            check_gradient(loss, inputs[i], got[i], rng, what=f"d{name}", sizes={"batch": n})
    _, cache = student.linear_forward(*(a.astype(np.float32) for a in inputs))
    got = student.linear_backward(dy.astype(np.float32), cache)
    for name, g, e in zip("xwb", got, expected, strict=True):
        check_close(g, e, what=f"d{name} in float32", limit=FLOAT32, dtype=np.float32)


# The sigmoid


@points(0.5, hint="Element by element: neither the number of axes nor the layout matters.")
def test_sigmoid_forward_shapes_and_layouts(student, reference, rng):
    """sigmoid_forward: any number of axes, any memory layout"""
    for shape in ((7,), (1, 5), (4, 3), (2, 3, 4, 5)):
        x = rng.normal(scale=4, size=shape)
        expected, _ = reference.sigmoid_forward(x)
        for layout in layouts(x):
            check_close(student.sigmoid_forward(layout)[0], expected, what="y")
        y, _ = student.sigmoid_forward(x.astype(np.float32))
        check_close(y, expected, what="y in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="The slope belongs to the forward's input, and the upstream multiplies it.")
def test_sigmoid_backward_shapes(student, reference, rng):
    """sigmoid_backward: dx for any number of axes, float32 too"""
    for shape in ((7,), (1, 5), (4, 3), (2, 3, 4)):
        x, dy = rng.normal(scale=2, size=shape), rng.normal(size=shape)
        expected = reference.sigmoid_backward(dy, reference.sigmoid_forward(x)[1])
        for layout in layouts(dy):
            dx = student.sigmoid_backward(layout, student.sigmoid_forward(x)[1])
            check_close(dx, expected, what="dx")
        check_gradient(
            lambda v, dy=dy: np.sum(dy * reference.sigmoid_forward(v)[0]), x, dx, rng, what="dx"
        )
        single = x.astype(np.float32), dy.astype(np.float32)
        dx = student.sigmoid_backward(single[1], student.sigmoid_forward(single[0])[1])
        check_close(dx, expected, what="dx in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="Far from 0 the slope is 0. Use what cannot overflow: the forward's output.")
def test_sigmoid_backward_far_from_zero(student, reference, rng):
    """sigmoid_backward: right and without a warning where the curve is flat"""
    x = np.array([[-1e4, -1000.0, -800.0, 0.5], [1e4, 1000.0, 800.0, -1.5]])
    dy = rng.normal(size=x.shape)
    expected = reference.sigmoid_backward(dy, reference.sigmoid_forward(x)[1])
    _, cache = student.sigmoid_forward(x)
    check_close(student.sigmoid_backward(dy, cache), expected, what="dx")
    check_silent(student)


# The losses


@points(1, hint="One number for everything after the first axis, and a mean over the first.")
def test_mse_loss_shapes(student, reference, rng):
    """mse_loss: any number of axes, any scale, float32 too"""
    for shape, scale in (((6,), 1), ((1, 3), 1e6), ((5, 2), 1e-6), ((3, 4, 2), 1), ((1,), 1)):
        # Numbers that float32 holds exactly, or a small difference would show the rounding.
        y, target = rng.normal(scale=scale, size=(2, *shape)).astype(np.float32).astype(np.float64)
        expected, gradient = reference.mse_loss(y, target)
        for layout in layouts(y):
            loss, dy = student.mse_loss(layout, target)
            check_number(loss, expected, what="loss")
            check_close(dy, gradient, what="dy")
        loss, dy = student.mse_loss(y.astype(np.float32), target.astype(np.float32))
        check_number(loss, expected, what="loss in float32", limit=FLOAT32)
        check_close(dy, gradient, what="dy in float32", limit=FLOAT32, dtype=np.float32)


@points(1, hint="A target may be a probability such as 0.3: both terms of the loss count then.")
def test_binary_cross_entropy_soft_targets(student, reference, rng):
    """binary_cross_entropy_with_logits: targets between 0 and 1, any number of axes"""
    name = "binary_cross_entropy_with_logits"
    for shape in ((6,), (1, 3), (4, 2), (3, 2, 5)):
        z, target = rng.normal(scale=3, size=shape), rng.uniform(size=shape)
        expected, gradient = reference.binary_cross_entropy_with_logits(z, target)
        for layout in layouts(z):
            loss, dz = student.binary_cross_entropy_with_logits(layout, target)
            check_number(loss, expected, what=f"loss of {name}")
            check_close(dz, gradient, what="dz")
        check_gradient(
            lambda v, t=target: reference.binary_cross_entropy_with_logits(v, t)[0],
            z,
            dz,
            rng,
            what="dz",
            sizes={"batch": shape[0]},
        )


@points(0.5, hint="A very wrong logit costs its own size: no clipping, no infinity.")
def test_binary_cross_entropy_extremes(student, reference):
    """binary_cross_entropy_with_logits: logits up to 1e4, one at a time and together"""
    z = np.array([1e4, -1e4, 3000.0, -3000.0, 750.0, -750.0, 40.0, -40.0, 0.0])
    for target in (np.zeros(9), np.ones(9), np.full(9, 0.25)):
        expected, gradient = reference.binary_cross_entropy_with_logits(z, target)
        loss, dz = student.binary_cross_entropy_with_logits(z, target)
        check_number(loss, expected, what="loss")
        check_close(dz, gradient, what="dz", guess=False)  # equal targets
    for extreme in z[:6]:
        one, target = np.array([[extreme]]), np.array([[0.0 if extreme > 0 else 1.0]])
        loss, dz = student.binary_cross_entropy_with_logits(one, target)
        check_number(loss, abs(extreme), what="loss of one example")
        check_close(dz, np.sign(one), what="dz of one example")
    check_silent(student)


@points(1, hint="C is the width of the logits: a class may have no example in the batch.")
def test_cross_entropy_shapes(student, reference, rng):
    """cross_entropy: many shapes and memory layouts, classes without an example"""
    for n, c in ((6, 4), (1, 3), (3, 1), (5, 2), (4, 50)):
        logits = rng.normal(size=(n, c))
        labels = rng.integers(0, max(1, c - 1), size=n)  # nobody is of the last class
        expected, gradient = reference.cross_entropy(logits, labels)
        for layout in layouts(logits):
            loss, dlogits = student.cross_entropy(layout, labels)
            # One class leaves nothing to lose: the loss is 0, and rounding is absolute there.
            check_number(loss, expected, what="loss")
            check_close(dlogits, gradient, what="dlogits")
        if c == 1:
            continue
        check_gradient(
            lambda v, k=labels: reference.cross_entropy(v, k)[0],
            logits,
            dlogits,
            rng,
            what="dlogits",
            sizes={"batch": n},
        )


@points(1, hint="Each row has its own level: shift it by its own maximum, and stay in logs.")
def test_cross_entropy_extremes(student, reference, rng):
    """cross_entropy: logits up to 1e4 and rows at very different levels, without a warning"""
    levels = np.array([[1e4], [-1e4], [3000.0], [-700.0], [0.0]])
    for spread in (1.0, 300.0, 5000.0):
        logits = levels + rng.normal(scale=spread, size=(5, 4))
        for labels in (logits.argmax(axis=1), logits.argmin(axis=1), rng.integers(0, 4, size=5)):
            # One row at least is wrong: the gradient of a batch that is sure and right is rounding.
            labels[0] = logits[0].argmin()
            expected, gradient = reference.cross_entropy(logits, labels)
            loss, dlogits = student.cross_entropy(logits, labels)
            check_number(loss, expected, what="loss")
            check_close(dlogits, gradient, what="dlogits")
    check_silent(student)


@points(0.5, hint="No arithmetic on the labels in their own dtype: small integers wrap around.")
def test_cross_entropy_small_label_dtypes(student, reference, rng):
    """cross_entropy: labels of small integer dtypes, many classes"""
    for dtype, n, c in ((np.uint8, 300, 200), (np.uint8, 20, 250), (np.int16, 9, 300)):
        logits, labels = rng.normal(size=(n, c)), rng.integers(0, c, size=n)
        labels[0] = c - 1
        expected, gradient = reference.cross_entropy(logits, labels)
        loss, dlogits = student.cross_entropy(logits, labels.astype(dtype))
        check_number(loss, expected, what="loss")
        check_close(dlogits, gradient, what="dlogits")


@points(0.5, hint="exp overflows above 88 in float32: a limit that suits float64 does not help.")
def test_losses_extremes_in_float32(student, reference, rng):
    """binary_cross_entropy_with_logits, cross_entropy: large logits in float32"""
    z = np.array([[500.0, -500.0, 95.0], [-95.0, 3.0, -2.0]])
    for target in (np.zeros(z.shape), np.ones(z.shape)):
        expected, gradient = reference.binary_cross_entropy_with_logits(z, target)
        single = z.astype(np.float32), target.astype(np.float32)
        loss, dz = student.binary_cross_entropy_with_logits(*single)
        check_number(loss, expected, what="loss", limit=FLOAT32)
        check_close(dz, gradient, what="dz", limit=FLOAT32, dtype=np.float32)
    # Whole numbers, so that both dtypes hold the same logits.
    logits, labels = rng.integers(-300, 300, size=(5, 4)).astype(np.float64), np.arange(5) % 4
    labels[0] = logits[0].argmin()
    expected, gradient = reference.cross_entropy(logits, labels)
    loss, dlogits = student.cross_entropy(logits.astype(np.float32), labels)
    check_number(loss, expected, what="loss", limit=FLOAT32)
    check_close(dlogits, gradient, what="dlogits", limit=FLOAT32, dtype=np.float32)
    check_silent(student)


# The network


@points(1, hint="The number of layers comes from the list.", needs=(LINEAR[0], SIGMOID[0]))
def test_mlp_forward_depths(student, reference, rng):
    """mlp_forward: one to six layers of any width"""
    for sizes, n in (((3, 4), 2), ((4, 1, 3), 5), ((2, 5, 3, 4), 1), ((3, 6, 2, 5, 4, 1, 7), 8)):
        layers, x = network(rng, sizes), rng.normal(size=(n, sizes[0]))
        expected, _ = reference.mlp_forward(x, layers)
        check_close(student.mlp_forward(x, layers)[0], expected, what="logits")


@points(
    1.5,
    hint="Each layer's gradients are taken at that layer's own input.",
    needs=(*LINEAR, *SIGMOID),
)
def test_mlp_backward_depths(student, reference, rng):
    """mlp_backward: dw and db of every layer, three to six layers"""
    for sizes, n in (((2, 5, 3, 4), 1), ((3, 3, 3, 3), 3), ((3, 6, 2, 5, 4, 2, 7), 8)):
        layers, x = network(rng, sizes), rng.normal(size=(n, sizes[0]))
        dy = rng.normal(size=(n, sizes[-1]))
        expected = reference.mlp_backward(dy, reference.mlp_forward(x, layers)[1])
        got = student.mlp_backward(dy, student.mlp_forward(x, layers)[1])
        check_number(len(got), len(layers), what="length of the list")
        for i, ((dw, db), (ew, eb)) in enumerate(zip(got, expected, strict=True), start=1):
            check_close(dw, ew, what=f"dw of layer {i}")
            check_close(db, eb, what=f"db of layer {i}")


@points(
    0.5,
    hint="A network keeps what it needs in its own cache, also when another one runs between.",
    needs=(*LINEAR, *SIGMOID),
)
def test_two_networks_interleaved(student, reference, rng):
    """mlp_forward, mlp_backward: two networks, forward and backward in turns"""
    sizes, n = (3, 5, 2), 4
    nets = [(network(rng, sizes), rng.normal(size=(n, 3))) for _ in range(3)]
    dy = rng.normal(size=(n, 2))
    logits, caches = [], []
    for layers, x in nets:
        y, cache = student.mlp_forward(x, layers)
        logits.append(y)
        caches.append(cache)
    for (layers, x), y, cache in zip(nets, logits, caches, strict=True):
        expected, kept = reference.mlp_forward(x, layers)
        check_close(y, expected, what="logits")
        gradients = sum(student.mlp_backward(dy, cache), ())
        check_number(len(gradients), 4, what="number of gradients")
        for got, right in zip(gradients, sum(reference.mlp_backward(dy, kept), ()), strict=True):
            check_close(got, right, what="gradient", guess=False)


# No Python loop


@points(
    0.5,
    hint="NumPy's exp takes whole arrays; np.vectorize is a loop in disguise.",
    needs=("test_neuron_worked_example", *SIGMOID, *BINARY),
)
def test_elementwise_functions_have_no_loop(student, rng):
    """neuron, sigmoid, binary_cross_entropy_with_logits: no Python loop over the batch"""

    def inputs(who, rng, n):
        return rng.normal(size=(n, 3)), rng.normal(size=3), 0.5

    def one(who, rng, n):
        return (rng.normal(size=(n, 3)),)

    def back(who, rng, n):
        return rng.normal(size=(n, 3)), who.sigmoid_forward(rng.normal(size=(n, 3)))[1]

    def pair(who, rng, n):
        return rng.normal(size=(n, 3)), rng.uniform(size=(n, 3))

    check_vectorised(student, "neuron", inputs, rng, axis="batch")
    check_vectorised(student, "sigmoid_forward", one, rng, axis="batch")
    check_vectorised(student, "sigmoid_backward", back, rng, axis="batch")
    check_vectorised(student, "binary_cross_entropy_with_logits", pair, rng, axis="batch")


@points(
    0.25,
    hint="Features, outputs and classes are axes of an array too: no loop runs over them.",
    needs=(*LINEAR, *CATEGORICAL),
)
def test_no_loop_over_features_or_classes(student, rng):
    """linear_forward, linear_backward, cross_entropy: no Python loop over features or classes"""

    def forward(who, rng, d):
        return rng.normal(size=(3, d)), rng.normal(size=(d, 5)), rng.normal(size=5)

    def backward(who, rng, m):
        inputs = rng.normal(size=(3, 4)), rng.normal(size=(4, m)), rng.normal(size=m)
        return rng.normal(size=(3, m)), who.linear_forward(*inputs)[1]

    def classes(who, rng, c):
        return rng.normal(size=(3, c)), rng.integers(0, c, size=3)

    check_vectorised(student, "linear_forward", forward, rng, axis="feature")
    check_vectorised(student, "linear_backward", backward, rng, axis="output")
    check_vectorised(student, "cross_entropy", classes, rng, axis="class")


@points(
    0.25,
    hint="Loop over layers, with the whole batch in each step.",
    needs=("test_mlp_forward_worked_example", "test_mlp_backward_two_layers"),
)
def test_mlp_has_no_loop_over_the_batch(student, rng):
    """mlp_forward, mlp_backward: no Python loop over the batch"""

    def forward(who, rng, n):
        return rng.normal(size=(n, 3)), network(rng, (3, 4, 2))

    def backward(who, rng, n):
        return rng.normal(size=(n, 2)), who.mlp_forward(*forward(who, rng, n))[1]

    check_vectorised(student, "mlp_forward", forward, rng, axis="batch")
    check_vectorised(student, "mlp_backward", backward, rng, axis="batch")


# Time


@points(
    0.5,
    hint="One step per layer: what the way back needs was computed on the way forward.",
    needs=("test_mlp_backward_two_layers", "test_mlp_backward_four_layers"),
    yardstick="plain",
)
def test_mlp_backward_run_time(student, yardstick, rng):
    """mlp_backward: time in proportion to the number of layers"""

    def build(who, rng, depth):
        layers, x = network(rng, [6] * depth + [5]), rng.normal(size=(4, 6))
        return rng.normal(size=(4, 5)), who.mlp_forward(x, layers)[1]

    check_runtime(student, "mlp_backward", build, rng, size=350, beside=yardstick)
