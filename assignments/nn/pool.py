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
    raise NotImplementedError("max_pool2d_forward")


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
    raise NotImplementedError("max_pool2d_backward")


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
    raise NotImplementedError("avg_pool2d_forward")


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
    raise NotImplementedError("avg_pool2d_backward")


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
    raise NotImplementedError("min_pool2d_forward")


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
    raise NotImplementedError("min_pool2d_backward")
