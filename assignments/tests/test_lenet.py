"""Local tests of `nn/lenet.py`. Run them with ``pytest tests/test_lenet.py``.

Whatever calls another component of yours says so: where that one does not pass its own tests, such
a test is skipped and not failed.
"""

import numpy as np
import pytest

from shared import (
    FAIR,
    FLOAT32,
    CheckFailed,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_unchanged,
    check_vectorised,
    points,
)
from shared.data import load_mnist
from shared.messages import message

SHAPES = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (400, 120),
    "fc1.bias": (120,),
    "fc2.weight": (120, 84),
    "fc2.bias": (84,),
    "fc3.weight": (84, 10),
    "fc3.bias": (10,),
}
SHAPES_1998 = {
    "c1.weight": (6, 1, 5, 5),
    "c1.bias": (6,),
    "s2.coefficient": (6,),
    "s2.bias": (6,),
    "c3.weight": (60, 5, 5),
    "c3.bias": (16,),
    "s4.coefficient": (16,),
    "s4.bias": (16,),
    "c5.weight": (120, 16, 5, 5),
    "c5.bias": (120,),
    "f6.weight": (120, 84),
    "f6.bias": (84,),
}
LAYERS = ("init", "activations", "backprop", "conv", "pool")
ALL = (*LAYERS, "optimizers")
FORWARD = ("test_forward_along_one_path", "test_forward_shape_and_dtype")
GRADIENTS = (
    "test_loss_is_the_cross_entropy",
    "test_gradients_of_the_linear_layers",
    "test_gradients_of_the_convolutions",
)


@pytest.fixture(scope="module")
def digits():
    return load_mnist()


def draw(rng, shapes, dtype=np.float64):
    """Random parameters under which the logits and their gradients are neither tiny nor huge."""
    return {
        name: rng.normal(0, 0.3 if len(s) == 1 else np.sqrt(1.5 / _inputs(s)), s).astype(dtype)
        for name, s in shapes.items()
    }


def _inputs(shape):
    return shape[0] if len(shape) == 2 else np.prod(shape[1:])


def checked(arrays, shapes, what, dtype):
    """The arrays, after a look at their names, shapes and dtypes."""
    check_names(arrays, shapes, what)
    for name, shape in shapes.items():
        check_array(arrays[name], what=f"{what}[{name!r}]", shape=shape, dtype=dtype)
    return arrays


def check_names(arrays, shapes, what):
    if set(arrays) != set(shapes):
        text = ", ".join(sorted(map(str, arrays)))[:200]
        raise CheckFailed(message("names", what=what, got=text, expected=", ".join(shapes)))


def built(student, parameters, kind="LeNet5"):
    """A network with these parameters."""
    return getattr(student, kind)(student.generator(0), parameters)


def check_labels(got, count):
    """Require `count` integers from 0 to 9."""
    labels = check_array(got, what="labels of predict", shape=(count,), dtype=None)
    if labels.dtype.kind not in "iu":
        raise CheckFailed(
            message("dtype", what="labels of predict", got=str(labels.dtype), expected="int")
        )
    return labels


# What it is made of


@points(2, hint="Compare names and shapes with SHAPES; .astype(np.float32) makes an array float32.")
def test_parameters_have_their_names_and_shapes(student):
    """LeNet5, parameters: ten float32 arrays, 61,706 numbers"""
    net = student.LeNet5(student.generator(1))
    found = checked(student.LeNet5.parameters(net), SHAPES, "parameters", np.float32)
    check_number(sum(a.size for a in found.values()), 61_706, what="the number of parameters")


@points(2, hint="Where `parameters` is given, the network is made of these arrays alone.")
def test_given_parameters_are_kept(student, rng):
    """LeNet5, parameters: given parameters come back as they were"""
    for dtype in (np.float64, np.float32):
        given = draw(rng, SHAPES, dtype)
        found = student.LeNet5.parameters(built(student, given))
        check_names(found, SHAPES, "parameters")
        for name, array in given.items():
            check_close(found[name], array, what=f"parameters[{name!r}]", limit=0)


@points(
    2,
    hint="Every random number comes from `rng`: no seed, no np.random of its own.",
    needs=("test_parameters_have_their_names_and_shapes",),
)
def test_the_generator_decides(student):
    """LeNet5: the same generator gives the same weights, another one others"""
    first, again, other = (
        checked(
            student.LeNet5.parameters(student.LeNet5(student.generator(seed))),
            SHAPES,
            "parameters",
            np.float32,
        )
        for seed in (1, 1, 2)
    )
    for name, array in first.items():
        check_close(again[name], array, what=f"{name}, drawn again", limit=0)
        if name.endswith("weight"):
            assert np.mean(other[name] == array) < 0.01
            # Identical weights would stay identical for ever.
            assert np.unique(array).size > 0.9 * array.size
        else:
            check_close(array, np.zeros(SHAPES[name], np.float32), what=name)


@points(
    1,
    hint="Is the loss much larger, the weights are; Xavier's are right behind max-pooling.",
    needs=("test_parameters_have_their_names_and_shapes",),
    stands_on=LAYERS,
)
def test_a_new_network_guesses(student, digits):
    """LeNet5, loss_and_grads: at first the loss is about log(10)"""
    for seed in range(3):
        net = student.LeNet5(student.generator(seed))
        part = slice(100 * seed, 100 * (seed + 1))
        loss, _ = student.LeNet5.loss_and_grads(net, digits.x_train[part], digits.y_train[part])
        if not 2 <= loss <= 3.5:
            raise CheckFailed(message("first-loss", got=loss))


# Forward


@points(1, hint="(N, 10), also for one image; float32 in a float32 network.", stands_on=LAYERS)
def test_forward_shape_and_dtype(student, rng):
    """forward: shape and dtype of the logits"""
    for dtype in (np.float64, np.float32):
        net = built(student, draw(rng, SHAPES, dtype))
        for n in (3, 1):
            x = rng.normal(size=(n, 1, 28, 28)).astype(dtype)
            check_array(student.LeNet5.forward(net, x), what="logits", shape=(n, 10), dtype=dtype)


def one_path(rng, first, second, place):
    """Parameters of which only those along one path are not 0, and the five pairs on it.

    The path goes through the weight `first` of map 2 of conv1, the weight `second` of map 13 of
    conv2, `place` in the 5 x 5 maps, neuron 70 of fc1 and neuron 33 of fc2 to logit 6.
    """
    parameters = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    pairs = rng.normal(size=(5, 2))
    pairs[:, 1] = 0.3 + abs(pairs[:, 1])  # else most numbers would end in a ReLU
    flat = 13 * 25 + place[0] * 5 + place[1]
    for layer, weight, bias, (w, b) in zip(
        ("conv1", "conv2", "fc1", "fc2", "fc3"),
        ((2, 0, *first), (13, 2, *second), (flat, 70), (70, 33), (33, 6)),
        (2, 13, 70, 33, 6),
        pairs,
        strict=True,
    ):
        parameters[f"{layer}.weight"][weight] = w
        parameters[f"{layer}.bias"][bias] = b
    return parameters, pairs


@points(
    4,
    hint="Zeros around conv1 only; max-pooling; ReLU after each layer but the last; C order.",
    stands_on=LAYERS,
)
def test_forward_along_one_path(student, rng):
    """forward: one weight per layer, the others 0, so that a pixel can be followed by hand"""
    for first, second, place in (
        ((2, 2), (2, 2), (1, 3)),
        ((0, 4), (0, 0), (0, 0)),
        ((4, 1), (4, 3), (4, 2)),
        ((1, 0), (0, 4), (3, 4)),
        ((3, 3), (1, 0), (2, 0)),
        ((0, 0), (3, 1), (0, 4)),
    ):
        parameters, pairs = one_path(rng, first, second, place)
        # A darker and a brighter image: in one of them the zeros of the border are the largest.
        x = rng.normal(size=(2, 1, 28, 28)) + np.array([-2.0, 2.0])[:, None, None, None]
        expected = np.zeros((2, 10))
        for image in range(2):
            # The 4 x 4 pixels, those of the border among them, that this place goes back to.
            row, column = (4 * place[k] + 2 * second[k] + first[k] for k in range(2))
            seen = np.pad(x[image, 0], 2)[row : row + 4, column : column + 4]
            after = np.maximum(pairs[0, 0] * seen + pairs[0, 1], 0)
            pooled = [after[i : i + 2, j : j + 2].max() for i in (0, 2) for j in (0, 2)]
            value = max(max(pairs[1, 0] * p + pairs[1, 1], 0) for p in pooled)
            for w, b in pairs[2:4]:
                value = max(w * value + b, 0)
            expected[image, 6] = pairs[4, 0] * value + pairs[4, 1]
        got = student.LeNet5.forward(built(student, parameters), x)
        check_close(got, expected, what="logits")


@points(
    2,
    hint="The index of the largest logit of each row. Pieces are put together in their order.",
    needs=FORWARD,
    stands_on=LAYERS,
)
def test_predict_is_the_largest_logit(student, rng):
    """predict: the class with the largest logit, for one image and for many"""
    net = built(student, draw(rng, SHAPES, np.float32))
    for n in (1, 3, 317):
        x = rng.normal(size=(n, 1, 28, 28)).astype(np.float32)
        logits = check_array(
            student.LeNet5.forward(net, x), what="logits", shape=(n, 10), dtype=np.float32
        )
        labels = check_labels(student.LeNet5.predict(net, x), n)
        check_close(labels.astype(np.int64), logits.argmax(axis=1), what="labels of predict")


# The loss and its gradients


@points(
    1,
    hint="cross_entropy of the logits, a mean; nothing is added for the weights.",
    needs=FORWARD,
    stands_on=LAYERS,
)
def test_loss_is_the_cross_entropy(student, rng):
    """loss_and_grads: the loss, with labels of several integer dtypes"""
    net = built(student, draw(rng, SHAPES))
    x, labels = rng.normal(size=(4, 1, 28, 28)), np.array([3, 0, 9, 3])
    logits = check_array(student.LeNet5.forward(net, x), what="logits", shape=(4, 10))
    picked = logits[[0, 1, 2, 3], [3, 0, 9, 3]]
    expected = np.mean(np.log(np.sum(np.exp(logits), axis=1)) - picked)
    for dtype in (np.int64, np.uint8, np.int32):
        loss, _ = student.LeNet5.loss_and_grads(net, x, labels.astype(dtype))
        check_number(loss, expected, what="loss")


def by_size(names):
    """The names of small parameters first: there a mistake is explained in a moment."""
    return sorted(names, key=lambda name: np.prod({**SHAPES, **SHAPES_1998}[name]))


def check_layers(student, rng, layers):
    """Hold the gradients of the parameters of some layers against differences of the loss."""
    parameters = draw(rng, SHAPES)
    x, labels = rng.normal(size=(3, 1, 28, 28)), np.array([7, 1, 7])
    _, grads = student.LeNet5.loss_and_grads(built(student, parameters), x, labels)
    check_names(grads, SHAPES, "grads")
    for name in by_size(n for n in SHAPES if n.startswith(layers)):

        def loss(v, name=name):
            net = built(student, parameters | {name: v})
            return student.LeNet5.loss_and_grads(net, x, labels)[0]

        check_gradient(
            loss, parameters[name], grads[name], rng, what=f"grads[{name!r}]", sizes={"batch": 3}
        )


@points(
    3,
    hint="Backward through the layers in reverse; each hands its dx on as the next one's dy.",
    needs=("test_loss_is_the_cross_entropy",),
    stands_on=LAYERS,
)
def test_gradients_of_the_linear_layers(student, rng):
    """loss_and_grads: gradients of fc3, fc2 and fc1 match numerical differences"""
    check_layers(student, rng, ("fc3", "fc2", "fc1"))


@points(
    3,
    hint="(N, 400) becomes (N, 16, 5, 5) again; then the pooling, the ReLU, the convolution.",
    needs=("test_loss_is_the_cross_entropy",),
    stands_on=LAYERS,
)
def test_gradients_of_the_convolutions(student, rng):
    """loss_and_grads: gradients of conv2 and conv1 match numerical differences"""
    check_layers(student, rng, ("conv",))


@points(
    1, hint="A number or an array of float64 among float32 ones makes float64.", stands_on=LAYERS
)
def test_gradients_in_float32(student, rng):
    """loss_and_grads: names, shapes and dtypes of the gradients of a float32 network"""
    net = built(student, draw(rng, SHAPES, np.float32))
    x = rng.normal(size=(2, 1, 28, 28)).astype(np.float32)
    _, grads = student.LeNet5.loss_and_grads(net, x, np.array([4, 8]))
    checked(grads, SHAPES, "grads", np.float32)


# Bonus: the network of 1998


@points(1, hint="Compare with SHAPES_1998; C3 has 60 masks, not 96.")
def test_bonus_parameters_and_counts(student):
    """bonus: LeNet1998: float32 parameters, 60,000 of them, and 340,908 connections"""
    net = student.LeNet1998(student.generator(1))
    checked(student.LeNet1998.parameters(net), SHAPES_1998, "parameters", np.float32)
    got, connections = student.LeNet1998.counts(net)
    check_number(got, 60_000, what="the number of parameters")
    check_number(connections, 340_908, what="the number of connections")


def bonus_case(student, rng, n=3):
    """A network of 1998, its parameters, images and labels."""
    parameters = draw(rng, SHAPES_1998)
    for name in ("s2.coefficient", "s4.coefficient"):
        parameters[name] = rng.uniform(0.2, 0.7, SHAPES_1998[name])
    x, labels = rng.normal(size=(n, 1, 28, 28)), rng.integers(0, 10, n)
    return built(student, parameters, "LeNet1998"), parameters, x, labels


@points(
    1,
    hint="y_D and the logarithm, averaged; where the penalties are large, exp(-y) is 0.",
    stands_on=LAYERS,
)
def test_bonus_loss_is_equation_9(student, rng):
    """bonus: forward, loss_and_grads of LeNet1998: the loss of the penalties"""
    net, _, x, labels = bonus_case(student, rng, 5)
    y = check_array(student.LeNet1998.forward(net, x), what="y", shape=(5, 10))
    assert np.min(y) >= 0
    wrong = np.log(np.exp(-10.0) + np.exp(-y).sum(axis=1))
    loss, _ = student.LeNet1998.loss_and_grads(net, x, labels)
    check_number(loss, np.mean(y[np.arange(5), labels] + wrong), what="loss")


@points(
    3,
    hint="The gradient of each pooling coefficient is a sum over images and places.",
    needs=("test_bonus_loss_is_equation_9",),
    stands_on=LAYERS,
)
def test_bonus_gradients(student, rng):
    """bonus: loss_and_grads of LeNet1998: gradients match numerical differences"""
    net, parameters, x, labels = bonus_case(student, rng)
    _, grads = student.LeNet1998.loss_and_grads(net, x, labels)
    checked(grads, SHAPES_1998, "grads", np.float64)
    for name in by_size(SHAPES_1998):

        def loss(v, name=name):
            moved = built(student, parameters | {name: v}, "LeNet1998")
            return student.LeNet1998.loss_and_grads(moved, x, labels)[0]

        check_gradient(loss, parameters[name], grads[name], rng, what=f"grads[{name!r}]")


@points(1, hint="A penalty is small where the class is right.", stands_on=LAYERS)
def test_bonus_predict_is_the_smallest_penalty(student, rng):
    """bonus: predict of LeNet1998: the class with the smallest penalty"""
    net, _, x, _ = bonus_case(student, rng, 7)
    y = check_array(student.LeNet1998.forward(net, x), what="y", shape=(7, 10))
    labels = check_labels(student.LeNet1998.predict(net, x), 7)
    check_close(labels.astype(np.int64), y.argmin(axis=1), what="labels of predict")


# No Python loop


@points(
    1,
    hint="One product does all images of a batch. Loop over layers, not over images.",
    needs=FORWARD,
    stands_on=LAYERS,
)
def test_forward_has_no_loop_over_images(student, rng):
    """forward: no Python loop over images"""

    def build(who, rng, n):
        net = built(who, draw(rng, SHAPES, np.float32))
        return net, rng.normal(size=(n, 1, 28, 28)).astype(np.float32)

    check_vectorised(student, "LeNet5.forward", build, rng, axis="batch", n=4)


# Learning


def fitted(student, seed, x, labels, **options):
    """A network drawn and trained with generators of one seed, and its losses."""
    net = student.LeNet5(student.generator(seed))
    losses = student.LeNet5.fit(
        net, x, labels, lr=0.002, rng=student.generator(seed + 1), **options
    )
    check_array(np.asarray(losses), what="losses", shape=(options["epochs"],))
    return net, losses


@points(
    3,
    hint="Do the parameters change? Does the step go down, with a gradient of the same batch?",
    needs=GRADIENTS,
    stands_on=ALL,
)
def test_fit_learns_a_few_digits_by_heart(student, digits):
    """fit: twenty digits, until all are right"""
    chosen = np.concatenate([np.flatnonzero(digits.y_train == c)[:2] for c in range(10)])
    x, labels = digits.x_train[chosen], digits.y_train[chosen]
    net, losses = fitted(student, 3, x, labels, epochs=40, batch_size=10)
    assert losses[-1] < 0.5 * losses[0]
    got = check_labels(student.LeNet5.predict(net, x), 20)
    check_close(got.astype(np.int64), labels, what="labels of the training images")


@points(
    2,
    hint="The order comes from `rng`, new in each epoch, and from nothing else.",
    needs=GRADIENTS,
    stands_on=ALL,
)
def test_fit_repeats(student, digits):
    """fit: the same generators, the same network; another order, another one"""
    x, labels = digits.x_train[:24], digits.y_train[:24]
    runs = []
    for order in (5, 5, 6):
        net = student.LeNet5(student.generator(4))
        losses = student.LeNet5.fit(
            net, x, labels, epochs=2, batch_size=8, lr=0.002, rng=student.generator(order)
        )
        check_array(np.asarray(losses), what="losses", shape=(2,))
        found = student.LeNet5.parameters(net)
        runs.append((losses, checked(found, SHAPES, "parameters", np.float32)))
    (losses, first), (again_losses, again), (_, other) = runs
    check_close(np.array(again_losses), np.array(losses), what="losses, again", limit=FAIR)
    for name in SHAPES:
        check_close(again[name], first[name], what=f"{name}, again", limit=FLOAT32)
    assert any(np.max(abs(other[n] - first[n])) > 1e-5 for n in SHAPES)


@points(
    2,
    hint="A permutation of all images in each epoch; what is left over is a batch too.",
    needs=GRADIENTS,
    stands_on=ALL,
)
def test_every_image_once_in_every_epoch(student, rng):
    """fit: no image is left out in an epoch, and none comes twice"""
    net = built(student, draw(rng, SHAPES))
    common, rare = rng.normal(size=(2, 1, 1, 28, 28))
    at = [student.LeNet5.loss_and_grads(net, v, np.array([2]))[0] for v in (common, rare)]
    x = np.concatenate([common, rare, common, common, common])
    # With such a learning rate nothing changes: each epoch's loss says how often `rare` came. In
    # three batches of two images at most it counts 1/6 or 1/3, wherever it is.
    losses = student.LeNet5.fit(
        net, x, np.full(5, 2), epochs=60, batch_size=2, lr=1e-13, rng=student.generator(8)
    )
    share = (check_array(np.asarray(losses), what="losses", shape=(60,)) - at[0]) / (at[1] - at[0])
    assert np.min(share) > 0.9 / 6
    assert np.max(share) < 1.1 / 3
    assert np.ptp(share) > 0.1  # alone in a batch at one time, with another image at another


@points(1, hint="Add up the losses of the batches, divide by how many, and start anew each epoch.")
def test_fit_reports_the_loss_of_each_epoch(student, rng):
    """fit: with one batch in each epoch, the first loss is that of the network before it"""
    net = built(student, draw(rng, SHAPES))
    x, labels = rng.normal(size=(6, 1, 28, 28)), np.array([1, 1, 5, 0, 9, 9])
    before, _ = student.LeNet5.loss_and_grads(net, x, labels)
    losses = student.LeNet5.fit(
        net, x, labels, epochs=3, batch_size=6, lr=1e-13, rng=student.generator(2)
    )
    losses = check_array(np.asarray(losses), what="losses", shape=(3,))
    check_close(losses, np.full(3, before), what="losses", limit=FAIR)


@points(1, hint="x -= ... and labels -= ... write into the caller's arrays.", stands_on=ALL)
def test_arguments_are_unchanged(student, rng):
    """every method: images and labels are left as they were"""
    net = built(student, draw(rng, SHAPES))
    x, labels = rng.normal(size=(4, 1, 28, 28)), np.array([1, 0, 5, 9])
    student.LeNet5.forward(net, x)
    student.LeNet5.predict(net, x)
    student.LeNet5.loss_and_grads(net, x, labels)
    student.LeNet5.fit(net, x, labels, epochs=2, batch_size=3, lr=1e-3, rng=student.generator(1))
    check_unchanged(student)


@points(
    4,
    hint="If a few digits are learnt and many are not: the order, the learning rate, its decay.",
    needs=("test_fit_learns_a_few_digits_by_heart",),
    stands_on=ALL,
)
def test_fit_reads_digits(student, digits):
    """fit, predict: one epoch on 2,000 digits, and at least half of 500 others are right"""
    net, _ = fitted(
        student, 11, digits.x_train[:2000], digits.y_train[:2000], epochs=1, batch_size=32
    )
    got = check_labels(student.LeNet5.predict(net, digits.x_test[:500]), 500)
    right = float(np.mean(got == digits.y_test[:500]))
    if right < 0.5:
        raise CheckFailed(message("too-few-right", percent=round(100 * right, 1), needed=50))
