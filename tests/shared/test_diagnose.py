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


def _said(got, expected, sizes=None):
    return [render(m) for m in diagnose(np.asarray(got), np.asarray(expected), sizes)]


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
