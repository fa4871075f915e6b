"""From one neuron to a network of any depth: forward, loss, and the chain rule backward.

Every layer is a pair. `NAME_forward` returns its output and a cache of what the way back needs;
`NAME_backward` takes dL/d(output), called `dy`, and returns dL/d(input) for each input array, in
their order. A network is then a loop: forward through the layers, backward through their caches.

In all functions N is the batch size, D the number of inputs of a layer and M of its outputs. The
dtype of the input is kept, arguments are never changed, and Python loops run over layers only,
never over examples or features.
"""

import numpy as np

from nn.types import Array, Cache


def neuron(x: Array, w: Array, b: float | Array) -> Array:
    """One sigmoid neuron for a whole batch: ``y = sigmoid(x @ w + b)``.

    Parameters
    ----------
    x : ndarray, shape (N, D)
        One example per row.
    w : ndarray, shape (D,)
        One weight per input.
    b : float or 0-d ndarray
        The bias.

    Returns
    -------
    y : ndarray, shape (N,)
        The neuron's answer for each example, of the dtype of `x`.

    References
    ----------
    Rosenblatt (1958), The perceptron, with the sigmoid in place of the threshold.
    """
    raise NotImplementedError("neuron")


def linear_forward(x: Array, w: Array, b: Array) -> tuple[Array, Cache]:
    """A layer of M linear neurons: ``y = x @ w + b``.

    Parameters
    ----------
    x : ndarray, shape (N, D)
    w : ndarray, shape (D, M)
        Column j holds the weights of neuron j.
    b : ndarray, shape (M,)

    Returns
    -------
    y : ndarray, shape (N, M)
        Of the dtype of `x`, also for a batch of one.
    cache
        What `linear_backward` needs, in any form.
    """
    raise NotImplementedError("linear_forward")


def linear_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to the three arrays of `linear_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, M)
        dL/dy. It is any array of that shape: a mean over the batch, where the loss takes one, is
        in it already.
    cache
        From the `linear_forward` call whose gradients are wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape (N, D)
    dw : ndarray, shape (D, M)
    db : ndarray, shape (M,)
        dL/dx, dL/dw and dL/db, of the dtype of `dy`, as a tuple in this order.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors.
    """
    raise NotImplementedError("linear_backward")


def sigmoid_forward(x: Array) -> tuple[Array, Cache]:
    """The logistic sigmoid of every element: ``y = 1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : ndarray, any shape

    Returns
    -------
    y : ndarray, shape of `x`
        Of the dtype of `x`. No `x` makes it overflow or warn: it is 1 at +1000 and 0 at -1000, to
        rounding.
    cache
        What `sigmoid_backward` needs, in any form.
    """
    raise NotImplementedError("sigmoid_forward")


def sigmoid_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `sigmoid_forward`.

    Parameters
    ----------
    dy : ndarray, shape of the forward's `x`
        dL/dy.
    cache
        From the `sigmoid_forward` call whose gradient is wanted. Other calls may have come in
        between.

    Returns
    -------
    dx : ndarray, shape of `dy`
        dL/dx, of the dtype of `dy`: the array itself, not a tuple. No `x` makes it overflow or
        warn; where the sigmoid is flat, at +1000 and -1000, it is 0.
    """
    raise NotImplementedError("sigmoid_backward")


def mse_loss(y: Array, target: Array) -> tuple[float, Array]:
    """Half the squared distance of prediction and target, averaged over the batch.

    ``loss = sum((y - target) ** 2) / (2 * N)``, the sum over all elements: it is the mean over the
    batch of ``||y_n - t_n||^2 / 2``. Axes after the first are summed and not averaged. Up to a
    constant it is the negative log-likelihood of targets with Gaussian noise of variance 1.

    Parameters
    ----------
    y : ndarray, shape (N,) or (N, ...)
        Predictions, the batch along the first axis.
    target : ndarray, shape and dtype of `y`

    Returns
    -------
    loss : float
        A Python float, a NumPy scalar or a 0-d array.
    dy : ndarray, shape and dtype of `y`
        dloss/dy, the mean over the batch included.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.
    """
    raise NotImplementedError("mse_loss")


def binary_cross_entropy_with_logits(z: Array, target: Array) -> tuple[float, Array]:
    """Negative log-likelihood of yes/no targets, from logits, averaged over the batch.

    With ``p = sigmoid(z)``, each element costs ``-target * log(p) - (1 - target) * log(1 - p)``;
    the loss is the sum over all elements divided by N. Axes after the first (several yes/no
    questions per example) are summed and not averaged.

    Parameters
    ----------
    z : ndarray, shape (N,) or (N, ...)
        Logits (before the sigmoid), the batch along the first axis.
    target : ndarray, shape and dtype of `z`
        0 or 1, or a probability between them.

    Returns
    -------
    loss : float
        A Python float, a NumPy scalar or a 0-d array. Exact to rounding for logits of 1e4 too, on
        the wrong side as well: no infinity, no warning, no clipped probability.
    dz : ndarray, shape and dtype of `z`
        dloss/dz, the mean over the batch included.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.
    """
    raise NotImplementedError("binary_cross_entropy_with_logits")


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Negative log-likelihood of class labels under the softmax, averaged over the batch.

    ``loss = -mean(log(p[n, labels[n]]))`` with ``p = softmax(logits)`` along each row:
    ``p[n, c] = exp(logits[n, c]) / sum_k exp(logits[n, k])``.

    Parameters
    ----------
    logits : ndarray, shape (N, C)
        Any real numbers; rows may lie at very different levels.
    labels : ndarray, shape (N,)
        The right class of each example, from 0 to C - 1, of any integer dtype, uint8 included.

    Returns
    -------
    loss : float
        A Python float, a NumPy scalar or a 0-d array. Exact to rounding for logits of 1e4 too: no
        infinity, no warning, no clipped probability.
    dlogits : ndarray, shape (N, C)
        dloss/dlogits, of the dtype of `logits`, the mean over the batch included.

    References
    ----------
    Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.
    """
    raise NotImplementedError("cross_entropy")


def mlp_forward(x: Array, parameters: list[tuple[Array, Array]]) -> tuple[Array, Cache]:
    """A feed-forward network: linear layers with a sigmoid between each two.

    The last layer is linear: its output are the logits, and the loss takes them as they are.

    Parameters
    ----------
    x : ndarray, shape (N, D)
    parameters : list of (w, b)
        One pair per layer from the input to the output, at least one: w of shape (inputs, outputs)
        and b of shape (outputs,), where a layer's inputs are the outputs of the layer before.

    Returns
    -------
    logits : ndarray, shape (N, outputs of the last layer)
        Of the dtype of `x`.
    cache
        What `mlp_backward` needs, in any form.
    """
    raise NotImplementedError("mlp_forward")


def mlp_backward(dy: Array, cache: Cache) -> list[tuple[Array, Array]]:
    """The gradients of a loss L with respect to the weights and biases of every layer.

    Parameters
    ----------
    dy : ndarray, shape of the logits
        dL/dlogits.
    cache
        From the `mlp_forward` call whose gradients are wanted. Other calls may have come in
        between.

    Returns
    -------
    gradients : list of (dw, db)
        A list with one tuple per layer, in the order and shapes of `parameters`, of the dtype of
        `dy`. The gradient with respect to the network's input is not part of it.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors.
    """
    raise NotImplementedError("mlp_backward")
