"""Convolution: one small mask looks at every place of an image.

What networks call a convolution is a cross-correlation: the mask is laid on the image as it is, not
flipped, each pixel under it is multiplied by its weight, and the products are added up. A layer has
F such masks with C channels each. The layer is linear in the image and in the masks, so its
gradients are sums of products too.

Images have the axes (N, C, H, W): batch, channel, row, column. Weights have (F, C, KH, KW): filter,
channel, row and column of the mask. The dtype of the input is kept, arguments are never changed,
and Python loops run over the cells of a mask at most: never over images, channels, filters or
places in an image.
"""

import numpy as np

from nn.types import Array, Cache


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """A stride or a padding as (vertical, horizontal); one number stands for both."""
    vertical, horizontal = (value, value) if isinstance(value, int) else value
    return vertical, horizontal


def cross_correlate2d(x: Array, kernel: Array) -> Array:
    """One mask on one image, at every place where it lies inside: "valid", stride 1.

    ``y[r, c] = sum over i, j of x[r + i, c + j] * kernel[i, j]``.

    Parameters
    ----------
    x : ndarray, shape (H, W)
    kernel : ndarray, shape (KH, KW), dtype of `x`
        With KH <= H and KW <= W. It is not flipped.

    Returns
    -------
    y : ndarray, shape (H - KH + 1, W - KW + 1)
        Of the dtype of `x`.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 9.1.
    """
    raise NotImplementedError("cross_correlate2d")


def conv2d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[Array, Cache]:
    """A convolution layer: F masks over all channels of every image, plus a bias each.

    With `x` surrounded by zeros, ``pv`` rows above and below and ``ph`` columns left and right,
    ``y[n, f, r, s] = b[f] + sum over c, i, j of x[n, c, r * sv + i, s * sh + j] * w[f, c, i, j]``.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    w : ndarray, shape (F, C, KH, KW)
        The masks fit into the padded images; they are not flipped.
    b : ndarray, shape (F,)
    stride : int or (vertical, horizontal)
        ``sv`` and ``sh``, at least 1: how far the mask moves from one output to the next.
    padding : int or (vertical, horizontal)
        ``pv`` and ``ph``, at least 0.

    Returns
    -------
    y : ndarray, shape (N, F, OH, OW)
        Of the dtype of `x`. ``OH = (H + 2 * pv - KH) // sv + 1``, and OW likewise: where the stride
        does not divide, the rows and columns that are left over are not read.
    cache
        What `conv2d_backward` needs, in any form.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    raise NotImplementedError("conv2d_forward")


def conv2d_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to the three arrays of `conv2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, F, OH, OW)
        dL/dy. It is any array of that shape: a mean over the batch, where the loss takes one, is
        in it already.
    cache
        From the `conv2d_forward` call whose gradients are wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        Without the padding. Pixels that no mask has read have the gradient 0.
    dw : ndarray, shape (F, C, KH, KW)
    db : ndarray, shape (F,)
        dL/dx, dL/dw and dL/db, of the dtype of `dy`, as a tuple in this order.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    raise NotImplementedError("conv2d_backward")
