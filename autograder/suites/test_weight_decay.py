"""Hidden tests of `weight_decay`: more networks, layouts and strengths, many curves, loops."""

from itertools import pairwise

import numpy as np

from shared import FLOAT32, check_close, check_number, check_vectorised, points

L2 = ("test_l2_penalty_worked_example", "test_l2_penalty_gradient_matches_differences")
L1 = ("test_l1_penalty_worked_example",)

# Sizes of layers and the strength of the penalty: one to six layers, layers of one neuron.
NETWORKS = (
    ((3, 4), 0.7),
    ((1, 1), 3.0),
    ((5, 1, 2), 1e-4),
    ((2, 6, 3, 4), 12.0),
    ((4, 3, 5), 0.0),
    ((3, 6, 2, 5, 4, 1, 7), 0.05),
)


def layouts(a):
    """The same numbers in C order, in Fortran order, and with gaps between them."""
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), dtype=a.dtype)
    gaps = wide[..., ::2]
    gaps[...] = a
    return a, np.asfortranarray(a), gaps


def check_networks(student, reference, rng, name):
    """Compare a penalty and its gradients with the reference's on all networks and layouts."""
    ask, know = getattr(student, name), getattr(reference, name)

    def check(layers, lam, penalty, gradients, limit, dtype):
        got, found = ask(layers, lam)
        check_number(got, penalty, what="penalty", limit=limit)
        check_number(len(found), len(layers), what="length of the list")
        for i, ((dw, db), (ew, eb)) in enumerate(zip(found, gradients, strict=True), start=1):
            check_close(dw, ew, what=f"dw of layer {i}", limit=limit, dtype=dtype)
            check_close(db, eb, what=f"db of layer {i}", limit=limit, dtype=dtype)

    for sizes, lam in NETWORKS:
        # Numbers that float32 holds exactly: none is 0 in one dtype and not in the other.
        layers = [
            (
                rng.normal(scale=1.5, size=pair).astype(np.float32).astype(np.float64),
                rng.normal(size=pair[1]),
            )
            for pair in pairwise(sizes)
        ]
        penalty, gradients = know(layers, lam)
        for layout in range(3):
            laid = [(layouts(w)[layout], b) for w, b in layers]
            check(laid, lam, penalty, gradients, 1e-9, np.float64)
        single = [(w.astype(np.float32), b.astype(np.float32)) for w, b in layers]
        check(single, lam, penalty, gradients, FLOAT32, np.float32)


@points(2.5, hint="Every weight of every layer once, in place, whatever the number of layers.")
def test_l2_penalty_networks(student, reference, rng):
    """l2_penalty: one to six layers, several strengths and memory layouts, float32 too"""
    check_networks(student, reference, rng, "l2_penalty")


@points(2.5, hint="Every weight of every layer once, in place, whatever the number of layers.")
def test_l1_penalty_networks(student, reference, rng):
    """l1_penalty: one to six layers, several strengths and memory layouts, float32 too"""
    check_networks(student, reference, rng, "l1_penalty")


@points(2, hint="Best so far, then the distance to it; after the last epoch there is none.")
def test_early_stopping_curves(student, reference, rng):
    """early_stopping: many curves, with equal losses, NaNs and any patience"""
    for number in range(120):
        epochs, patience = int(rng.integers(1, 16)), int(rng.integers(1, 6))
        # A falling curve with noise, in steps so coarse that losses are equal now and then.
        fall = 6 / (1 + np.arange(epochs) / 3)
        losses = np.round(fall + rng.normal(scale=1.0, size=epochs), 1 if number % 2 else 0)
        if number % 3 == 0:
            losses[rng.random(epochs) < 0.3] = np.nan
        best, stop = reference.early_stopping(losses, patience)
        got_best, got_stop = student.early_stopping(losses, patience)
        check_number(got_best, best, what="best epoch")
        check_number(got_stop, stop, what="stopping epoch")


@points(
    1,
    hint="NumPy squares, adds and takes signs of whole arrays; loop over layers only.",
    needs=(*L2, *L1),
)
def test_penalties_have_no_loop_over_the_weights(student, rng):
    """l2_penalty, l1_penalty: no Python loop over the inputs of a layer"""

    def build(who, rng, n):
        layers = [(rng.normal(size=(n, 3)), rng.normal(size=3))]
        return [*layers, (rng.normal(size=(3, 2)), rng.normal(size=2))], 0.3

    check_vectorised(student, "l2_penalty", build, rng, axis="input")
    check_vectorised(student, "l1_penalty", build, rng, axis="input")
