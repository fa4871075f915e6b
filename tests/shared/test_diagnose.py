"""Each likely mistake is named when it fits, and nothing is guessed when none does."""

from __future__ import annotations

import numpy as np
import pytest

from shared.compare import check_close
from shared.diagnose import diagnose
from shared.messages import render

RNG = np.random.default_rng(5)
SQUARE = RNG.standard_normal((4, 4))
WIDE = RNG.standard_normal((3, 5))
VECTOR = RNG.standard_normal(5)
BATCH = RNG.standard_normal((6, 5))
SIZES = {"batch": 6, "feature": 5}
MASKS = RNG.standard_normal((4, 3, 2, 5))
CUBE = RNG.standard_normal((2, 4, 4))


def _said(got, expected, sizes=None, columns=True):
    found = diagnose(np.asarray(got), np.asarray(expected), sizes, columns=columns)
    return [render(m) for m in found]


PATTERNS = [
    ("zero", np.zeros((3, 5)), WIDE, "It is zero everywhere."),
    ("negated", -WIDE, WIDE, "It looks like the right answer with the opposite sign."),
    ("transposed square", SQUARE.T, SQUARE, "It looks like the transpose of the right answer."),
    ("transposed shape", WIDE.T, WIDE, "It looks like the transpose of the right answer."),
    ("times 2", 2 * WIDE, WIDE, "It looks like the right answer times 2."),
    ("a third", WIDE / 3, WIDE, "It looks like the right answer times 0.333333."),
    ("times -2", -2 * WIDE, WIDE, "It looks like the right answer times -2."),
    (
        "averaged",
        WIDE / 6,
        WIDE,
        "It looks like the right answer divided by 6, the size of the batch axis.",
    ),
    (
        "summed",
        WIDE * 6,
        WIDE,
        "It looks like the right answer times 6, the size of the batch axis: "
        "is a division missing?",
    ),
    ("averaged over features", WIDE / 5, WIDE, "divided by 5, the size of the feature axis."),
    ("not summed", BATCH, BATCH.sum(axis=0), "looks like the batch: is a sum over it missing?"),
    ("kept axis", VECTOR[None], VECTOR, "The values look right, but a dimension of size 1 was"),
    ("kept last axis", VECTOR[:, None], VECTOR, "but a dimension of size 1 was kept."),
    ("float32", WIDE.astype(np.float32), WIDE, "was something cast to float32?"),
    ("float32 inside", WIDE.astype(np.float32).astype(float), WIDE, "cast to float32?"),
    ("shifted", WIDE + 0.5, WIDE, "It differs from the right answer by the same constant"),
    ("shifted by little", WIDE + 1e-8, WIDE, "by the same constant everywhere."),
    (
        "variance over N",
        BATCH * 5 / 6,
        BATCH,
        "divided by 6 where 5 belongs: the size of the batch",
    ),
    ("std over N", BATCH * (5 / 6) ** 0.5, BATCH, "divided by 6 where 5 belongs"),
    ("over N - 1", BATCH * 6 / 5, BATCH, "divided by 5 where 6 belongs"),
    ("axes exchanged", MASKS.swapaxes(0, 1), MASKS, "with its axes in another order."),
    ("axes exchanged in place", CUBE.swapaxes(1, 2), CUBE, "with its axes in another order."),
    ("flipped mask", MASKS[..., ::-1, ::-1], MASKS, "turned by 180 degrees"),
    ("opposite order", VECTOR[::-1], VECTOR, "in the opposite order."),
    ("in other places", RNG.permutation(WIDE.ravel()).reshape(3, 5), WIDE, "not in their places"),
    (
        "a part left out",
        np.where(np.arange(5) > 3, 0, WIDE),
        WIDE,
        "but for 3 of 15 entries, which",
    ),
    ("no mean path", BATCH + VECTOR, BATCH, "from the right answer by one constant: look at the"),
    ("no mean path of images", MASKS + VECTOR[:3, None, None], MASKS, "by one constant: look at"),
    ("no gamma", BATCH * VECTOR, BATCH, "it is the right answer times a factor"),
    ("no gamma, no beta", BATCH * VECTOR + VECTOR[::-1], BATCH, "but for a factor and a constant"),
]


@pytest.mark.parametrize(
    ("got", "expected", "says"), [c[1:] for c in PATTERNS], ids=[c[0] for c in PATTERNS]
)
def test_a_pattern_that_fits_is_named(got, expected, says):
    sentences = _said(got, expected, SIZES)
    assert len(sentences) == 1
    assert says in sentences[0]


@pytest.mark.parametrize("seed", range(500))
def test_random_wrong_answers_get_no_guess(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 6, size=int(rng.integers(1, 4))))
    expected = rng.standard_normal(shape)
    other = tuple(rng.integers(2, 6, size=int(rng.integers(1, 4))))
    assert _said(rng.standard_normal(shape), expected, SIZES) == []
    assert _said(rng.standard_normal(other), expected, SIZES) == []
    # A pattern that holds but for one entry is none.
    for near in (2 * expected, -expected, expected + 1):
        near[tuple(int(rng.integers(n)) for n in shape)] += 0.1
        assert _said(near, expected, SIZES) == []


@pytest.mark.parametrize("case", PATTERNS, ids=[c[0] for c in PATTERNS])
def test_a_pattern_that_holds_but_for_one_entry_is_not_named(case):
    _, got, expected, says = case
    if got.shape != expected.shape or "float32" in says:
        return
    near = np.array(got, dtype=float)
    place = np.unravel_index(int(np.argmax(np.abs(near - expected))), near.shape)
    near[place] = 1.37 * near[place] + 0.11
    assert not any(says in sentence for sentence in _said(near, expected, SIZES))


@pytest.mark.parametrize("seed", range(200))
def test_right_answers_with_small_errors_get_no_guess(seed):
    """As an eps in the wrong place gives: every pattern fits to six digits, and none is meant."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 6, size=int(rng.integers(1, 5))))
    expected = rng.standard_normal(shape)
    near = expected * (1 + rng.uniform(1e-8, 1e-5) * rng.standard_normal(shape))
    assert _said(near, expected, SIZES) == []


@pytest.mark.parametrize(
    "got", [[[1.0, 2.0], [2.5, -1.0]], np.full((2, 2), 1.0)], ids=["short numbers", "equal ones"]
)
def test_numbers_that_fit_into_float32_were_not_cast_for_that(got):
    got = np.array(got)
    assert _said(got, got * (1 + 1e-6 * np.array([[1, -1], [-0.5, 0.3]]))) == []


def test_equal_entries_tell_no_factor_and_no_order():
    assert _said(np.full(4, 1.7), np.full(4, 0.6)) == []
    assert _said(np.zeros(3), np.array([0.0, 2.0, 0.0])) == []
    assert _said([[1.0, 2.0], [3.0, 5.0]], [[1.0, 3.0], [2.0, 5.0]]) != []
    assert _said([2.0, 2.0, 3.0], [3.0, 2.0, 2.0]) == []


def test_columns_are_looked_at_only_where_they_are_features():
    assert "factor" in _said(BATCH * VECTOR, BATCH)[0]
    assert _said(BATCH * VECTOR, BATCH, columns=False) == []


def test_a_line_through_two_points_is_no_pattern():
    # Columns with two different numbers are a factor and a constant away from any other.
    got, expected = np.tile([[1.0], [2.0]], (3, 4)), np.tile([[5.0], [-3.0]], (3, 4))
    assert _said(got, expected * [1, 2, 3, 4]) == []


CLUE = RNG.standard_normal((3, 5))
ONE_WINDOW = np.arange(15).reshape(3, 5) % 3 == 0


def test_what_only_the_test_knows_is_named_when_it_fits():
    clues = {"looks-mask-flipped": lambda: CLUE, "looks-upstream-ignored": WIDE[::-1]}
    assert [m.id for m in diagnose(CLUE, WIDE, clues=clues)] == ["looks-mask-flipped"]
    assert [m.id for m in diagnose(WIDE[::-1].copy(), WIDE, clues=clues)] == [
        "looks-upstream-ignored"
    ]
    assert diagnose(CLUE + 0.01 * WIDE, WIDE, clues=clues) == []


def test_overlapping_windows_are_named_only_when_all_else_is_right():
    clues = {"looks-overlap": lambda: ONE_WINDOW}
    got = np.where(ONE_WINDOW, WIDE, WIDE + CLUE)
    assert [m.id for m in diagnose(got, WIDE, clues=clues)] == ["looks-overlap"]
    got[0, 0] += 0.1  # one window has looked here
    assert diagnose(got, WIDE, clues=clues) == []
    # Most of what several windows see is right: it is not their sum that is wrong.
    few = np.where(np.arange(15).reshape(3, 5) == 1, CLUE, WIDE)
    assert diagnose(few, WIDE, clues=clues) == []


def test_a_clue_is_only_made_for_a_wrong_answer():
    def never():
        raise AssertionError("made for a right answer")

    check_close(WIDE, WIDE, what="dx", clues={"looks-mask-flipped": never})


@pytest.mark.parametrize(("got", "expected"), [([3.0], [1.5]), ([[4.0]], [[-1.0]]), (2.0, 7.0)])
def test_one_entry_is_no_multiple(got, expected):
    assert _said(got, expected, SIZES) == []


@pytest.mark.parametrize("place", range(4))
def test_one_entry_that_is_not_zero_is_no_multiple(place):
    expected = np.zeros(4)
    expected[place] = 2.0
    assert _said(3 * expected, expected, SIZES) == []


def test_one_or_two_entries_are_no_shift():
    assert _said([1.0, 2.5], [2.0, 3.5]) == []
    assert _said([3.0], [2.0]) == []


@pytest.mark.parametrize(
    "got",
    [np.full(5, np.nan), VECTOR * np.inf, VECTOR.astype(complex), VECTOR.astype(str), VECTOR[:0]],
    ids=["nan", "inf", "complex", "text", "empty"],
)
def test_what_has_no_numbers_gets_no_guess(got):
    assert _said(got, VECTOR) == []


def test_right_answers_and_zeros_get_no_guess():
    assert _said(WIDE, WIDE) == []
    assert _said(np.zeros(3), np.zeros(3)) == []


def test_a_size_of_one_is_no_average():
    assert "axis" not in _said(2 * WIDE, WIDE, {"batch": 1})[0]


def test_the_guess_follows_the_finding(refused):
    said = refused(check_close, -WIDE, WIDE, what="dx")
    assert len(said) == 2
    assert "`dx` is wrong" in said[0]
    assert "opposite sign" in said[1]
    said = refused(check_close, WIDE.T, WIDE, what="dw")
    assert "has shape (5, 3)" in said[0]
    assert "transpose" in said[1]
