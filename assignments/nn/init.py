"""Where to start: weights that differ from each other, and whose size keeps signals alive.

Weights that start alike stay alike, so they are drawn at random. How large they should be follows
from how many numbers a neuron adds up, its fan-in, and to how many neurons its own output goes, its
fan-out.

A `shape` is a tuple of integers: (D, M) for a linear layer of D inputs and M outputs, and
(F, C, KH, KW) for a convolution with F kernels over C channels. All arrays are float64. Random
numbers come from the `rng` that is passed in and from nowhere else: one call after another gives
other numbers, and a generator of the same seed gives the same ones again.
"""

import math
from itertools import pairwise

import numpy as np

from nn.types import Array


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many numbers go into one output of a layer, and how many outputs one input goes into.

    Parameters
    ----------
    shape : tuple of int
        (D, M) or (F, C, KH, KW). In a convolution each channel and each place of the kernel counts;
        the image's border and the stride do not.

    Returns
    -------
    fan_in, fan_out : int
    """
    raise NotImplementedError("fan_in_and_fan_out")


def constant(shape: tuple[int, ...], value: float) -> Array:
    """An array with the same value everywhere: for biases, never for the weights of a network.

    Parameters
    ----------
    shape : tuple of int
        Any shape.
    value : float or int

    Returns
    -------
    w : ndarray of float64, shape `shape`
    """
    raise NotImplementedError("constant")


def normal(shape: tuple[int, ...], std: float, rng: np.random.Generator) -> Array:
    """Normally distributed weights around 0, with a standard deviation that you choose.

    Parameters
    ----------
    shape : tuple of int
        Any shape.
    std : float
        The standard deviation, not the variance.
    rng : numpy.random.Generator

    Returns
    -------
    w : ndarray of float64, shape `shape`
    """
    raise NotImplementedError("normal")


def xavier_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Xavier's weights, evenly distributed between two bounds -a and a.

    The bound a is such that the variance is 2 / (fan_in + fan_out).

    Parameters
    ----------
    shape : tuple of int
        (D, M) or (F, C, KH, KW).
    rng : numpy.random.Generator

    Returns
    -------
    w : ndarray of float64, shape `shape`

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, called the normalized initialization there.
    """
    raise NotImplementedError("xavier_uniform")


def xavier_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Xavier's weights, normally distributed around 0, of the variance 2 / (fan_in + fan_out).

    Parameters
    ----------
    shape : tuple of int
        (D, M) or (F, C, KH, KW).
    rng : numpy.random.Generator

    Returns
    -------
    w : ndarray of float64, shape `shape`

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks.
    """
    raise NotImplementedError("xavier_normal")


def kaiming_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Kaiming's weights for layers before a ReLU: normal around 0, of the variance 2 / fan_in.

    Parameters
    ----------
    shape : tuple of int
        (D, M) or (F, C, KH, KW).
    rng : numpy.random.Generator

    Returns
    -------
    w : ndarray of float64, shape `shape`

    References
    ----------
    He, Zhang, Ren & Sun (2015), Delving deep into rectifiers.
    """
    raise NotImplementedError("kaiming_normal")


def init_mlp(
    sizes: tuple[int, ...], scheme: str, rng: np.random.Generator
) -> list[tuple[Array, Array]]:
    """The parameters of a feed-forward network, as `nn.backprop.mlp_forward` takes them.

    Parameters
    ----------
    sizes : tuple of int
        The number of inputs, of the neurons of each hidden layer, and of outputs: at least two.
    scheme : str
        "xavier_uniform", "xavier_normal" or "kaiming_normal", for all layers alike.
    rng : numpy.random.Generator

    Returns
    -------
    parameters : list of (w, b)
        A list with one tuple per layer from the input to the output: random w of shape (inputs,
        outputs) and b = 0 of shape (outputs,).
    """
    raise NotImplementedError("init_mlp")
