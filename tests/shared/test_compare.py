"""The ladder of comparison: each rung, in order, with its own sentence."""

from __future__ import annotations

import numpy as np
import pytest

from shared.calls import Foreign
from shared.compare import check_array, check_close, check_number, worst
from shared.errors import CheckFailed

RIGHT = np.arange(1.0, 7.0).reshape(2, 3)


class Sub(np.ndarray):
    """What a student may inherit from ndarray."""


def _with(index, value):
    array = RIGHT.copy()
    array[index] = value
    return array


LADDER = [
    ("none", None, "`y` is None. Does the function end in a `return`?"),
    ("list", RIGHT.tolist(), "`y` is a list, and a NumPy array was expected."),
    ("float", 1.5, "`y` is a float, and a NumPy array was expected."),
    ("matrix", RIGHT.view(np.matrix), "`y` is a matrix, and a NumPy array was expected."),
    ("subclass", RIGHT.view(Sub), "`y` is a Sub, and a NumPy array was expected."),
    ("masked", np.ma.array(RIGHT), "`y` is a MaskedArray, and a NumPy array was expected."),
    ("foreign", Foreign("DataFrame"), "`y` is a DataFrame, and a NumPy array was expected."),
    ("scalar", np.float64(1), "`y` has shape (), and (2, 3) was expected."),
    ("row", RIGHT[:1], "`y` has shape (1, 3), and (2, 3) was expected."),
    ("kept axis", RIGHT[None], "`y` has shape (1, 2, 3), and (2, 3) was expected."),
    ("flat", RIGHT.ravel(), "`y` has shape (6,), and (2, 3) was expected."),
    ("empty", RIGHT[:0], "`y` has shape (0, 3), and (2, 3) was expected."),
    ("float32", RIGHT.astype(np.float32), "`y` is float32, and float64 was expected: "),
    ("int", RIGHT.astype(int), "`y` is int64, and float64 was expected: "),
    ("bool", RIGHT > 2, "`y` is bool, and float64 was expected: "),
    ("complex", RIGHT.astype(complex), "`y` is complex128, and float64 was expected: "),
    ("object", RIGHT.astype(object), "`y` is object, and float64 was expected: "),
    ("text", RIGHT.astype(str), "`y` is <U32, and float64 was expected: "),
    ("nan", _with((1, 0), np.nan), "`y` is not finite: nan at index (1, 0) (1 of 6 entries)."),
    ("inf", _with((0, 2), np.inf), "`y` is not finite: inf at index (0, 2) (1 of 6 entries)."),
    ("-inf", RIGHT * -np.inf, "`y` is not finite: -inf at index (0, 0) (6 of 6 entries)."),
    (
        "values",
        _with((1, 1), 5.6),
        "`y` is wrong. Worst at index (1, 1): got 5.6, expected 5. "
        "Relative error 0.1, limit 1e-09.",
    ),
]


@pytest.mark.parametrize(("got", "says"), [c[1:] for c in LADDER], ids=[c[0] for c in LADDER])
def test_each_rung_has_its_sentence(refused, got, says):
    assert refused(check_close, got, RIGHT, what="y")[0].startswith(says)


# Wrong in two ways at once: the lower rung speaks.
ORDER = [
    ("shape before dtype", RIGHT[:1].astype(np.float32), "has shape"),
    ("shape before finite", np.full((1, 3), np.nan), "has shape"),
    ("dtype before finite", _with((0, 0), np.nan).astype(np.float32), "is float32"),
    ("dtype before values", RIGHT.astype(int) + 5, "is int64"),
    ("finite before values", _with((0, 0), np.nan) + 5, "is not finite"),
    ("type before shape", [1.0], "is a list"),
]


@pytest.mark.parametrize(("got", "says"), [c[1:] for c in ORDER], ids=[c[0] for c in ORDER])
def test_the_lowest_broken_rung_speaks(refused, got, says):
    assert says in refused(check_close, got, RIGHT, what="y")[0]


def test_broadcasting_does_not_save_a_wrong_shape(refused):
    ones = np.ones((4, 3))
    for got in (np.ones(3), np.ones((1, 3)), np.ones((4, 1)), np.array(1.0)):
        assert "has shape" in refused(check_close, got, ones, what="y")[0]


def test_the_right_array_passes_whatever_its_layout():
    for got in (RIGHT, np.asfortranarray(RIGHT), np.repeat(RIGHT, 2, axis=1)[:, ::2]):
        check_close(got, RIGHT, what="y")
    big_endian = RIGHT.astype(">f8")
    check_close(big_endian.astype(np.float64), RIGHT, what="y")


@pytest.mark.parametrize("limit", [1e-9, 1e-6, 1e-4])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_the_limit_is_relative_to_the_largest_entry(limit, scale):
    expected = np.array([0.5, -4.0, 1.0]) * scale
    within, over = expected.copy(), expected.copy()
    within[0] += 0.99 * limit * 4 * scale
    over[0] += 1.01 * limit * 4 * scale
    check_close(within, expected, what="y", limit=limit)
    with pytest.raises(CheckFailed):
        check_close(over, expected, what="y", limit=limit)


def test_zero_expected_makes_the_error_absolute():
    check_close(np.full(3, 1e-10), np.zeros(3), what="y")
    with pytest.raises(CheckFailed):
        check_close(np.full(3, 2e-9), np.zeros(3), what="y")
    check_close(np.array([-0.0]), np.array([0.0]), what="y")


def test_empty_arrays_compare_by_shape_and_dtype(refused):
    check_close(np.empty((0, 3)), np.empty((0, 3)), what="y")
    assert "has shape" in refused(check_close, np.empty((3, 0)), np.empty((0, 3)), what="y")[0]
    empty32 = np.empty((0, 3), np.float32)
    assert "is float32" in refused(check_close, empty32, np.empty((0, 3)), what="y")[0]


def test_arrays_without_axes_compare(refused):
    for got in (np.array(2.0), np.float64(2.0)):
        check_close(got, np.array(2.0), what="loss")
    assert (
        "`loss` is 3, and 2 was expected. Relative error 0.5,"
        in refused(check_close, np.array(3.0), np.array(2.0), what="loss")[0]
    )


def test_complex_values_compare_by_magnitude(refused):
    right = np.array([1 + 2j, 3 - 1j])
    check_close(right.copy(), right, what="y")
    assert "`y` is wrong" in refused(check_close, right.conj(), right, what="y")[0]
    assert "not finite" in refused(check_close, right * np.nan, right, what="y")[0]


def test_integer_and_bool_answers_compare_without_wrapping_round(refused):
    check_close(np.array([1, 2]), np.array([1, 2]), what="labels")
    check_close(np.array([True]), np.array([True]), what="mask")
    small = np.array([0, 1], np.uint8)
    said = refused(check_close, small, np.array([255, 1], np.uint8), what="labels")[0]
    assert "got 0, expected 255. Relative error 1," in said


def test_another_dtype_can_be_asked_for():
    got = RIGHT.astype(np.float32)
    check_close(got, RIGHT, what="y", dtype=np.float32, limit=1e-4)
    with pytest.raises(CheckFailed):
        check_close(RIGHT, RIGHT, what="y", dtype=np.float32)


@pytest.mark.parametrize("seed", range(50))
def test_one_planted_error_is_found_at_its_index(seed):
    rng = np.random.default_rng(seed)
    expected = rng.standard_normal(tuple(rng.integers(1, 6, size=int(rng.integers(1, 5)))))
    index = tuple(int(rng.integers(n)) for n in expected.shape)
    got = expected.copy()
    got[index] += 1e-6 * np.abs(expected).max()
    error, where = worst(got, expected)
    assert where == index
    assert error == pytest.approx(1e-6, rel=1e-6)
    with pytest.raises(CheckFailed) as caught:
        check_close(got, expected, what="y")
    assert caught.value.messages[0].values["index"] == list(index)


def test_check_array_stops_before_the_values(refused):
    assert check_array(RIGHT, what="y", shape=(2, 3)) is RIGHT
    assert check_array(RIGHT > 1, what="y", dtype=None).dtype == bool
    assert check_array(RIGHT * np.nan, what="y", finite=False).shape == (2, 3)
    assert "has shape" in refused(check_array, RIGHT, what="y", shape=(3, 2))[0]
    assert "is float32" in refused(check_array, RIGHT.astype("f4"), what="y")[0]
    assert "not finite" in refused(check_array, RIGHT * np.nan, what="y")[0]
    assert "is None" in refused(check_array, None, what="y")[0]


@pytest.mark.parametrize(
    "got", [2.5, np.float64(2.5), np.float32(2.5), np.array(2.5), np.array(2.5, np.float32)]
)
def test_one_number_may_come_in_any_of_its_forms(got):
    check_number(got, 2.5, what="loss")


def test_an_integer_is_a_number():
    for got in (3, np.int64(3), np.array(3), np.uint8(3)):
        check_number(got, 3.0, what="count")


NO_NUMBERS = [
    (None, "`loss` is None"),
    (np.array([2.5]), "`loss` has shape (1,), and () was expected"),
    (np.array([[2.5]]), "`loss` has shape (1, 1)"),
    (np.array([]), "`loss` has shape (0,)"),
    ([2.5], "`loss` is a list, and one number was expected"),
    (True, "`loss` is a bool"),
    (np.True_, "`loss` is a bool"),
    (2.5 + 0j, "`loss` is a complex"),
    (np.complex128(2.5), "`loss` is a complex"),
    ("2.5", "`loss` is a str"),
    (Foreign("Tensor"), "`loss` is a Tensor"),
    (float("nan"), "`loss` is nan: no finite number"),
    (np.float64("inf"), "`loss` is inf: no finite number"),
    (2.6, "`loss` is 2.6, and 2.5 was expected. Relative error 0.04,"),
]


@pytest.mark.parametrize(("got", "says"), NO_NUMBERS, ids=[repr(c[0]) for c in NO_NUMBERS])
def test_what_is_not_the_number_is_refused(refused, got, says):
    assert refused(check_number, got, 2.5, what="loss")[0].startswith(says)


def test_the_limit_of_a_number_holds_on_both_sides():
    check_number(100.0 + 0.99e-7, 100.0, what="loss")
    with pytest.raises(CheckFailed):
        check_number(100.0 + 1.01e-7, 100.0, what="loss")
    check_number(1e-10, 0.0, what="loss")


@pytest.mark.parametrize("got", [10**400, -(10**400)])
def test_an_integer_beyond_float64_is_not_finite(got):
    with pytest.raises(CheckFailed) as failed:
        check_number(got, 1.0, what="loss")
    assert failed.value.messages[0].id == "number-not-finite"
