"""Pooling: one number for each window of an image: its maximum, its average or its minimum.

Nothing is learnt here. Pooling makes an image smaller, channel by channel, and keeps what was found
in a neighbourhood more than where exactly. Images have the axes (N, C, H, W). The dtype of the
input is kept, arguments are never changed, and Python loops run over the places in a window at
most: never over images, channels or windows.

All six functions share one contract. A window of (KH, KW) starts at rows 0, SV, 2 SV, ... and at
columns 0, SH, 2 SH, ..., as long as it lies inside the image: there are ``OH = (H - KH) // SV + 1``
rows and ``OW = (W - KW) // SH + 1`` columns of windows. There is no padding; rows and columns that
are left over are not read.
"""

from functools import reduce

import numpy as np

from nn.types import Array, Cache


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """A window or a stride as (vertical, horizontal); one number stands for both."""
    vertical, horizontal = (value, value) if isinstance(value, int) else value
    return vertical, horizontal


# BEGIN SOLUTION
# The largest pixel of a window is the largest of its rows' largest pixels. So a window of KH x KW
# is pooled along the columns first, KW pixels each, and then along the rows, KH numbers each: KH +
# KW slices where one step would take KH * KW. Each of the two steps works on one axis, on which a
# window has a size and a step.

_ROWS, _COLUMNS = 2, 3  # axes of (N, C, H, W)


def _places(x: Array, axis: int, window: tuple[int, int]) -> list[Array]:
    """Views of x: what place 0, place 1, ... of a window on one axis sees, in all windows."""
    size, step = window
    count = (x.shape[axis] - size) // step + 1
    before = (slice(None),) * axis
    return [x[(*before, slice(k, k + step * count, step))] for k in range(size)]


def _best(x: Array, axis: int, window: tuple[int, int], better: np.ufunc) -> tuple[Array, Array]:
    """The best of every window on one axis, and in which place it was first seen."""
    places = _places(x, axis, window)
    y = reduce(better, places)
    where = np.zeros(y.shape, dtype=np.min_scalar_type(len(places)))
    missing = np.ones(y.shape, dtype=bool)
    for place in places[:-1]:
        missing &= place != y
        where += missing  # one more place without it
    return y, where


def _spread(
    dy: Array, axis: int, length: int, window: tuple[int, int], where: Array | None = None
) -> Array:
    """The way back on one axis: dy to the places that `where` names, or to all of a window."""
    dx = np.zeros((*dy.shape[:axis], length, *dy.shape[axis + 1 :]), dtype=dy.dtype)
    for k, place in enumerate(_places(dx, axis, window)):
        place += dy if where is None else dy * (where == k)  # windows may overlap: add
    return dx


def _sizes(
    window: int | tuple[int, int], stride: int | tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The windows on the two axes, each as (size, step): (KH, SV) and (KW, SH)."""
    (kh, kw), (sv, sh) = _pair(window), _pair(window if stride is None else stride)
    return (kh, sv), (kw, sh)


def _best_forward(
    x: Array,
    window: int | tuple[int, int],
    stride: int | tuple[int, int] | None,
    better: np.ufunc,
) -> tuple[Array, Cache]:
    vertical, horizontal = _sizes(window, stride)
    y, column = _best(x, _COLUMNS, horizontal, better)  # (N, C, H, W) -> (N, C, H, OW)
    y, row = _best(y, _ROWS, vertical, better)  # (N, C, H, OW) -> (N, C, OH, OW)
    # A copy, because a window of 1 x 1 would hand out a view of x.
    return y.copy(), (x.shape, vertical, horizontal, row, column)


def _best_backward(dy: Array, cache: Cache) -> Array:
    shape, vertical, horizontal, row, column = cache
    dx = _spread(dy, _ROWS, shape[_ROWS], vertical, row)  # (N, C, OH, OW) -> (N, C, H, OW)
    return _spread(dx, _COLUMNS, shape[_COLUMNS], horizontal, column)  # -> (N, C, H, W)


# END SOLUTION


def max_pool2d_forward(
    x: Array, *, window: int | tuple[int, int], stride: int | tuple[int, int] | None = None
) -> tuple[Array, Cache]:
    """The largest pixel of every window.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    window : int or (vertical, horizontal)
        ``KH`` and ``KW``; a window fits into the image.
    stride : int or (vertical, horizontal), optional
        ``SV`` and ``SH``, at least 1; that of the window where it is not given.

    Returns
    -------
    y : ndarray, shape (N, C, OH, OW)
        Of the dtype of `x`.
    cache
        What `max_pool2d_backward` needs, in any form.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.3.
    """
    # BEGIN SOLUTION
    return _best_forward(x, window, stride, np.maximum)
    # END SOLUTION


def max_pool2d_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `max_pool2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, C, OH, OW)
        dL/dy.
    cache
        From the `max_pool2d_forward` call whose gradient is wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        dL/dx, of the dtype of `dy`: the array itself, not a tuple. Where several pixels of a window
        share its maximum, its `dy` goes to any one of them, or in parts to several, as long as the
        parts add up to it and pixels below the maximum get none.
    """
    # BEGIN SOLUTION
    return _best_backward(dy, cache)
    # END SOLUTION


def avg_pool2d_forward(
    x: Array, *, window: int | tuple[int, int], stride: int | tuple[int, int] | None = None
) -> tuple[Array, Cache]:
    """The average of the KH * KW pixels of every window.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    window : int or (vertical, horizontal)
        ``KH`` and ``KW``; a window fits into the image.
    stride : int or (vertical, horizontal), optional
        ``SV`` and ``SH``, at least 1; that of the window where it is not given.

    Returns
    -------
    y : ndarray, shape (N, C, OH, OW)
        Of the dtype of `x`.
    cache
        What `avg_pool2d_backward` needs, in any form.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition,
    where each channel's average also has a trainable coefficient and bias.
    """
    # BEGIN SOLUTION
    vertical, horizontal = _sizes(window, stride)
    y = reduce(np.add, _places(x, _COLUMNS, horizontal))  # (N, C, H, W) -> (N, C, H, OW)
    y = reduce(np.add, _places(y, _ROWS, vertical))  # (N, C, H, OW) -> (N, C, OH, OW)
    return y / (vertical[0] * horizontal[0]), (x.shape, vertical, horizontal)
    # END SOLUTION


def avg_pool2d_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `avg_pool2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, C, OH, OW)
        dL/dy.
    cache
        From the `avg_pool2d_forward` call whose gradient is wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        dL/dx, of the dtype of `dy`: the array itself, not a tuple.
    """
    # BEGIN SOLUTION
    shape, vertical, horizontal = cache
    share = dy / (vertical[0] * horizontal[0])  # of one pixel in its window's average
    dx = _spread(share, _ROWS, shape[_ROWS], vertical)  # (N, C, OH, OW) -> (N, C, H, OW)
    return _spread(dx, _COLUMNS, shape[_COLUMNS], horizontal)  # -> (N, C, H, W)
    # END SOLUTION


def min_pool2d_forward(
    x: Array, *, window: int | tuple[int, int], stride: int | tuple[int, int] | None = None
) -> tuple[Array, Cache]:
    """The smallest pixel of every window.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    window : int or (vertical, horizontal)
        ``KH`` and ``KW``; a window fits into the image.
    stride : int or (vertical, horizontal), optional
        ``SV`` and ``SH``, at least 1; that of the window where it is not given.

    Returns
    -------
    y : ndarray, shape (N, C, OH, OW)
        Of the dtype of `x`.
    cache
        What `min_pool2d_backward` needs, in any form.
    """
    # BEGIN SOLUTION
    return _best_forward(x, window, stride, np.minimum)
    # END SOLUTION


def min_pool2d_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `min_pool2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, C, OH, OW)
        dL/dy.
    cache
        From the `min_pool2d_forward` call whose gradient is wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        dL/dx, of the dtype of `dy`: the array itself, not a tuple. Where several pixels of a window
        share its minimum, its `dy` goes to any one of them, or in parts to several, as long as the
        parts add up to it and pixels above the minimum get none.
    """
    # BEGIN SOLUTION
    return _best_backward(dy, cache)
    # END SOLUTION
