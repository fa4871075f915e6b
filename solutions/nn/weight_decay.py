"""Against overfitting: fewer parameters, a penalty on large weights, an early end of the training.

A penalty is a term that is added to the loss. Like a loss it comes with its gradient, which is
added to the gradient that the network's backward gives:

    loss + penalty,   dw + penalty's dw,   db + penalty's db

In all functions `parameters` is what `backprop.mlp_forward` takes: a list with one pair (w, b) per
layer, at least one, w of shape (inputs, outputs) and b of shape (outputs,). Its arrays are never
changed, dtypes are kept, and Python loops run over layers and epochs only, never over weights.
"""

import numpy as np

from nn.types import Array


def parameter_count(parameters: list[tuple[Array, Array]]) -> int:
    """How many numbers the training may change: all weights and all biases.

    Parameters
    ----------
    parameters : list of (w, b)
        One pair per layer.

    Returns
    -------
    count : int
    """
    # BEGIN SOLUTION
    return sum(w.size + b.size for w, b in parameters)
    # END SOLUTION


def l2_penalty(
    parameters: list[tuple[Array, Array]], lam: float
) -> tuple[float, list[tuple[Array, Array]]]:
    """Half the squared weights of all layers, times lam: ``penalty = lam / 2 * sum(w ** 2)``.

    The biases are no part of it. Nothing is averaged: the sum runs over every weight of every
    layer.

    Parameters
    ----------
    parameters : list of (w, b)
        One pair per layer.
    lam : float
        The strength of the penalty, at least 0; at 0 the penalty and all gradients are 0.

    Returns
    -------
    penalty : float
        A Python float, a NumPy scalar or a 0-d array.
    gradients : list of (dw, db)
        A list with one tuple per layer, in the order, shapes and dtypes of `parameters`, also
        where `lam` is 0: dw is dpenalty/dw, and db is an array of zeros.

    References
    ----------
    Krogh & Hertz (1991), A simple weight decay can improve generalization.
    """
    # BEGIN SOLUTION
    # A Python float does not raise the dtype of an array, so float32 stays float32.
    penalty = 0.5 * lam * sum(np.vdot(w, w) for w, _ in parameters)  # (D, M), (D, M) -> ()
    gradients = [(lam * w, np.zeros_like(b)) for w, b in parameters]  # (D, M), (M,)
    return float(penalty), gradients
    # END SOLUTION


def l1_penalty(
    parameters: list[tuple[Array, Array]], lam: float
) -> tuple[float, list[tuple[Array, Array]]]:
    """The absolute values of the weights of all layers, times lam: ``penalty = lam * sum(|w|)``.

    The biases are no part of it. Nothing is averaged: the sum runs over every weight of every
    layer.

    Parameters
    ----------
    parameters : list of (w, b)
        One pair per layer.
    lam : float
        The strength of the penalty, at least 0; at 0 the penalty and all gradients are 0.

    Returns
    -------
    penalty : float
        A Python float, a NumPy scalar or a 0-d array.
    gradients : list of (dw, db)
        A list with one tuple per layer, in the order, shapes and dtypes of `parameters`, also
        where `lam` is 0: dw is dpenalty/dw, and db is an array of zeros. For a weight that is
        exactly 0 the penalty has a kink; there any number from -lam to lam is right. A weight next
        to 0, however small, has a derivative like any other.

    References
    ----------
    Tibshirani (1996), Regression shrinkage and selection via the lasso.
    """
    # BEGIN SOLUTION
    penalty = lam * sum(np.abs(w).sum() for w, _ in parameters)  # (D, M) -> ()
    # |w| rises with slope 1 on the right of 0 and falls with slope 1 on its left, however far off.
    gradients = [(lam * np.sign(w), np.zeros_like(b)) for w, b in parameters]  # (D, M), (M,)
    return float(penalty), gradients
    # END SOLUTION


def early_stopping(val_losses: Array, patience: int) -> tuple[int, int]:
    """When to end a training, from the loss on the validation set after each epoch.

    Epochs are counted from 0 and looked at one after the other. The best epoch so far is the one
    with the lowest loss so far, at first epoch 0. Another epoch takes its place only with a
    strictly lower loss, so that of equal losses the earlier epoch is the best. A NaN counts as
    infinity: it is lower than nothing, and every finite loss is lower than it.

    Training stops at the first epoch that is `patience` epochs after the best one so far. An epoch
    with a strictly lower loss is itself the best one so far and never stops the training. If no
    epoch stops it, it ends with the last one.

    Parameters
    ----------
    val_losses : ndarray, shape (E,)
        The validation loss after each of E >= 1 epochs. What comes after the stopping epoch plays
        no part.
    patience : int
        At least 1.

    Returns
    -------
    best : int
        The best epoch up to the stopping epoch: its weights are the ones to keep.
    stop : int
        The stopping epoch, at most E - 1.

    Notes
    -----
    A Python loop over the epochs is fine here: an epoch of training takes far longer than a step of
    the loop.

    References
    ----------
    Prechelt (1998), Early stopping - but when?
    """
    # BEGIN SOLUTION
    best, lowest = 0, np.inf
    for epoch, loss in enumerate(val_losses):
        if loss < lowest:  # False for NaN
            best, lowest = epoch, loss
        if epoch - best == patience:
            break
    return best, epoch
    # END SOLUTION
