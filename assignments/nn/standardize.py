"""Centring and scaling the inputs: every feature gets mean 0 and standard deviation 1.

The statistics are those of the training set, also for data that come later: a network has to meet
the same features in use that it was trained on.

In all functions N is the number of examples and D the number of features. The dtype of the input is
kept, arguments are never changed, and no Python loop runs over examples or features.
"""

import numpy as np

from nn.types import Array


def center(x: Array) -> tuple[Array, Array]:
    """Subtract the mean of each feature.

    Parameters
    ----------
    x : ndarray, shape (N, D)
        One example per row.

    Returns
    -------
    centred : ndarray, shape (N, D)
        `x` minus the mean of its column.
    mean : ndarray, shape (D,)
        The means that were subtracted. Both are of the dtype of `x`, a tuple in this order.

    References
    ----------
    LeCun, Bottou, Orr & Mueller (1998), Efficient backprop, section 4.3.
    """
    raise NotImplementedError("center")


def fit_standardizer(x: Array) -> tuple[Array, Array]:
    """The mean and the standard deviation of each feature of a training set.

    ``std = sqrt(sum((x - mean) ** 2) / (N - 1))`` for each column.

    Parameters
    ----------
    x : ndarray, shape (N, D)
        The training set, N at least 2.

    Returns
    -------
    mean : ndarray, shape (D,)
    std : ndarray, shape (D,)
        Both of the dtype of `x`, a tuple in this order. `std` is exact to rounding also where the
        mean of a feature is 100,000 times its spread. A feature with one and the same value in all
        rows gets a `std` of 1, whatever the value, so that `standardize` makes it 0 and never
        divides by 0; all others get the formula's, however small.

    References
    ----------
    LeCun, Bottou, Orr & Mueller (1998), Efficient backprop, section 4.3.
    """
    raise NotImplementedError("fit_standardizer")


def standardize(x: Array, mean: Array, std: Array) -> Array:
    """Centre and scale with statistics that were fitted before: ``(x - mean) / std``.

    Parameters
    ----------
    x : ndarray, shape (N, D)
        Any data with the features of the training set, one example or many: the training set
        itself, or the data that the network is used on.
    mean, std : ndarray, shape (D,)
        From `fit_standardizer` of the training set.

    Returns
    -------
    ndarray, shape (N, D)
        Of the dtype of `x`: the array itself, not a tuple.
    """
    raise NotImplementedError("standardize")
