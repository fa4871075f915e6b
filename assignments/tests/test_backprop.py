"""Local tests of `nn/backprop.py`. Run them with ``pytest tests/test_backprop.py``.

The numbers of the worked examples are those of the handout. Everywhere else the data are random,
the same at every run, and a gradient is compared with numerical differences of your own forward.
"""

from itertools import pairwise

import numpy as np

from shared import (
    Load,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_runtime,
    check_silent,
    check_unchanged,
    check_vectorised,
    points,
    upstream_of_ones,
)

LN3 = np.log(3.0)  # sigmoid(ln 3) = 3/4, sigmoid(2 ln 3) = 9/10: numbers to work with by hand


def output(student, function, *args, shape, what="y"):
    """What a forward returns first, once it is known to be an array of that shape."""
    return check_array(getattr(student, function)(*args)[0], what=what, shape=shape)


# One neuron


@points(1, hint="z = x @ w + b is one number per row of x; then y = 1 / (1 + exp(-z)).")
def test_neuron_worked_example(student):
    """neuron: the worked example of the handout"""
    x = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, -1.0]])
    w = LN3 * np.array([1.0, -1.0, 2.0])
    check_close(student.neuron(x, w, LN3), np.array([0.9, 0.5]), what="y")
    # Four examples, no bias: z is 0, -ln 3, 2 ln 3, ln 3.
    x = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 2.0, 1.0]])
    check_close(student.neuron(x, w, 0.0), np.array([0.5, 0.25, 0.9, 0.75]), what="y")


# The linear layer


@points(1, hint="Entry (n, j) of y is row n of x times column j of w, plus b[j].")
def test_linear_forward_worked_example(student):
    """linear_forward: two examples worked by hand"""
    x = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, -1.0]])
    w = LN3 * np.array([[1.0], [-1.0], [2.0]])
    y, _ = student.linear_forward(x, w, np.array([LN3]))
    check_close(y, np.array([[2 * LN3], [0.0]]), what="y")
    x = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])
    w = np.array([[2.0, 0.0, 1.0, -1.0], [1.0, 4.0, 0.0, 3.0]])
    expected = np.array([[0.5, -9.0, 3.0, -7.0], [4.5, 11.0, 2.5, 8.5], [1.5, 3.0, 2.0, 3.0]])
    y, _ = student.linear_forward(x, w, np.array([0.5, -1.0, 2.0, 0.0]))
    check_close(y, expected, what="y")


@points(0.5, hint="A batch of one is still a batch: y has shape (1, M). Rows do not know others.")
def test_linear_forward_treats_rows_alone(student, rng):
    """linear_forward: a row alone gives what it gives in a batch"""
    x, w, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    whole = output(student, "linear_forward", x, w, b, shape=(5, 4))
    for n in range(5):
        alone, _ = student.linear_forward(x[n : n + 1], w, b)
        check_close(alone, whole[n : n + 1], what="y of a batch of one")


@points(1, hint="Let the shapes lead: each gradient has the shape of what it is the gradient of.")
def test_linear_backward_worked_example(student):
    """linear_backward: the worked example of the handout"""
    x = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, -1.0]])
    w = LN3 * np.array([[1.0], [-1.0], [2.0]])
    _, cache = student.linear_forward(x, w, np.array([LN3]))
    dx, dw, db = student.linear_backward(np.array([[-0.0045], [0.0625]]), cache)
    check_close(dw, np.array([[0.1205], [0.0535], [-0.067]]), what="dw")
    check_close(db, np.array([0.058]), what="db")
    expected = LN3 * np.array([[-0.0045, 0.0045, -0.009], [0.0625, -0.0625, 0.125]])
    check_close(dx, expected, what="dx")


def linear_case(student, rng, n):
    """Inputs of a linear layer for a batch of n, a random upstream, and the three gradients."""
    x, w, b = rng.normal(size=(n, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    dy = rng.normal(size=(n, 4))
    y, cache = student.linear_forward(x, w, b)
    check_array(y, what="y", shape=dy.shape)
    return x, w, b, dy, student.linear_backward(dy, cache)


@points(
    1,
    hint="x[n, d] is in every output of row n. Which product adds over the outputs?",
    needs=("test_linear_forward_worked_example",),
)
def test_linear_backward_dx_matches_differences(student, rng):
    """linear_backward: dx matches numerical differences"""
    for n in (5, 1):
        x, w, b, dy, (dx, _, _) = linear_case(student, rng, n)

        def loss(v, w=w, b=b, dy=dy):
            return np.sum(dy * output(student, "linear_forward", v, w, b, shape=dy.shape))

        clues = upstream_of_ones(loss, x, dy)
        sizes = {"batch": n, "output": 4}
        check_gradient(loss, x, dx, rng, what="dx", sizes=sizes, clues=clues)


@points(
    1,
    hint="w[d, m] is in the output m of every example. Which product adds over the batch?",
    needs=("test_linear_forward_worked_example",),
)
def test_linear_backward_dw_matches_differences(student, rng):
    """linear_backward: dw matches numerical differences"""
    for n in (5, 1):
        x, w, b, dy, (_, dw, _) = linear_case(student, rng, n)

        def loss(v, x=x, b=b, dy=dy):
            return np.sum(dy * output(student, "linear_forward", x, v, b, shape=dy.shape))

        clues = upstream_of_ones(loss, w, dy)
        check_gradient(loss, w, dw, rng, what="dw", sizes={"batch": n}, clues=clues)


@points(
    1,
    hint="b[m] is added to every example. One gradient per output is left: shape (M,).",
    needs=("test_linear_forward_worked_example",),
)
def test_linear_backward_db_matches_differences(student, rng):
    """linear_backward: db matches numerical differences"""
    for n in (5, 1):
        x, w, b, dy, (_, _, db) = linear_case(student, rng, n)

        def loss(v, x=x, w=w, dy=dy):
            return np.sum(dy * output(student, "linear_forward", x, w, v, shape=dy.shape))

        clues = upstream_of_ones(loss, b, dy)
        check_gradient(loss, b, db, rng, what="db", sizes={"batch": n}, clues=clues)


# The sigmoid


@points(1, hint="sigmoid(0) = 1/2, sigmoid(ln 3) = 3/4, and sigmoid(-x) = 1 - sigmoid(x).")
def test_sigmoid_forward_known_values(student, rng):
    """sigmoid_forward: values known by hand, and the symmetry of the curve"""
    x = LN3 * np.array([[0.0, 1.0, -1.0], [2.0, -2.0, 0.0]])
    y, _ = student.sigmoid_forward(x)
    # No guess: a curve that falls gives the same numbers in other places.
    check_close(y, np.array([[0.5, 0.75, 0.25], [0.9, 0.1, 0.5]]), what="y", guess=False)
    x = rng.normal(scale=3, size=(2, 3, 4))
    right = output(student, "sigmoid_forward", x, shape=x.shape)
    left = output(student, "sigmoid_forward", -x, shape=x.shape)
    check_close(left, 1 - right, what="sigmoid(-x)")


@points(1, hint="exp(1000) overflows. On each side of 0, use the form whose exp is at most 1.")
def test_sigmoid_forward_far_from_zero(student):
    """sigmoid_forward: right and without a warning at -1000 and +1000"""
    x = np.array([-1000.0, -50.0, 0.0, 50.0, 1000.0])
    y, _ = student.sigmoid_forward(x)
    check_close(y, np.array([0.0, 0.0, 0.5, 1.0, 1.0]), what="y")
    y, _ = student.sigmoid_forward(x.astype(np.float32))
    check_close(y, np.array([0.0, 0.0, 0.5, 1.0, 1.0], dtype=np.float32), what="y in float32")
    check_silent(student)


@points(
    1,
    hint="The chain rule: the upstream dy times the slope of the curve at x.",
    needs=("test_sigmoid_forward_known_values",),
)
def test_sigmoid_backward_matches_differences(student, rng):
    """sigmoid_backward: dx matches numerical differences"""
    for shape in ((3, 5), (1, 4), (6,)):
        x, dy = rng.normal(scale=2, size=shape), rng.normal(size=shape)
        y, cache = student.sigmoid_forward(x)
        check_array(y, what="y", shape=shape)

        def loss(v, dy=dy):
            return np.sum(dy * output(student, "sigmoid_forward", v, shape=dy.shape))

        dx = student.sigmoid_backward(dy, cache)
        check_gradient(loss, x, dx, rng, what="dx", clues=upstream_of_ones(loss, x, dy))


# The losses


@points(1, hint="Half the squared distance of each example, summed, and divided by N only.")
def test_mse_loss_worked_example(student):
    """mse_loss: the worked example, and one with several outputs"""
    loss, dy = student.mse_loss(np.array([[0.9], [0.5]]), np.array([[1.0], [0.0]]))
    check_number(loss, 0.065, what="loss")
    check_close(dy, np.array([[-0.05], [0.25]]), what="dy")
    # Squared distances 1 + 4 + 0 and 0 + 4 + 16: (5 + 20) / (2 * 2).
    y, target = (
        np.array([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]]),
        np.array([[0.0, 0.0, 3.0], [0, 3, 3]]),
    )
    loss, dy = student.mse_loss(y, target)
    check_number(loss, 6.25, what="loss")
    check_close(dy, np.array([[0.5, 1.0, 0.0], [0.0, -1.0, -2.0]]), what="dy")


@points(0.5, hint="The gradient belongs to the loss that you return: with its 1/2 and its 1/N.")
def test_mse_loss_gradient_matches_differences(student, rng):
    """mse_loss: the gradient matches numerical differences"""
    for shape in ((5, 3), (1, 4), (6,)):
        y, target = rng.normal(size=shape), rng.normal(size=shape)
        _, dy = student.mse_loss(y, target)
        check_gradient(
            lambda v, t=target: student.mse_loss(v, t)[0],
            y,
            dy,
            rng,
            what="dy",
            sizes={"batch": shape[0]},
        )


@points(1, hint="An undecided logit (z = 0) costs ln 2. Mean over the first axis, sum over others.")
def test_binary_cross_entropy_worked_example(student):
    """binary_cross_entropy_with_logits: worked by hand"""
    # The probabilities are 1/2, 3/4, 9/10, so the examples cost ln 2, ln 4, ln(10/9).
    z, target = LN3 * np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.0, 1.0])
    loss, dz = student.binary_cross_entropy_with_logits(z, target)
    check_number(loss, np.log(80 / 9) / 3, what="loss")
    check_close(dz, np.array([-0.5, 0.75, -0.1]) / 3, what="dz")
    # Two examples with three questions each: the loss is divided by 2, not by 6.
    z, target = LN3 * np.array([[0.0, 1, 2], [-1, 0, -2]]), np.array([[1.0, 0, 1], [0, 0, 1]])
    loss, dz = student.binary_cross_entropy_with_logits(z, target)
    check_number(loss, (np.log(80 / 9) + np.log(80 / 3)) / 2, what="loss of three questions each")
    check_close(dz, np.array([[-0.5, 0.75, -0.1], [0.25, 0.5, -0.9]]) / 2, what="dz")


@points(
    0.5, hint="With respect to the logit, not the probability. The gradient is a short formula."
)
def test_binary_cross_entropy_gradient_matches_differences(student, rng):
    """binary_cross_entropy_with_logits: the gradient matches numerical differences"""
    for shape in ((5,), (3, 4), (1, 2)):
        z, target = rng.normal(size=shape), rng.integers(0, 2, size=shape).astype(np.float64)
        _, dz = student.binary_cross_entropy_with_logits(z, target)
        check_gradient(
            lambda v, t=target: student.binary_cross_entropy_with_logits(v, t)[0],
            z,
            dz,
            rng,
            what="dz",
            sizes={"batch": shape[0]},
        )


@points(1, hint="Write the loss so that exp sees -|z| only, and no probability meets a log.")
def test_binary_cross_entropy_far_from_zero(student):
    """binary_cross_entropy_with_logits: logits of +-1000, on the right and on the wrong side"""
    z, target = np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([1.0, 0.0, 0.0, 1.0])
    loss, dz = student.binary_cross_entropy_with_logits(z, target)
    check_number(loss, 500.0, what="loss")
    check_close(dz, np.array([0.0, 0.0, 0.25, -0.25]), what="dz")
    check_silent(student)


@points(1, hint="Softmax along a row, -ln of the probability of its own class, mean over the rows.")
def test_cross_entropy_worked_example(student):
    """cross_entropy: worked by hand"""
    # The probabilities are 1/8, 2/8, 5/8 and 1/4, 1/4, 1/2; the costs ln(8/5) and ln 4.
    logits = np.log(np.array([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]]))
    loss, dlogits = student.cross_entropy(logits, np.array([2, 0]))
    check_number(loss, np.log(6.4) / 2, what="loss")
    expected = np.array([[0.0625, 0.125, -0.1875], [-0.375, 0.125, 0.25]])
    check_close(dlogits, expected, what="dlogits")


@points(
    1,
    hint="Every logit of a row has a part in the loss, the right one two. Do not forget the mean.",
)
def test_cross_entropy_gradient_matches_differences(student, rng):
    """cross_entropy: the gradient matches numerical differences"""
    for n, c in ((5, 3), (1, 4), (4, 7)):
        logits, labels = rng.normal(size=(n, c)), rng.integers(0, c, size=n)
        _, dlogits = student.cross_entropy(logits, labels)
        check_gradient(
            lambda v, k=labels: student.cross_entropy(v, k)[0],
            logits,
            dlogits,
            rng,
            what="dlogits",
            sizes={"batch": n},
        )


@points(1, hint="Shift each row by its own maximum before exp, and stay with the logarithm.")
def test_cross_entropy_large_logits(student):
    """cross_entropy: logits of +-1000 and rows at very different levels"""
    logits = np.array([[1000.0, 0.0, -1000.0], [5.0, 5.0, 5.0], [-900.0, -900.0, -1900.0]])
    loss, dlogits = student.cross_entropy(logits, np.array([1, 0, 0]))
    check_number(loss, (1000 + np.log(3) + np.log(2)) / 3, what="loss")
    expected = np.array([[1, -1, 0], [-2 / 3, 1 / 3, 1 / 3], [-1 / 2, 1 / 2, 0]]) / 3
    check_close(dlogits, expected, what="dlogits")
    check_silent(student)


@points(0.5, hint="Labels are whole numbers of any integer dtype: int8 and uint8 too.")
def test_cross_entropy_any_integer_labels(student, rng):
    """cross_entropy: labels of any integer dtype"""
    logits, labels = rng.normal(size=(6, 5)), np.array([4, 0, 3, 3, 1, 2])
    loss, dlogits = student.cross_entropy(logits, labels)
    check_array(dlogits, what="dlogits", shape=logits.shape)
    for dtype in (np.uint8, np.int8, np.int32):
        name = np.dtype(dtype).name
        other, dother = student.cross_entropy(logits, labels.astype(dtype))
        check_number(other, loss, what=f"loss with {name} labels")
        check_close(dother, dlogits, what=f"dlogits with {name} labels")


# The network

LINEAR = (
    "test_linear_forward_worked_example",
    "test_linear_backward_dx_matches_differences",
    "test_linear_backward_dw_matches_differences",
    "test_linear_backward_db_matches_differences",
)
LAYERS = ("test_linear_forward_worked_example", "test_sigmoid_forward_known_values")
BACKWARDS = (*LINEAR, *LAYERS[1:], "test_sigmoid_backward_matches_differences")


@points(1, hint="A sigmoid stands between two layers, and none after the last.", needs=LAYERS)
def test_mlp_forward_worked_example(student):
    """mlp_forward: one layer and two layers, worked by hand"""
    x = np.array([[1.0, 2.0]])
    w1, b1 = LN3 * np.array([[1.0, 2.0, 0.0], [0.0, -1.0, -1.0]]), LN3 * np.array([1.0, 0.0, 0.0])
    logits, _ = student.mlp_forward(x, [(w1, b1)])
    check_close(logits, LN3 * np.array([[2.0, 0.0, -2.0]]), what="logits of one layer")
    # The hidden layer is 0.9, 0.5, 0.1.
    w2 = np.array([[1.0, 0.0, 10.0, -1.0], [2.0, 4.0, 0.0, 1.0], [0.0, 10.0, 10.0, 5.0]])
    logits, _ = student.mlp_forward(x, [(w1, b1), (w2, np.array([0.1, -1.0, 0.0, 0.5]))])
    check_close(logits, np.array([[2.0, 2.0, 10.0, 0.6]]), what="logits of two layers")


def check_every_gradient(student, rng, sizes, n):
    """Compare each dw and db of a network of these sizes with differences of its forward."""
    layers = [
        (rng.normal(scale=1.5, size=pair), rng.normal(size=pair[1])) for pair in pairwise(sizes)
    ]
    x, dy = rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))
    logits, cache = student.mlp_forward(x, layers)
    check_array(logits, what="logits", shape=dy.shape)
    gradients = student.mlp_backward(dy, cache)
    check_number(len(gradients), len(layers), what="length of the list")
    for i, (w, b) in enumerate(layers):

        def loss(w, b, i=i):
            changed = [*layers[:i], (w, b), *layers[i + 1 :]]
            return np.sum(
                dy * output(student, "mlp_forward", x, changed, shape=dy.shape, what="logits")
            )

        dw, db = gradients[i]
        batch = {"batch": n}
        name = f"of layer {i + 1}"
        check_gradient(lambda v, b=b: loss(v, b), w, dw, rng, what=f"dw {name}", sizes=batch)
        check_gradient(lambda v, w=w: loss(w, v), b, db, rng, what=f"db {name}", sizes=batch)


@points(
    0.5,
    hint="One layer has no sigmoid at all: its gradients are the linear layer's.",
    needs=BACKWARDS,
)
def test_mlp_backward_one_layer(student, rng):
    """mlp_backward: a network of one layer"""
    check_every_gradient(student, rng, (3, 4), 5)


@points(
    1, hint="Walk back: linear, sigmoid, linear. Each dx is the next one's dy.", needs=BACKWARDS
)
def test_mlp_backward_two_layers(student, rng):
    """mlp_backward: a network of two layers"""
    check_every_gradient(student, rng, (3, 5, 2), 4)
    check_every_gradient(student, rng, (2, 4, 3), 1)


@points(
    1.5,
    hint="A loop over the layers, whatever their number; return them first to last.",
    needs=BACKWARDS,
)
def test_mlp_backward_four_layers(student, rng):
    """mlp_backward: a network of four layers"""
    check_every_gradient(student, rng, (3, 5, 4, 6, 2), 7)


# What holds for every function


@points(0.5, hint="float32 in, float32 out. np.zeros, np.eye and astype may bring in float64.")
def test_float32_is_kept(student, rng):
    """every function: float32 input gives float32 output"""

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    def check(got, what, *shape):
        check_array(got, what=what, shape=shape, dtype=np.float32)

    x, w, b = draw(5, 3), draw(3, 4), draw(4)
    check(student.neuron(x, draw(3), 0.5), "y of neuron", 5)
    y, cache = student.linear_forward(x, w, b)
    check(y, "y of linear_forward", 5, 4)
    for name, got, array in zip(
        "xwb", student.linear_backward(draw(5, 4), cache), (x, w, b), strict=True
    ):
        check(got, f"d{name} of linear_backward", *array.shape)
    y, cache = student.sigmoid_forward(x)
    check(y, "y of sigmoid_forward", 5, 3)
    check(student.sigmoid_backward(draw(5, 3), cache), "dx of sigmoid_backward", 5, 3)
    check(student.mse_loss(x, draw(5, 3))[1], "dy of mse_loss", 5, 3)
    target = np.eye(5, 3, dtype=np.float32)
    dz = student.binary_cross_entropy_with_logits(x, target)[1]
    check(dz, "dz of binary_cross_entropy_with_logits", 5, 3)
    dlogits = student.cross_entropy(x, np.array([0, 2, 1, 1, 2]))[1]
    check(dlogits, "dlogits of cross_entropy", 5, 3)
    logits, cache = student.mlp_forward(x, [(w, b), (draw(4, 2), draw(2))])
    check(logits, "logits of mlp_forward", 5, 2)
    gradients = student.mlp_backward(draw(5, 2), cache)
    check_number(len(gradients), 2, what="length of the list of mlp_backward")
    check(gradients[0][0], "dw of the first layer of mlp_backward", 3, 4)
    check(gradients[0][1], "db of the first layer of mlp_backward", 4)


@points(0.5, hint="x -= ..., dy *= ... and out=x write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """every function: its arguments are left as they were"""
    x, w, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    student.neuron(x, w[:, 0], 0.5)
    _, cache = student.linear_forward(x, w, b)
    student.linear_backward(rng.normal(size=(5, 4)), cache)
    _, cache = student.sigmoid_forward(x)
    student.sigmoid_backward(rng.normal(size=(5, 3)), cache)
    student.mse_loss(x, rng.normal(size=(5, 3)))
    student.binary_cross_entropy_with_logits(x, np.eye(5, 3))
    student.cross_entropy(x, np.array([0, 2, 1, 1, 2]))
    _, cache = student.mlp_forward(x, [(w, b), (rng.normal(size=(4, 2)), rng.normal(size=2))])
    student.mlp_backward(rng.normal(size=(5, 2)), cache)
    check_unchanged(student)


@points(0.5, hint="What the way back needs goes into the cache, and not into a global variable.")
def test_calls_do_not_mix(student, rng):
    """forward, another forward, backward: the gradients are those of the first call"""
    x, other, w = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.normal(size=(3, 4))
    b, dy = rng.normal(size=4), rng.normal(size=(5, 4))

    _, cache = student.linear_forward(x, w, b)
    alone = [check_array(g, what="gradient") for g in student.linear_backward(dy, cache)]
    _, cache = student.linear_forward(x, w, b)
    student.linear_forward(other, 2 * w, b)
    for name, got, expected in zip("xwb", student.linear_backward(dy, cache), alone, strict=True):
        check_close(got, expected, what=f"d{name} of linear_backward", guess=False)

    _, cache = student.sigmoid_forward(x)
    dx = check_array(student.sigmoid_backward(x, cache), what="dx of sigmoid_backward")
    _, cache = student.sigmoid_forward(x)
    student.sigmoid_forward(other)
    check_close(student.sigmoid_backward(x, cache), dx, what="dx of sigmoid_backward", guess=False)

    layers = [(w, b), (rng.normal(size=(4, 2)), rng.normal(size=2))]
    dy = rng.normal(size=(5, 2))
    _, cache = student.mlp_forward(x, layers)
    alone = [check_array(g, what="gradient") for g in sum(student.mlp_backward(dy, cache), ())]
    _, cache = student.mlp_forward(x, layers)
    student.mlp_forward(other, layers)
    again = sum(student.mlp_backward(dy, cache), ())
    check_number(len(again), len(alone), what="number of gradients of mlp_backward")
    for got, expected in zip(again, alone, strict=True):
        check_close(got, expected, what="gradient of mlp_backward")


# No Python loop, and the time that it takes


@points(
    0.5,
    hint="Write each result as one product or sum over the whole batch.",
    needs=LINEAR,
)
def test_linear_has_no_loop_over_the_batch(student, rng):
    """linear_forward, linear_backward: no Python loop over the batch"""

    def forward(who, rng, n):
        return rng.normal(size=(n, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)

    def backward(who, rng, n):
        return rng.normal(size=(n, 4)), who.linear_forward(*forward(who, rng, n))[1]

    check_vectorised(student, "linear_forward", forward, rng, axis="batch")
    check_vectorised(student, "linear_backward", backward, rng, axis="batch")


@points(
    0.5,
    hint="Reduce along an axis; pick the right classes with two index arrays at once.",
    needs=(
        "test_mse_loss_worked_example",
        "test_cross_entropy_worked_example",
        "test_cross_entropy_gradient_matches_differences",
    ),
)
def test_losses_have_no_loop_over_the_batch(student, rng):
    """mse_loss, cross_entropy: no Python loop over the batch"""

    def pair(who, rng, n):
        return rng.normal(size=(n, 3)), rng.normal(size=(n, 3))

    def classes(who, rng, n):
        return rng.normal(size=(n, 3)), rng.integers(0, 3, size=n)

    check_vectorised(student, "mse_loss", pair, rng, axis="batch")
    check_vectorised(student, "cross_entropy", classes, rng, axis="batch")


@points(
    0.5,
    hint="The work should grow with N x C. Is there an N x N array on the way?",
    needs=("test_cross_entropy_worked_example", "test_cross_entropy_gradient_matches_differences"),
)
def test_cross_entropy_run_time(student, rng):
    """cross_entropy: takes time in proportion to the batch"""

    def build(who, rng, n):
        return rng.normal(size=(n, 10)), rng.integers(0, 10, size=n)

    load = Load(product=(200, 200, 200), elements=50_000)
    check_runtime(student, "cross_entropy", build, rng, size=5000, beside=load)
