"""Guess the likely mistake from a wrong array and the right one.

Patterns are tried in order and named only when they fit to rounding, and only where the numbers
could have told another story: one entry is a multiple of any other, equal entries have no order.
No fit, no guess: a wrong guess costs a student more than none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from shared.messages import Message, message

FIT = 1e-6  # relative error below which a pattern counts as fitting
SHARE = 1e-3  # and what it leaves of the error without a word
CAST = 1e-4  # what float32 may be off by, after some sums
MANY = 4  # axes up to which all their orders are tried

Array = np.ndarray[Any, Any]
# By message id: what a known mistake gives; or where its answer is right and elsewhere wrong.
Clues = Mapping[str, Array | Callable[[], Array]]


def diagnose(
    got: Array,
    expected: Array,
    sizes: Mapping[str, int] | None = None,
    clues: Clues | None = None,
    columns: bool = False,
) -> list[Message]:
    """Messages that name the likely mistake: one, or none.

    Parameters
    ----------
    got, expected : ndarray
        The student's array and the right one.
    sizes : dict, optional
        Axis names and their sizes, such as ``{"batch": 5}``; a factor that equals one of them is
        named after it.
    clues : mapping, optional
        What only the test knows, by the id of the message that it speaks for: the answer that a
        mistake gives, as an array or a function that makes it; or an array of booleans, true where
        the answer with that mistake is still right.
    columns : bool
        Axis 1 is one of features or channels that are treated alike, each apart from the others: a
        factor or a constant of each is then a pattern too.
    """
    if got.dtype.kind not in "fiu" or not got.size or not expected.size:
        return []
    kept, got, expected = got, got.astype(np.float64), expected.astype(np.float64)
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return []
    if got.shape != expected.shape:
        return _by_shape(got, expected)
    scale = float(np.max(np.abs(expected)))
    error = float(np.max(np.abs(got - expected)))
    if error <= 1e-9 * scale or not scale:
        return []
    if not got.any():
        return [message("looks-zero")] if _varied(expected) > 1 else []
    # Of a small error the pattern has to explain nearly all: else it is "the right answer times 1".
    fit = min(FIT * scale, SHARE * error)
    return (
        _by_order_of_axes(got, expected, fit)
        or _by_factor(got, expected, fit, sizes or {})
        or _by_clues(got, expected, fit, clues or {})
        or _by_shift(got, expected, fit)
        or (_by_columns(got, expected, fit) if columns else [])
        or _by_places(got, expected, fit)
        or _by_rounding(kept, got, CAST * scale, error)
    )


def _by_shape(got: Array, expected: Array) -> list[Message]:
    fit = FIT * float(np.max(np.abs(expected)))
    squeezed, wanted = got.squeeze(), expected.squeeze()
    if squeezed.shape == wanted.shape and _near(squeezed, wanted, fit):
        if got.ndim > expected.ndim:
            return [message("looks-kept-dimension")]
        return _by_order_of_axes(got, expected, fit)  # a column where a row belongs
    if got.ndim == expected.ndim + 1 and got.shape[1:] == expected.shape:
        summed = got.sum(axis=0)
        return [message("looks-unsummed")] if _near(summed, expected, fit) else []
    return _by_order_of_axes(got, expected, fit)


def _by_order_of_axes(got: Array, expected: Array, fit: float) -> list[Message]:
    """Axes exchanged, or entries in the opposite order along the last ones."""
    if got.ndim != expected.ndim or not 1 <= got.ndim <= MANY or _varied(expected) < 3:
        return []
    for order in itertools.permutations(range(got.ndim)):
        if order != tuple(range(got.ndim)) and _near(got.transpose(order), expected, fit):
            return [message("looks-transposed" if got.ndim == 2 else "looks-axes-exchanged")]
    if got.ndim == 1:
        return [message("looks-reversed")] if _near(got[::-1], expected, fit) else []
    turned = got[..., ::-1, ::-1]
    return [message("looks-flipped")] if _near(turned, expected, fit) else []


def _by_factor(got: Array, expected: Array, fit: float, sizes: Mapping[str, int]) -> list[Message]:
    # One entry is always a multiple of another, and so are entries that are all the same.
    varied = _varied(expected)
    if varied < 2:
        return []
    factor = float(np.vdot(got, expected)) / float(np.vdot(expected, expected))
    if not factor or not _near(got, factor * expected, fit):
        return []
    if abs(factor + 1) < FIT:
        return [message("looks-negated")]
    for axis, count in sizes.items():
        if count > 1 and abs(factor * count - 1) < FIT:
            return [message("looks-averaged", count=count, axis=axis)]
        if count > 1 and abs(factor / count - 1) < FIT:
            return [message("looks-summed", count=count, axis=axis)]
    for axis, count in sizes.items():
        # Of a variance, or of its root.
        share = (count - 1) / count
        if count > 2 and any(abs(factor / f - 1) < FIT for f in (share, share**0.5)):
            return [message("looks-over-n", count=count, less=count - 1, axis=axis)]
        if count > 2 and any(abs(factor * f - 1) < FIT for f in (share, share**0.5)):
            return [message("looks-over-n-less-one", count=count, less=count - 1, axis=axis)]
    return [message("looks-scaled", factor=factor)] if varied > 2 or _is_plain(factor) else []


def _by_clues(got: Array, expected: Array, fit: float, clues: Clues) -> list[Message]:
    for id, clue in clues.items():
        answer = clue() if callable(clue) else clue
        if answer.dtype == bool:
            fits = _is_right_only(np.abs(got - expected) > fit, answer)
        else:
            fits = _near(got, answer, fit)
        if fits:
            return [message(id)]
    return []


def _is_right_only(wrong: Array, where: Array) -> bool:
    """Whether nothing is wrong where `where` is true, and most of the other entries are."""
    inside, outside = int(np.count_nonzero(where)), int(np.count_nonzero(~where))
    if inside < 3 or outside < 3 or wrong[where].any():
        return False
    return 2 * int(np.count_nonzero(wrong[~where])) > outside


def _by_shift(got: Array, expected: Array, fit: float) -> list[Message]:
    """Off by one number everywhere."""
    apart = got - expected
    if got.size < 3 or _varied(expected) < 2 or np.ptp(apart) > fit:
        return []
    return [message("looks-shifted")]


def _by_columns(got: Array, expected: Array, fit: float) -> list[Message]:
    """Each column, or channel of images, off by a constant, by a factor, or by both."""
    if got.ndim not in (2, 4):
        return []
    ours, right = (np.moveaxis(a, 1, 0).reshape(a.shape[1], -1) for a in (got, expected))
    spread = np.ptp(right, axis=1)
    if ours.shape[1] < 3 or not (spread > FIT * np.max(np.abs(right))).all():
        return []
    if (np.ptp(ours - right, axis=1) <= fit).all():
        return [message("looks-shifted-columns")]
    factors = np.sum(ours * right, axis=1) / np.sum(right * right, axis=1)
    # A factor of 0 is no answer in another scale: it is no answer.
    if (np.abs(ours - factors[:, None] * right) <= fit).all() and (np.abs(factors) > FIT).all():
        return [message("looks-scaled-columns")]
    if ours.shape[1] < 4 or min(map(_varied, right)) < 4:
        return []  # two numbers to choose fit a line through two points
    centred = right - right.mean(axis=1, keepdims=True)
    slopes = np.sum(ours * centred, axis=1) / np.sum(centred * centred, axis=1)
    rest = ours - ours.mean(axis=1, keepdims=True) - slopes[:, None] * centred
    if (np.abs(rest) <= fit).all() and (np.abs(slopes) > FIT).all():
        return [message("looks-rescaled-columns")]
    return []


def _by_places(got: Array, expected: Array, fit: float) -> list[Message]:
    """The right numbers in wrong places, or not in all of their places."""
    if _varied(expected) < 4:
        return []
    if _near(np.sort(got, axis=None), np.sort(expected, axis=None), fit):
        return [message("looks-shuffled")]
    empty = (got == 0) & (np.abs(expected) > fit)
    if 0 < 2 * np.count_nonzero(empty) < got.size and _near(got[~empty], expected[~empty], fit):
        return [message("looks-incomplete", count=int(np.count_nonzero(empty)), size=got.size)]
    return []


def _by_rounding(kept: Array, got: Array, limit: float, error: float) -> list[Message]:
    """Whether it went through float32: such a number has 24 bits, and in float64 the rest is 0.

    A small error alone tells nothing: an eps in the wrong place is as small.
    """
    if error > limit:
        return []
    if kept.dtype == np.float32:
        return [message("looks-float32")]
    with np.errstate(over="ignore"):
        cast = got.astype(np.float32)
        # Short numbers such as 2.5 fit everywhere.
        short = got.astype(np.float16)
    if (cast == got).all() and np.count_nonzero(short != got) > 2:
        return [message("looks-float32")]
    return []


def _varied(array: Array) -> int:
    """How many different sizes its entries have, beside 0."""
    sizes = np.sort(np.abs(array), axis=None)
    if sizes[-1] == 0:
        return 0
    steps = np.diff(sizes, prepend=0.0)
    return int(np.count_nonzero(steps > FIT * sizes[-1]))


def _is_plain(factor: float) -> bool:
    """Whether it is a number such as 2, -1/2 or 3."""
    return any(abs(f - round(f)) < FIT and 1 < abs(round(f)) <= 4 for f in (factor, 1 / factor))


def _near(a: Array, b: Array, fit: float) -> bool:
    return a.shape == b.shape and bool(np.max(np.abs(a - b)) <= fit)
