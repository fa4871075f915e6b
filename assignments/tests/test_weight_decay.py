"""Local tests of `nn/weight_decay.py`. Run them with ``pytest tests/test_weight_decay.py``.

The numbers of the worked examples are those of the handout. Everywhere else the data are random,
the same at every run, and a gradient is compared with numerical differences of your own penalty.
"""

from itertools import pairwise

import numpy as np

from shared import (
    FLOAT32,
    check_array,
    check_close,
    check_gradient,
    check_number,
    check_silent,
    check_unchanged,
    points,
)


def network(rng, sizes):
    """Weights and biases of a network with these layer sizes; no weight is close to 0."""
    layers = []
    for pair in pairwise(sizes):
        signs = rng.choice([-1.0, 1.0], size=pair)
        layers.append((signs * rng.uniform(0.1, 2.0, size=pair), rng.normal(size=pair[1])))
    return layers


def worked_network():
    """The network of the handout: two inputs, three hidden neurons, one output."""
    return [
        (np.array([[1.0, -2.0, 0.5], [2.0, 3.0, -1.0]]), np.array([4.0, -1.0, 2.0])),
        (np.array([[2.0], [-1.0], [1.5]]), np.array([-3.0])),
    ]


def check_penalty(answer, penalty, weight_gradients, parameters):
    """Compare a penalty and its gradients with what they should be; those of the biases with 0."""
    got, gradients = answer
    check_number(got, penalty, what="penalty")
    check_number(len(gradients), len(parameters), what="length of the list")
    triples = zip(gradients, weight_gradients, parameters, strict=True)
    for layer, ((dw, db), expected, (_, b)) in enumerate(triples, start=1):
        check_close(dw, expected, what=f"dw of layer {layer}")
        check_close(db, np.zeros(b.shape), what=f"db of layer {layer}")


def check_epochs(student, losses, patience, best, stop):
    """Compare the two epochs of `early_stopping` with what they should be."""
    case = f"with patience {patience} for {losses}"
    got_best, got_stop = student.early_stopping(np.array(losses), patience)
    check_number(got_best, best, what=f"best epoch {case}")
    check_number(got_stop, stop, what=f"stopping epoch {case}")


# How many parameters


@points(1, hint="A layer of D inputs and M outputs has D x M weights and M biases.")
def test_parameter_count_known_networks(student, rng):
    """parameter_count: networks of one to four layers, counted by hand"""
    check_number(student.parameter_count(worked_network()), 13, what="count")
    check_number(student.parameter_count(network(rng, (5, 3))), 18, what="count of one layer")
    layers = network(rng, (3, 5, 4, 1, 2))
    check_number(student.parameter_count(layers), 20 + 24 + 5 + 4, what="count of four layers")
    layers = network(rng, (784, 100, 10))
    check_number(student.parameter_count(layers), 79_510, what="count of 784-100-10")


# The penalties


@points(
    2,
    hint="Half of lam times the squared weights, no biases. The gradient is that of your penalty.",
)
def test_l2_penalty_worked_example(student):
    """l2_penalty: the worked example of the handout, and lam = 0"""
    layers = worked_network()
    gradients = [
        np.array([[0.1, -0.2, 0.05], [0.2, 0.3, -0.1]]),
        np.array([[0.2], [-0.1], [0.15]]),
    ]
    check_penalty(student.l2_penalty(layers, 0.1), 1.325, gradients, layers)
    nothing = [np.zeros(w.shape) for w, _ in layers]
    check_penalty(student.l2_penalty(layers, 0.0), 0.0, nothing, layers)


@points(1.5, hint="Differentiate lam / 2 times the sum of squares by one weight. All layers count.")
def test_l2_penalty_gradient_matches_differences(student, rng):
    """l2_penalty: the gradient matches numerical differences, one to four layers"""
    for sizes, lam in (((4, 3), 0.3), ((3, 5, 2), 2.5), ((2, 5, 3, 1, 4), 0.02)):
        layers = network(rng, sizes)
        _, gradients = student.l2_penalty(layers, lam)
        check_number(len(gradients), len(layers), what="length of the list")
        for i, (w, b) in enumerate(layers):

            def penalty(v, i=i, b=b, layers=layers, lam=lam):
                return student.l2_penalty([*layers[:i], (v, b), *layers[i + 1 :]], lam)[0]

            dw, db = gradients[i]
            check_gradient(penalty, w, dw, rng, what=f"dw of layer {i + 1}")
            check_close(db, np.zeros(b.shape), what=f"db of layer {i + 1}")


@points(2, hint="lam times all |w|. The slope of |w| is 1 or -1: the sign of w, not its size.")
def test_l1_penalty_worked_example(student):
    """l1_penalty: the worked example of the handout, and lam = 0"""
    layers = worked_network()
    gradients = [
        np.array([[0.1, -0.1, 0.1], [0.1, 0.1, -0.1]]),
        np.array([[0.1], [-0.1], [0.1]]),
    ]
    check_penalty(student.l1_penalty(layers, 0.1), 1.4, gradients, layers)
    nothing = [np.zeros(w.shape) for w, _ in layers]
    check_penalty(student.l1_penalty(layers, 0.0), 0.0, nothing, layers)


@points(1, hint="At exactly 0: a number from -lam to lam. Next to 0: the full slope. No division.")
def test_l1_penalty_at_zero(student):
    """l1_penalty: weights of exactly 0 and very small ones"""
    w = np.array([[0.0, 1e-12, -3.0], [-1e-12, 0.0, 0.0]])
    for lam in (0.25, 0.0):
        penalty, gradients = student.l1_penalty([(w, np.ones(3))], lam)
        check_number(penalty, lam * (3 + 2e-12), what="penalty")
        check_number(len(gradients), 1, what="length of the list")
        dw = check_array(gradients[0][0], what="dw", shape=w.shape)
        # What is right at 0 is a whole range: the nearest number of that range is expected there.
        expected = np.where(w == 0, np.clip(dw, -lam, lam), np.copysign(lam, w))
        check_close(dw, expected, what="dw (at a weight of 0: the nearest allowed number)")
    check_silent(student)


# Early stopping


@points(2, hint="Ask of each epoch first: is it the best so far? Then: how far back is the best?")
def test_early_stopping_worked_example(student):
    """early_stopping: the worked example of the handout"""
    losses = [0.9, 0.7, 0.6, 0.65, 0.62, 0.64, 0.5, 0.55]
    check_epochs(student, losses, 3, 2, 5)  # epoch 6 would have been better, and is not reached
    check_epochs(student, losses, 4, 6, 7)  # epoch 6 comes just in time
    check_epochs(student, losses, 1, 2, 3)
    check_epochs(student, losses, 20, 6, 7)
    check_epochs(student, [0.4], 1, 0, 0)
    check_epochs(student, [0.4, 0.5, 0.6], 2, 0, 2)


@points(1.5, hint="Only a strictly lower loss is better, and a comparison with NaN is never true.")
def test_early_stopping_ties_and_nan(student):
    """early_stopping: equal losses, and losses that are NaN"""
    nan = float("nan")
    check_epochs(student, [0.5, 0.4, 0.4, 0.4, 0.3], 2, 1, 3)
    check_epochs(student, [1.0, 1.0, 1.0], 5, 0, 2)
    check_epochs(student, [0.9, nan, 0.8, nan, nan, 0.7], 2, 2, 4)
    check_epochs(student, [0.3, nan, 0.5, 0.4, 0.2], 3, 0, 3)
    check_epochs(student, [nan, nan, 0.5, 0.6, 0.4], 3, 4, 4)
    check_epochs(student, [nan, nan, nan, nan], 2, 0, 2)


# What holds for every function


@points(0.5, hint="float32 in, float32 out. np.zeros and np.where may bring in float64.")
def test_float32_is_kept(student, rng):
    """l2_penalty, l1_penalty: gradients of float32 parameters are float32"""
    layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in network(rng, (3, 5, 2))]
    weights = np.concatenate([w.ravel() for w, _ in layers]).astype(np.float64)
    sums = {"l2_penalty": np.vdot(weights, weights) / 2, "l1_penalty": np.abs(weights).sum()}
    for name, total in sums.items():
        penalty, gradients = getattr(student, name)(layers, 0.3)
        check_number(penalty, 0.3 * total, what=f"penalty of {name}", limit=FLOAT32)
        check_number(len(gradients), 2, what=f"length of the list of {name}")
        for (dw, db), (w, b) in zip(gradients, layers, strict=True):
            check_array(dw, what=f"dw of {name}", shape=w.shape, dtype=np.float32)
            check_array(db, what=f"db of {name}", shape=b.shape, dtype=np.float32)


@points(0.5, hint="w *= lam and losses[...] = ... write into the caller's array.")
def test_arguments_are_unchanged(student, rng):
    """every function: its arguments are left as they were"""
    layers = network(rng, (3, 5, 2))
    student.parameter_count(layers)
    student.l2_penalty(layers, 0.3)
    student.l1_penalty(layers, 0.3)
    student.early_stopping(np.array([float("nan"), 0.5, float("nan"), 0.7, 0.2]), 2)
    check_unchanged(student)
