"""Guess the likely mistake from a wrong array and the right one.

Patterns are tried in order and named only when they fit to rounding; no fit, no guess.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.messages import Message, message

FIT = 1e-6  # relative error below which a pattern counts as fitting
FLOAT32_FIT = 1e-5

Array = np.ndarray[Any, Any]


def diagnose(got: Array, expected: Array, sizes: dict[str, int] | None = None) -> list[Message]:
    """Messages that name the likely mistake: one, or none.

    Parameters
    ----------
    got, expected : ndarray
        The student's array and the right one.
    sizes : dict, optional
        Axis names and their sizes, such as ``{"batch": 5}``; a factor that equals one of them is
        named after it.
    """
    if got.dtype.kind not in "fiu" or not got.size or not expected.size:
        return []
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return []
    if got.shape != expected.shape:
        return _by_shape(got, expected)
    if _near(got, expected, FLOAT32_FIT):
        return [] if _near(got, expected, 1e-9) else [message("looks-float32")]
    if not got.any():
        return [message("looks-zero")]
    if _near(got, -expected):
        return [message("looks-negated")]
    if got.ndim == 2 and got.shape[0] == got.shape[1] > 1 and _near(got, expected.T):
        return [message("looks-transposed")]
    return _by_factor(got, expected, sizes or {}) or _by_shift(got, expected)


def _by_shape(got: Array, expected: Array) -> list[Message]:
    if got.ndim == 2 and got.T.shape == expected.shape and _near(got.T, expected):
        return [message("looks-transposed")]
    if got.squeeze().shape == expected.squeeze().shape and _near(got.squeeze(), expected.squeeze()):
        return [message("looks-kept-dimension")] if got.ndim > expected.ndim else []
    if got.ndim == expected.ndim + 1 and got.shape[1:] == expected.shape:
        summed = got.sum(axis=0)
        return [message("looks-unsummed")] if _near(summed, expected) else []
    return []


def _by_factor(got: Array, expected: Array, sizes: dict[str, int]) -> list[Message]:
    norm = float(np.vdot(expected, expected))
    # One entry is always a multiple of another: no pattern in that.
    if not norm or np.count_nonzero(expected) < 2:
        return []
    factor = float(np.vdot(got, expected)) / norm
    if not factor or not _near(got, factor * expected):
        return []
    for axis, count in sizes.items():
        if count > 1 and abs(factor * count - 1) < FIT:
            return [message("looks-averaged", count=count, axis=axis)]
        if count > 1 and abs(factor / count - 1) < FIT:
            return [message("looks-summed", count=count, axis=axis)]
    return [message("looks-scaled", factor=factor)]


def _by_shift(got: Array, expected: Array) -> list[Message]:
    if got.size < 3:
        return []
    shift = float(np.mean(got - expected))
    return [message("looks-shifted")] if shift and _near(got - shift, expected) else []


def _near(a: Array, b: Array, limit: float = FIT) -> bool:
    if a.shape != b.shape:
        return False
    scale = float(np.max(np.abs(b))) or 1.0
    return bool(np.max(np.abs(a - b)) <= limit * scale)
