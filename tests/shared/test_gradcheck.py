"""The gradient check: what it refuses, what it lets pass, and what it says."""

from __future__ import annotations

import numpy as np
import pytest

from shared.errors import CheckFailed
from shared.gradcheck import check_gradient, numerical_gradient
from shared.messages import render

W = np.random.default_rng(1).standard_normal((4, 3))


def quadratic(x):
    return float(np.sum(x * x * (1 + np.arange(x.size)).reshape(x.shape)))


def quadratic_gradient(x):
    return 2 * x * (1 + np.arange(x.size)).reshape(x.shape)


def _refusal(loss, x, got, rng, **more):
    with pytest.raises(CheckFailed) as caught:
        check_gradient(loss, x, got, rng, what="dw", **more)
    return [render(m) for m in caught.value.messages]


def test_the_right_gradient_passes(rng):
    check_gradient(quadratic, W, quadratic_gradient(W), rng, what="dw")
    check_gradient(quadratic, W[0], quadratic_gradient(W[0]), rng, what="db")
    check_gradient(quadratic, np.array(2.0), np.array(4.0), rng, what="dlr")


def test_any_layout_of_the_right_gradient_passes(rng):
    gradient = quadratic_gradient(W)
    for got in (np.asfortranarray(gradient), np.repeat(gradient, 2, axis=1)[:, ::2]):
        check_gradient(quadratic, W, got, rng, what="dw")


def test_a_single_entry_wrong_by_a_thousandth_is_refused():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((4, 3))
        got = quadratic_gradient(x)
        got[np.unravel_index(int(np.argmax(np.abs(got))), got.shape)] *= 1 + 1e-3
        with pytest.raises(CheckFailed):
            check_gradient(quadratic, x, got, rng, what="dw")


def test_a_pair_of_opposite_errors_is_refused():
    # Half of all directions of ±1 cannot see it.
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((4, 3))
        got = quadratic_gradient(x)
        first, second = rng.choice(got.size, 2, replace=False)
        got.flat[first] += 1e-3
        got.flat[second] -= 1e-3
        with pytest.raises(CheckFailed):
            check_gradient(quadratic, x, got, rng, what="dw")


@pytest.mark.parametrize("n", [2, 5, 64, 1000])
def test_a_factor_of_n_over_n_minus_one_is_refused(rng, n):
    assert (
        "is not the gradient" in _refusal(quadratic, W, quadratic_gradient(W) * n / (n - 1), rng)[0]
    )


def test_the_message_says_where_what_and_how_far(rng):
    got = quadratic_gradient(W)
    got[2, 1] += 1.5
    right = quadratic_gradient(W)[2, 1]
    error = 1.5 / np.abs(quadratic_gradient(W)).max()
    said = _refusal(quadratic, W, got, rng)[0]
    assert f"Worst at index (2, 1): got {got[2, 1]:.6g}" in said
    assert f"differences of the forward pass give {right:.6g}" in said
    assert f"Relative error {error:.6g}, limit 1e-07." in said


def test_the_likely_mistake_is_named(rng):
    right = quadratic_gradient(W)
    assert "opposite sign" in _refusal(quadratic, W, -right, rng)[1]
    sizes = {"batch": 5}
    assert "size of the batch axis" in _refusal(quadratic, W, right / 5, rng, sizes=sizes)[1]
    assert "zero everywhere" in _refusal(quadratic, W, 0 * right, rng)[1]
    assert len(_refusal(quadratic, W, right + rng.standard_normal(W.shape), rng)) == 1


def test_a_large_array_names_its_pattern_from_a_part(rng):
    x = rng.standard_normal((30, 20))
    assert "times 3" in _refusal(quadratic, x, 3 * quadratic_gradient(x), rng)[1]


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (None, "`dw` is None"),
        (W.tolist(), "`dw` is a list"),
        (quadratic_gradient(W).astype(np.float32), "`dw` is float32, and float64 was expected"),
        (quadratic_gradient(W).astype(complex), "`dw` is complex128"),
        (quadratic_gradient(W)[:, :2], "`dw` has shape (4, 2), and (4, 3) was expected"),
        (quadratic_gradient(W)[None], "`dw` has shape (1, 4, 3)"),
        (quadratic_gradient(W) * np.nan, "`dw` is not finite: nan at index (0, 0)"),
    ],
    ids=["none", "list", "float32", "complex", "shape", "kept axis", "nan"],
)
def test_what_is_no_such_array_is_refused_first(rng, got, says):
    assert _refusal(quadratic, W, got, rng)[0].startswith(says)


def test_a_transposed_gradient_of_the_wrong_shape_is_named(rng):
    said = _refusal(quadratic, W, quadratic_gradient(W).T, rng)
    assert "transpose" in said[1]


def test_a_gradient_that_is_exactly_zero_passes_and_another_does_not(rng):
    def constant(x):
        return 3.0 + float(np.sum(0 * x))

    check_gradient(constant, W, np.zeros(W.shape), rng, what="dw")
    assert "is not the gradient" in _refusal(constant, W, np.full(W.shape, 1e-9), rng)[0]
    assert "zero everywhere" in _refusal(quadratic, W, np.zeros(W.shape), rng)[1]


@pytest.mark.parametrize("distance", [1e-6, 1e-5, 5e-6, 1e-4])
def test_a_kink_near_the_point_does_not_refuse_the_right_gradient(distance):
    dy = np.random.default_rng(3).standard_normal(12)
    x = np.where(np.arange(12) % 2, distance, -distance) * 3
    x[4:] = np.linspace(-2, 2, 8)

    def loss(v):
        return float(np.sum(dy * np.maximum(v, 0)))

    for seed in range(50):
        rng = np.random.default_rng(seed)
        check_gradient(loss, x, dy * (x > 0), rng, what="dx")
        with pytest.raises(CheckFailed):
            check_gradient(loss, x, dy * np.where(x > 0, 1, 1e-3), rng, what="dx")


def test_a_loss_that_overflows_on_large_steps_is_judged_by_the_small_ones(rng):
    x = np.array([1.0, 2.0])

    def loss(v):
        return float(np.sum(v * v)) if np.abs(v - x).max() < 6e-6 else float("inf")

    check_gradient(loss, x, 2 * x, rng, what="dx")
    with pytest.raises(CheckFailed):
        check_gradient(loss, x, 2.001 * x, rng, what="dx")


def test_a_loss_that_is_never_finite_passes_nothing(rng):
    with pytest.raises(CheckFailed):
        check_gradient(lambda v: float("nan"), W, W, rng, what="dw")


def test_a_looser_limit_can_be_asked_for(rng):
    got = quadratic_gradient(W) * (1 + 1e-5)
    check_gradient(quadratic, W, got, rng, what="dw", limit=1e-4)
    with pytest.raises(CheckFailed):
        check_gradient(quadratic, W, got, rng, what="dw", limit=1e-6)


def test_the_point_is_left_as_it_was(rng):
    x = W.copy()
    check_gradient(quadratic, x, quadratic_gradient(x), rng, what="dw")
    assert (x == W).all()


def test_a_right_gradient_of_many_entries_costs_few_calls(rng):
    calls = 0

    def loss(v):
        nonlocal calls
        calls += 1
        return quadratic(v)

    x = rng.standard_normal((200, 100))
    check_gradient(loss, x, quadratic_gradient(x), rng, what="dw")
    assert calls <= 18
    with pytest.raises(CheckFailed):
        check_gradient(loss, x, 2 * quadratic_gradient(x), rng, what="dw")
    assert calls <= 18 + 18 + 400 + 2 * 81  # and for the picture


def test_numerical_gradient_agrees_with_the_formula():
    assert np.abs(numerical_gradient(quadratic, W) - quadratic_gradient(W)).max() < 1e-8
