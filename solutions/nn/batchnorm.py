"""Batch normalisation: every feature gets mean 0 and variance 1 over the batch, then its own scale.

In training the mean and the variance are those of the batch, so an example's output depends on the
other examples, and so does the gradient. In evaluation they are running averages from training, and
every example stands alone.

In all functions N is the batch size, D the number of features and C of channels. A channel of an
image counts as one feature: its N * H * W numbers have one mean and one variance. Variances are
biased everywhere: the squares are divided by their number, not by one less. All arrays of a call
have the same dtype, and it is kept; arguments are never changed. No Python loop runs over examples,
features or pixels.
"""

import numpy as np

from nn.types import Array, Cache

# BEGIN SOLUTION
# Both layers are one computation: a feature of (N, D) is a channel without pixels. A sum runs over
# every axis but the second, and a statistic of shape (C,) is laid along that axis, as (C,) or
# (C, 1, 1), before it meets x.


def _sums(a: Array) -> Array:
    sums: Array
    if a.ndim == 2:
        sums = np.ones(len(a), dtype=a.dtype) @ a  # (N,) @ (N, C) -> (C,): faster than a sum
    else:
        sums = np.einsum("nchw->c", a)
    return sums


def _sums_of_products(a: Array, b: Array) -> Array:
    # einsum multiplies and adds in one pass, without an array of the products.
    sums: Array = np.einsum("nc,nc->c" if a.ndim == 2 else "nchw,nchw->c", a, b)
    return sums


def _along_channels(statistic: Array, ndim: int) -> Array:
    return statistic if ndim == 2 else statistic[:, None, None]  # (C,) or (C, 1, 1)


def _forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running: tuple[Array, Array],
    ema: float,
    eps: float,
    train: bool,
) -> tuple[Array, Cache, tuple[Array, Array]]:
    mean, var = running
    count = x.size // mean.size  # N, or N * H * W
    if train:
        mean = _sums(x) / count  # (N, C, ...) -> (C,)
    centred = x - _along_channels(mean, x.ndim)
    if train:
        # Two passes: E[x^2] - E[x]^2 is the same number on paper, and here the difference of two
        # nearly equal ones when the mean is large.
        var = _sums_of_products(centred, centred) / count
        running = (ema * running[0] + (1 - ema) * mean, ema * running[1] + (1 - ema) * var)
    inverse = 1 / np.sqrt(var + eps)
    # x_hat = centred * inverse is never made: gamma * inverse is one factor for each channel.
    y = centred * _along_channels(gamma * inverse, x.ndim)
    y += _along_channels(beta, x.ndim)
    return y, (centred, inverse, gamma, train), running


def _backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    centred, inverse, gamma, train = cache
    # gamma and beta of a channel are part of all its outputs: the sums run over the other axes.
    dgamma = _sums_of_products(dy, centred) * inverse  # (N, C, ...) -> (C,)
    dbeta = _sums(dy)
    scale = _along_channels(gamma * inverse, dy.ndim)
    if not train:
        return dy * scale, dgamma, dbeta
    # In training x reaches L in three ways: through its own x_hat, through the mean and through the
    # variance. The last two take the mean out of dy, and what of dy goes along with x_hat:
    # dx = scale * (dy - mean(dy) - x_hat * mean(dy * x_hat)).
    count = dy.size // dbeta.size
    dx = centred * _along_channels(inverse * dgamma / count, dy.ndim)
    dx += _along_channels(dbeta / count, dy.ndim)
    np.subtract(dy, dx, out=dx)  # the same array all the way: a new one would cost more
    dx *= scale
    return dx, dgamma, dbeta


# END SOLUTION


def batchnorm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running: tuple[Array, Array],
    *,
    ema: float = 0.9,
    eps: float = 1e-5,
    train: bool = True,
) -> tuple[Array, Cache, tuple[Array, Array]]:
    """Normalise every feature, then scale and shift it: ``y = gamma * x_hat + beta``.

    ``x_hat = (x - mean) / sqrt(var + eps)``, with the mean and the variance of each feature over
    the batch when `train`, and those in `running` when not.

    Parameters
    ----------
    x : ndarray, shape (N, D)
        One example per row. N may be 1, and a feature may have the same value in all rows.
    gamma, beta : ndarray, shape (D,)
        The trained scale and shift: C1 and C2 on the board.
    running : (mean, var), ndarrays of shape (D,)
        Averages over the batches so far.
    ema : float
        Share of the old value in the running averages, the lecture's gamma:
        ``running <- ema * running + (1 - ema) * batch``, for the mean and for the variance.
        PyTorch's momentum is ``1 - ema``.
    eps : float
        Added to the variance, under the root. It is no part of the running variance.
    train : bool
        Whether the statistics are those of the batch.

    Returns
    -------
    y : ndarray, shape (N, D)
        Of the dtype of `x`. In training it is exact to rounding also where the mean of a feature is
        100,000 times its spread: the variance is taken of ``x - mean``. A batch of one, and a
        feature with one value only, have variance 0 and give `beta`.
    cache
        What `batchnorm_backward` needs, in any form.
    running_next : (mean, var), ndarrays of shape (D,)
        A tuple. In training the new averages, in new arrays, of the batch's mean and its biased
        variance; otherwise equal to `running`.

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training by reducing
    internal covariate shift.
    """
    # BEGIN SOLUTION
    return _forward(x, gamma, beta, running, ema, eps, train)
    # END SOLUTION


def batchnorm_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to `x`, `gamma` and `beta` of `batchnorm_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, D)
        dL/dy. A mean over the batch, where the loss takes one, is in it already.
    cache
        From the `batchnorm_forward` call whose gradients are wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, D)
        dL/dx. After a forward in training the mean and the variance depend on `x`, and that is part
        of the gradient. After one in evaluation they are constants.
    dgamma, dbeta : ndarray, shape (D,)
        dL/dgamma and dL/dbeta, after either forward. All three are of the dtype of `dy`, a tuple in
        this order. What becomes of `running_next` is no part of L.

    References
    ----------
    Ioffe & Szegedy (2015), section 3.
    """
    # BEGIN SOLUTION
    return _backward(dy, cache)
    # END SOLUTION


def batchnorm2d_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running: tuple[Array, Array],
    *,
    ema: float = 0.9,
    eps: float = 1e-5,
    train: bool = True,
) -> tuple[Array, Cache, tuple[Array, Array]]:
    """`batchnorm_forward` for images: one mean and one variance for each channel.

    A channel's statistics are over all its pixels in all images of the batch, N * H * W numbers.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    gamma, beta : ndarray, shape (C,)
    running : (mean, var), ndarrays of shape (C,)
    ema, eps, train
        As in `batchnorm_forward`.

    Returns
    -------
    y : ndarray, shape (N, C, H, W)
    cache
        What `batchnorm2d_backward` needs, in any form.
    running_next : (mean, var), ndarrays of shape (C,)
        All as in `batchnorm_forward`.

    References
    ----------
    Ioffe & Szegedy (2015), section 3.2.
    """
    # BEGIN SOLUTION
    return _forward(x, gamma, beta, running, ema, eps, train)
    # END SOLUTION


def batchnorm2d_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to `x`, `gamma` and `beta` of `batchnorm2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, C, H, W)
        dL/dy.
    cache
        From the `batchnorm2d_forward` call whose gradients are wanted. Other calls may have come
        in between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
    dgamma, dbeta : ndarray, shape (C,)
        As in `batchnorm_backward`, after a forward in training and after one in evaluation.
    """
    # BEGIN SOLUTION
    return _backward(dy, cache)
    # END SOLUTION
