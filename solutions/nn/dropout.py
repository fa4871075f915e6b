"""Dropout: in training every element is set to 0 with probability p, by its own throw of the dice.

This is inverted dropout: what is kept is divided by 1 - p at once, so the expected value of every
element stays what it was, and evaluation has nothing to do.

Arrays may have any number of axes. The dtype of the input is kept, arguments are never changed, and
no Python loop runs over elements.
"""

import numpy as np

from nn.types import Array, Cache


def dropout_forward(
    x: Array, p: float, rng: np.random.Generator, *, train: bool = True
) -> tuple[Array, Cache]:
    """Drop each element of `x` with probability `p`, and scale up what is kept.

    Parameters
    ----------
    x : ndarray, any shape
    p : float
        The probability to drop, ``0 <= p < 1``. The same in PyTorch; some texts use the
        probability to keep.
    rng : numpy.random.Generator
        Where all randomness comes from: it moves on, so a second call drops other elements, and a
        generator of the same seed gives the same answer again. Not used in evaluation.
    train : bool
        Whether to drop at all.

    Returns
    -------
    y : ndarray, shape of `x`
        Of the dtype of `x`. In training each element is 0 with probability `p`, independently of
        all others, and ``x / (1 - p)`` otherwise. In evaluation it equals `x`.
    cache
        What `dropout_backward` needs, in any form.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout: a simple way to
    prevent neural networks from overfitting.
    """
    # BEGIN SOLUTION
    if not train:
        return x, None
    # A uniform number lies below p with probability p. float32 is drawn twice as fast as float64.
    kept = rng.random(x.shape, dtype=np.float32) >= p
    factor = kept * x.dtype.type(1 / (1 - p))  # 0 or 1 / (1 - p), in the dtype of x
    return x * factor, factor
    # END SOLUTION


def dropout_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `dropout_forward`.

    Parameters
    ----------
    dy : ndarray, shape of the forward's `x`
        dL/dy.
    cache
        From the `dropout_forward` call whose gradient is wanted, in training or in evaluation.
        Other calls may have come in between.

    Returns
    -------
    dx : ndarray, shape of `dy`
        dL/dx for the very elements that this call dropped and kept, of the dtype of `dy`: the array
        itself, not a tuple.
    """
    # BEGIN SOLUTION
    if cache is None:  # after a forward in evaluation
        return dy
    dx: Array = dy * cache
    return dx
    # END SOLUTION
