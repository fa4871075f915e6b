"""Hidden tests of `lenet`: how it is put together, exact values, and whether it learns.

Tests with `assembled` run the student's file over stand-ins for every other component, so that they
see the putting together alone. Learning is measured on digits that are drawn, turned and named anew
by the course's secret: neither weights nor labels that were brought along are worth anything.
"""

from pathlib import Path

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
    check_vectorised,
    points,
)
from shared.data import MNIST, read_images, scaled
from shared.messages import message

HIDDEN_DIGITS = Path(__file__).resolve().parents[1] / "data" / "mnist_hidden.npz"
TRAINING = 6000  # images
STEPS = (50, 80, 88, 92)  # percent of the hidden digits that are worth points
MASK = (5, 5)
SHAPES = {
    "conv1.weight": (6, 1, *MASK),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, *MASK),
    "conv2.bias": (16,),
    "fc1.weight": (400, 120),
    "fc1.bias": (120,),
    "fc2.weight": (120, 84),
    "fc2.bias": (84,),
    "fc3.weight": (84, 10),
    "fc3.bias": (10,),
}
SHAPES_1998 = {
    "c1.weight": (6, 1, *MASK),
    "c1.bias": (6,),
    "s2.coefficient": (6,),
    "s2.bias": (6,),
    "c3.weight": (60, *MASK),
    "c3.bias": (16,),
    "s4.coefficient": (16,),
    "s4.bias": (16,),
    "c5.weight": (120, 16, *MASK),
    "c5.bias": (120,),
    "f6.weight": (120, 84),
    "f6.bias": (84,),
}
LAYERS = ("init", "activations", "backprop", "conv", "pool")
ALL = (*LAYERS, "optimizers")
LEARNS = ("test_fit_learns_a_few_digits_by_heart", "test_predict_is_the_largest_logit")


def draw(rng, shapes, dtype=np.float64):
    """Random parameters under which the logits and their gradients are neither tiny nor huge."""
    return {
        name: rng.normal(0, 0.3 if len(s) == 1 else np.sqrt(1.5 / _inputs(s)), s).astype(dtype)
        for name, s in shapes.items()
    }


def _inputs(shape):
    return shape[0] if len(shape) == 2 else np.prod(shape[1:])


def draw_positive(rng):
    """Parameters for stand-ins: they add everything up, and here no sum comes near 0."""
    found = {
        name: rng.uniform(0.5, 1.5, s) / (1 if len(s) == 1 else _inputs(s))
        for name, s in SHAPES.items()
    }
    # No two logits alike, or a softmax of a student's own would be flat.
    found["fc3.weight"] *= rng.permutation(np.linspace(0.2, 4, 10))
    return found


def built(who, parameters, kind="LeNet5"):
    """A network with these parameters."""
    return getattr(who, kind)(who.generator(0), parameters)


def checked(arrays, shapes, what, dtype):
    """The arrays, after a look at their names, shapes and dtypes."""
    if set(arrays) != set(shapes):
        text = ", ".join(sorted(map(str, arrays)))[:200]
        raise CheckFailed(message("names", what=what, got=text, expected=", ".join(shapes)))
    for name, shape in shapes.items():
        check_array(arrays[name], what=f"{what}[{name!r}]", shape=shape, dtype=dtype)
    return arrays


def check_either(attempts):
    """Require that one of several ways to hold something right finds nothing; else the first's."""
    first = None
    for attempt in attempts:
        try:
            attempt()
            return
        except CheckFailed as failed:
            first = first or failed
    raise first


# Put together over stand-ins


@points(2, hint="Names, shapes and dtypes are fixed, whatever draws the numbers.")
def test_assembled_parameters(assembled):
    """LeNet5, parameters: names, shapes, dtypes, apart from other components"""
    net = assembled.LeNet5(assembled.generator(3))
    found = checked(assembled.LeNet5.parameters(net), SHAPES, "parameters", np.float32)
    assert sum(a.size for a in found.values()) == 61_706
    for name, array in found.items():
        if name.endswith("weight"):
            assert np.unique(array).size > 0.9 * array.size
    for dtype in (np.float64, np.float32):
        given = {name: np.ones(shape, dtype) for name, shape in SHAPES.items()}
        net = built(assembled, given)
        checked(assembled.LeNet5.parameters(net), SHAPES, "parameters", dtype)


def hold(who, reference, case, limit=FAIR):
    """Hold logits and loss against those of a reference over the same ground."""
    parameters, x, labels = case
    net, theirs = built(who, parameters), built(reference, parameters)
    expected = reference.LeNet5.forward(theirs, x)
    check_close(who.LeNet5.forward(net, x), expected, what="logits", limit=limit)
    loss, _ = reference.LeNet5.loss_and_grads(theirs, x, labels)
    check_number(who.LeNet5.loss_and_grads(net, x, labels)[0], loss, what="loss", limit=limit)


@points(3, hint="The docstring's table, step by step: which layer, which padding, which order.")
def test_assembled_forward(student, reference, assembled, reference_assembled, rng):
    """forward, loss_and_grads: logits and loss, apart from other components"""
    for n in (1, 3):
        x, labels = rng.uniform(0.5, 1.5, size=(n, 1, 28, 28)), rng.integers(0, 10, n)
        case = draw_positive(rng), x, labels
        # What a student has written inside lenet.py is not replaced, and then is the real thing.
        check_either(
            (
                lambda case=case: hold(assembled, reference_assembled, case),
                lambda case=case: hold(student, reference, case),
                lambda case=case: hold(assembled, reference, case),
            )
        )


def hold_gradients(who, parameters, x, labels, rng):
    """Hold the gradients against differences of the loss.

    In tenths: a step moves thousands of numbers before a ReLU or a pooling, and a shorter one is
    less likely to carry one of them over its kink.
    """

    def loss_and_grads(parameters):
        return who.LeNet5.loss_and_grads(built(who, parameters), x, labels)

    _, grads = loss_and_grads(parameters)
    checked(grads, SHAPES, "grads", np.float64)
    for name in sorted(SHAPES, key=lambda name: np.prod(SHAPES[name])):
        check_gradient(
            lambda v, name=name: loss_and_grads(parameters | {name: v / 10})[0],
            parameters[name] * 10,
            grads[name] / 10,
            rng,
            what=f"grads[{name!r}]",
            guess=False,  # the numbers of a stand-in are multiples of each other
        )


@points(
    3,
    hint="Backward through the layers in reverse, each with the cache of its own forward.",
    needs=("test_assembled_forward",),
)
def test_assembled_gradients(assembled, rng):
    """loss_and_grads: the gradients of the loss that it returns, apart from other components"""
    # Positive numbers are good for stand-ins, signed ones for layers of a student's own: there the
    # gradients are not so small beside the loss that differences have no digits left. A kink is
    # met once in a thousand times, and a wrong gradient every time.
    cases = []
    for _ in range(3):
        cases.append((draw_positive(rng), rng.uniform(0.5, 1.5, size=(2, 1, 28, 28))))
        cases.append((draw(rng, SHAPES), rng.normal(size=(2, 1, 28, 28))))
    check_either(
        [
            lambda case=case: hold_gradients(assembled, *case, np.array([4, 7]), rng)
            for case in cases
        ]
    )


@points(
    2,
    hint="Every parameter takes a step after every batch, down and not up.",
    needs=("test_assembled_gradients",),
)
def test_assembled_fit(assembled, rng):
    """fit: all parameters take steps downwards, apart from other components"""
    parameters = {name: array.astype(np.float32) for name, array in draw_positive(rng).items()}
    net = built(assembled, parameters)
    x = rng.uniform(0.5, 1.5, size=(8, 1, 28, 28)).astype(np.float32)
    labels = rng.integers(0, 10, 8).astype(np.uint8)
    before, _ = assembled.LeNet5.loss_and_grads(net, x, labels)
    losses = assembled.LeNet5.fit(
        net, x, labels, epochs=2, batch_size=4, lr=1e-3, rng=assembled.generator(2)
    )
    check_array(np.asarray(losses), what="losses", shape=(2,))
    after, _ = assembled.LeNet5.loss_and_grads(net, x, labels)
    assert after < before
    found = checked(assembled.LeNet5.parameters(net), SHAPES, "parameters", np.float32)
    assert all(np.any(found[name] != array) for name, array in parameters.items())


@points(
    1,
    hint="All images of a batch go through a layer at once. Loop over layers, pieces and batches.",
    needs=("test_assembled_gradients",),
)
def test_assembled_has_no_loop_over_images(assembled, rng):
    """loss_and_grads, predict: no Python loop over images, apart from other components"""

    def batch(who, rng, n):
        net = built(who, draw(rng, SHAPES, np.float32))
        return net, rng.normal(size=(n, 1, 28, 28)).astype(np.float32)

    def labelled(who, rng, n):
        return *batch(who, rng, n), rng.integers(0, 10, n)

    check_vectorised(assembled, "LeNet5.predict", batch, rng, axis="batch", n=4)
    check_vectorised(assembled, "LeNet5.loss_and_grads", labelled, rng, axis="batch", n=4)


# Exact values


@points(
    2, hint="The layers of the table, with float32 kept, in any memory layout.", stands_on=LAYERS
)
def test_forward_values(student, reference, rng):
    """forward: values, for several batches, dtypes and memory layouts"""
    for n in (1, 2, 5):
        parameters, x = draw(rng, SHAPES), rng.normal(size=(n, 1, 28, 28))
        expected = reference.LeNet5.forward(built(reference, parameters), x)
        net = built(student, parameters)
        wide = np.zeros((n, 1, 28, 56))
        wide[..., ::2] = x
        for layout in (x, np.asfortranarray(x), wide[..., ::2]):
            check_close(student.LeNet5.forward(net, layout), expected, what="logits", limit=FAIR)
        single = {name: array.astype(np.float32) for name, array in parameters.items()}
        got = student.LeNet5.forward(built(student, single), x.astype(np.float32))
        check_close(got, expected, what="logits", limit=FLOAT32, dtype=np.float32)


@points(
    2,
    hint="Two networks share nothing: what the way back needs belongs to its own call.",
    stands_on=LAYERS,
)
def test_gradient_values(student, reference, rng):
    """loss_and_grads: values, of two networks in turns"""
    cases = [
        (draw(rng, SHAPES), rng.normal(size=(n, 1, 28, 28)), rng.integers(0, 10, n).astype(dtype))
        for n, dtype in ((3, np.int64), (5, np.uint8))
    ]
    nets = [built(student, parameters) for parameters, _, _ in cases]
    for (_, other, _), net in zip(reversed(cases), nets, strict=True):
        student.LeNet5.forward(net, other)
    for (parameters, x, labels), net in zip(cases, nets, strict=True):
        loss, expected = reference.LeNet5.loss_and_grads(built(reference, parameters), x, labels)
        got, grads = student.LeNet5.loss_and_grads(net, x, labels)
        check_number(got, loss, what="loss")
        checked(grads, SHAPES, "grads", np.float64)
        for name, array in expected.items():
            check_close(grads[name], array, what=f"grads[{name!r}]", limit=FAIR)


@points(
    1, hint="The network keeps the dtype of its parameters, while it learns too.", stands_on=ALL
)
def test_fit_keeps_the_dtype(student, rng):
    """fit: a float64 network stays float64, a float32 one float32, with labels of uint8"""
    x, labels = rng.normal(size=(5, 1, 28, 28)), rng.integers(0, 10, 5).astype(np.uint8)
    for dtype in (np.float64, np.float32):
        parameters = draw(rng, SHAPES, dtype)
        net = built(student, parameters)
        student.LeNet5.fit(
            net, x.astype(dtype), labels, epochs=2, batch_size=2, lr=1e-3, rng=student.generator(1)
        )
        found = checked(student.LeNet5.parameters(net), SHAPES, "parameters", dtype)
        # The way to a network is its parameters, and predict goes by them.
        twin = built(student, found)
        y = student.LeNet5.forward(net, x.astype(dtype))
        check_close(y, student.LeNet5.forward(twin, x.astype(dtype)), what="logits", limit=FLOAT32)


# Bonus: the network of 1998


@points(
    2,
    hint="The masks of C3 stand in the order of C3_TABLE; the function f comes after every layer.",
    stands_on=LAYERS,
)
def test_bonus_forward_values(student, reference, rng):
    """bonus: forward of LeNet1998: values"""
    for n in (1, 3):
        parameters, x = draw(rng, SHAPES_1998), rng.normal(size=(n, 1, 28, 28))
        net = built(student, parameters, "LeNet1998")
        expected = reference.LeNet1998.forward(built(reference, parameters, "LeNet1998"), x)
        check_close(student.LeNet1998.forward(net, x), expected, what="y", limit=FAIR)
        single = {name: array.astype(np.float32) for name, array in parameters.items()}
        got = student.LeNet1998.forward(built(student, single, "LeNet1998"), x.astype(np.float32))
        check_close(got, expected, what="y", limit=FLOAT32, dtype=np.float32)


@points(
    1,
    hint="Each of the 60 masks gets the gradient of its own pair of maps.",
    needs=("test_bonus_forward_values",),
    stands_on=LAYERS,
)
def test_bonus_gradient_values(student, reference, rng):
    """bonus: loss_and_grads of LeNet1998: values, in float32 too"""
    parameters, x = draw(rng, SHAPES_1998), rng.normal(size=(4, 1, 28, 28))
    labels = rng.integers(0, 10, 4)
    loss, expected = reference.LeNet1998.loss_and_grads(
        built(reference, parameters, "LeNet1998"), x, labels
    )
    for dtype, limit in ((np.float64, FAIR), (np.float32, 10 * FLOAT32)):
        given = {name: array.astype(dtype) for name, array in parameters.items()}
        got, grads = student.LeNet1998.loss_and_grads(
            built(student, given, "LeNet1998"), x.astype(dtype), labels
        )
        check_number(got, loss, what="loss", limit=limit)
        checked(grads, SHAPES_1998, "grads", dtype)
        for name, array in expected.items():
            check_close(grads[name], array, what=f"grads[{name!r}]", limit=limit, dtype=dtype)


@points(
    1,
    hint="`fit` of LeNet5 does, when it asks the network itself for loss and gradients.",
    needs=("test_bonus_gradient_values", *LEARNS),
    stands_on=ALL,
)
def test_bonus_learns(student, rng):
    """bonus: fit of LeNet1998: the loss goes down"""
    images, labels = read_images(MNIST, "train")
    chosen = rng.choice(len(images), 60, replace=False)
    net = student.LeNet1998(student.generator(int(rng.integers(2**31))))
    losses = student.LeNet1998.fit(
        net,
        scaled(images[chosen]),
        labels[chosen],
        epochs=12,
        batch_size=10,
        lr=0.0005,
        rng=student.generator(int(rng.integers(2**31))),
    )
    losses = check_array(np.asarray(losses), what="losses", shape=(12,))
    assert losses[-1] < 0.8 * losses[0]


# Learning


@pytest.fixture(scope="module")
def kept():
    """What one run of this file keeps: the share of the hidden digits that is read right."""
    return {}


def disguised(images, rng, turn):
    """Images turned or mirrored, all alike, with a little noise on every pixel."""
    images = np.rot90(images, turn % 4, axes=(1, 2))
    x = scaled(images if turn < 4 else images[:, ::-1])
    x += 0.05 * rng.standard_normal(x.shape, dtype=np.float32)
    return x


def share_read_right(student, rng):
    """Train on digits in disguise, and read the hidden ones in the same disguise."""
    turn, names = int(rng.integers(8)), rng.permutation(10)
    images, labels = read_images(MNIST, "train")
    chosen = rng.choice(len(images), TRAINING, replace=False)
    x = disguised(images[chosen], rng, turn)
    net = student.LeNet5(student.generator(int(rng.integers(2**31))))
    for _ in range(3):  # three calls, so that none needs the time of all
        student.LeNet5.fit(
            net,
            x,
            names[labels[chosen]],
            epochs=1,
            batch_size=32,
            lr=0.002,
            rng=student.generator(int(rng.integers(2**31))),
        )
    images, labels = read_images(HIDDEN_DIGITS, "test")
    order = rng.permutation(len(images))
    right = 0
    for part in np.array_split(order, 10):
        x = disguised(images[part], rng, turn)
        got = check_array(
            student.LeNet5.predict(net, x), what="labels", shape=part.shape, dtype=None
        )
        right += int(np.count_nonzero(got == names[labels[part]]))
    return right / len(order)


def check_share(student, rng, kept, needed):
    """Require a share of the hidden digits, in percent, of the one training of this run."""
    if "share" not in kept:
        kept["share"] = share_read_right(student, rng)
    percent = round(100 * kept["share"], 1)
    if needed == STEPS[0]:
        student.notes.flag(message("accuracy", percent=percent))  # for a ranking; costs nothing
    if percent < needed:
        raise CheckFailed(message("too-few-right", percent=percent, needed=needed))


@points(
    3,
    hint="The digits are drawn, turned and named anew for this test: only learning helps.",
    needs=LEARNS,
    stands_on=ALL,
)
def test_fit_reads_half_of_the_hidden_digits(student, rng, kept):
    """fit, predict: three epochs on 6,000 digits, and half of 5,000 hidden ones are right"""
    check_share(student, rng, kept, STEPS[0])


@points(
    2,
    hint="Does every image come in every epoch, with its own label, and does the rate fit?",
    needs=("test_fit_reads_half_of_the_hidden_digits",),
    stands_on=ALL,
)
def test_fit_reads_most_of_the_hidden_digits(student, rng, kept):
    """fit, predict: 80% of the hidden digits are right"""
    check_share(student, rng, kept, STEPS[1])


@points(
    2,
    hint="Adam, and small enough steps in the end: the handout has a section on it.",
    needs=("test_fit_reads_most_of_the_hidden_digits",),
    stands_on=ALL,
)
def test_fit_reads_nearly_all_hidden_digits(student, rng, kept):
    """fit, predict: 88% of the hidden digits are right"""
    check_share(student, rng, kept, STEPS[2])


@points(
    1,
    hint="Adam, with a learning rate that falls to 0 in the end.",
    needs=("test_fit_reads_nearly_all_hidden_digits",),
    stands_on=ALL,
)
def test_fit_reads_the_hidden_digits_well(student, rng, kept):
    """fit, predict: 92% of the hidden digits are right"""
    check_share(student, rng, kept, STEPS[3])
