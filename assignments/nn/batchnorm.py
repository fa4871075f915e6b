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
    raise NotImplementedError("batchnorm_forward")


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
    raise NotImplementedError("batchnorm_backward")


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
    raise NotImplementedError("batchnorm2d_forward")


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
    raise NotImplementedError("batchnorm2d_backward")
