"""Activations, and how much gradient they let through a deep network.

Backward through a layer multiplies the gradient by the slope of its activation. The sigmoid's slope
is at most 1/4, so n of them leave (1/4)^n at best: the gradient vanishes. Tanh, ReLU and ELU have
slopes up to 1, and `gradient_norms` shows on a chain of layers what that changes.

`NAME_forward` returns its output and a cache; `NAME_backward` takes dL/d(output), called `dy`, and
returns dL/d(input). The dtype of the input is kept, arguments are never changed, and Python loops
run over layers only, never over examples or features.
"""

import numpy as np

from nn.types import Array, Cache


def tanh_forward(x: Array) -> tuple[Array, Cache]:
    """The hyperbolic tangent of every element.

    ``y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))``

    Parameters
    ----------
    x : ndarray, any shape

    Returns
    -------
    y : ndarray, shape of `x`
        Of the dtype of `x`; 1 at +1000 and -1 at -1000.
    cache
        What `tanh_backward` needs, in any form.
    """
    raise NotImplementedError("tanh_forward")


def tanh_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `tanh_forward`.

    Parameters
    ----------
    dy : ndarray, shape of the forward's `x`
        dL/dy.
    cache
        From the `tanh_forward` call whose gradient is wanted. Other calls may have come in between.

    Returns
    -------
    dx : ndarray, shape of `dy`
        dL/dx, of the dtype of `dy`: the array itself, not a tuple.
    """
    raise NotImplementedError("tanh_backward")


def relu_forward(x: Array) -> tuple[Array, Cache]:
    """The rectified linear unit: every element of `x` above 0 as it is, and 0 for the others.

    Parameters
    ----------
    x : ndarray, any shape

    Returns
    -------
    y : ndarray, shape of `x`
        Of the dtype of `x`.
    cache
        What `relu_backward` needs, in any form.

    References
    ----------
    Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines.
    """
    raise NotImplementedError("relu_forward")


def relu_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `relu_forward`.

    Parameters
    ----------
    dy : ndarray, shape of the forward's `x`
        dL/dy.
    cache
        From the `relu_forward` call whose gradient is wanted. Other calls may have come in between.

    Returns
    -------
    dx : ndarray, shape of `dy`
        dL/dx, of the dtype of `dy`: the array itself, not a tuple. Where the input was exactly 0,
        take for the slope any number from 0 to 1.
    """
    raise NotImplementedError("relu_backward")


def elu_forward(x: Array, *, alpha: float = 1.0) -> tuple[Array, Cache]:
    """The exponential linear unit: ``x`` above 0, and ``alpha * (exp(x) - 1)`` below.

    Parameters
    ----------
    x : ndarray, any shape
    alpha : float
        Above 0: far below zero the output tends to ``-alpha``.

    Returns
    -------
    y : ndarray, shape of `x`
        Of the dtype of `x`. No `x` makes it overflow or warn: it is 1000 at +1000 and ``-alpha`` at
        -1000, to rounding.
    cache
        What `elu_backward` needs, in any form.

    References
    ----------
    Clevert, Unterthiner & Hochreiter (2016), Fast and accurate deep network learning by exponential
    linear units.
    """
    raise NotImplementedError("elu_forward")


def elu_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `elu_forward`.

    Parameters
    ----------
    dy : ndarray, shape of the forward's `x`
        dL/dy.
    cache
        From the `elu_forward` call whose gradient is wanted. Other calls may have come in between.

    Returns
    -------
    dx : ndarray, shape of `dy`
        dL/dx, of the dtype of `dy`: the array itself, not a tuple. No `x` makes it overflow or
        warn. Where the input was exactly 0, take for the slope any number from `alpha` to 1.
    """
    raise NotImplementedError("elu_backward")


def sigmoid_gradient_bound(n: int) -> float:
    """The largest value that the product of the slopes of n sigmoids can have.

    Parameters
    ----------
    n : int
        How many layers, 0 or more. The product of no slopes is 1.

    Returns
    -------
    bound : float
    """
    raise NotImplementedError("sigmoid_gradient_bound")


def gradient_norms(x: Array, weights: list[Array], activation: str) -> list[float]:
    """How large the gradient is at the input of each layer of a deep chain.

    The chain is ``h_0 = x`` and ``h_k = activation(h_{k-1} @ w_k)`` for each weight in turn,
    without biases and with the activation after every layer, the last included. The loss L is the
    sum of all elements of the last ``h``, over examples and outputs, not averaged.

    Parameters
    ----------
    x : ndarray, shape (N, D)
    weights : list of ndarray
        One matrix per layer from the input to the output, at least one: of shape (inputs, outputs),
        square or not, where a layer's inputs are the outputs of the layer before.
    activation : str
        ``"sigmoid"``, ``"tanh"``, ``"relu"`` or ``"elu"`` (with alpha 1).

    Returns
    -------
    norms : list of float
        One number per layer: entry k is the Frobenius norm of dL/dh_k (the root of the sum of the
        squares of all its elements), the gradient at the input of layer k + 1. So entry 0 belongs
        to `x`, and the gradient at the network's output is not part of it.

    References
    ----------
    Hochreiter (1991), Untersuchungen zu dynamischen neuronalen Netzen; Glorot & Bengio (2010),
    Understanding the difficulty of training deep feedforward neural networks.
    """
    raise NotImplementedError("gradient_norms")
