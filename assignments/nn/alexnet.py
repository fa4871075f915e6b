"""AlexNet: the convolutional network of 2012, with what it added to LeNet's layers.

Between its convolutions and its poolings stand ReLUs and a normalisation across channels. Some of
its convolutions come in two groups that do not see each other, because two graphics cards shared
the work. The network in the form of its paper::

    conv1   96 masks 11 x 11, stride 4              ReLU, norm, pool
    conv2  256 masks 5 x 5, padding 2, 2 groups     ReLU, norm, pool
    conv3  384 masks 3 x 3, padding 1               ReLU
    conv4  384 masks 3 x 3, padding 1, 2 groups     ReLU
    conv5  256 masks 3 x 3, padding 1, 2 groups     ReLU, pool
    fc6   4096 neurons                              ReLU, dropout
    fc7   4096 neurons                              ReLU, dropout
    fc8   1000 neurons, one for each class: the logits

"norm" is `local_response_norm_forward` with its default numbers, "pool" takes the maximum of
windows of 3 x 3 with stride 2, and dropout has p = 0.5 and is there in training only. Images have
the axes (N, C, H, W). The dtype of the input is kept and arguments are never changed. Python loops
run over layers, groups, the channels in a window and the cells of a mask at most: never over
images, all channels or places in an image.

A `width` other than 1 makes the network narrower: each number of masks or neurons above, except
that of fc8, is multiplied by `width` and rounded down to an even number, and is at least 2.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from nn.activations import relu_backward, relu_forward
from nn.backprop import cross_entropy, linear_backward, linear_forward
from nn.conv import conv2d_backward, conv2d_forward
from nn.dropout import dropout_backward, dropout_forward
from nn.init import constant, normal
from nn.pool import max_pool2d_backward, max_pool2d_forward
from nn.types import Array, Cache

Shape: TypeAlias = tuple[int, ...]


def local_response_norm_forward(
    x: Array, *, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75
) -> tuple[Array, Cache]:
    """Divide every pixel by what `n` neighbouring channels have at the same place.

    ``y[:, c] = x[:, c] / s[:, c] ** beta``, where ``s[:, c] = k + alpha * (the sum of x[:, j] ** 2
    over the n channels j from c - n // 2 to c + n // 2, of those that there are)``.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    n : int
        Odd; how many channels a sum has, the own one in the middle. It may be larger than C.
    k, alpha, beta : float
        ``k > 0``. As in the paper, `alpha` is a factor of the sum as it is. PyTorch divides `alpha`
        by `n`: what is 1e-4 here is 5e-4 there.

    Returns
    -------
    y : ndarray, shape (N, C, H, W)
        Of the dtype of `x`.
    cache
        What `local_response_norm_backward` needs, in any form.

    References
    ----------
    Krizhevsky, Sutskever & Hinton (2012), ImageNet classification with deep convolutional neural
    networks, section 3.3.
    """
    raise NotImplementedError("local_response_norm_forward")


def local_response_norm_backward(dy: Array, cache: Cache) -> Array:
    """The gradient of a loss L with respect to the input of `local_response_norm_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, C, H, W)
        dL/dy.
    cache
        From the `local_response_norm_forward` call whose gradient is wanted. Other calls may have
        come in between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
        dL/dx, of the dtype of `dy`: the array itself, not a tuple.
    """
    raise NotImplementedError("local_response_norm_backward")


def grouped_conv2d_forward(
    x: Array,
    w: Array,
    b: Array,
    *,
    groups: int = 1,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> tuple[Array, Cache]:
    """Several convolutions side by side, each with its own part of the channels and of the masks.

    The channels of `x` are cut into `groups` equal parts, in their order, and so are the filters.
    The filters of a part see the channels of the same part and no others. The outputs stand in the
    order of the filters. With one group it is `nn.conv.conv2d_forward`.

    Parameters
    ----------
    x : ndarray, shape (N, C, H, W)
    w : ndarray, shape (F, C // groups, KH, KW)
    b : ndarray, shape (F,)
    groups : int
        A divisor of C and of F.
    stride, padding : int or (vertical, horizontal)
        As in `nn.conv.conv2d_forward`.

    Returns
    -------
    y : ndarray, shape (N, F, OH, OW)
        Of the dtype of `x`.
    cache
        What `grouped_conv2d_backward` needs, in any form.

    References
    ----------
    Krizhevsky, Sutskever & Hinton (2012), sections 3.2 and 3.5.
    """
    raise NotImplementedError("grouped_conv2d_forward")


def grouped_conv2d_backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """The gradients of a loss L with respect to the three arrays of `grouped_conv2d_forward`.

    Parameters
    ----------
    dy : ndarray, shape (N, F, OH, OW)
        dL/dy.
    cache
        From the `grouped_conv2d_forward` call whose gradients are wanted. Other calls may have come
        in between.

    Returns
    -------
    dx : ndarray, shape (N, C, H, W)
    dw : ndarray, shape (F, C // groups, KH, KW)
    db : ndarray, shape (F,)
        dL/dx, dL/dw and dL/db, of the dtype of `dy`, as a tuple in this order.
    """
    raise NotImplementedError("grouped_conv2d_backward")


def layer_shapes(width: float = 1.0, classes: int = 1000, size: int = 227) -> dict[str, Shape]:
    """The shape of what each layer gives for one image, without computing anything else.

    Parameters
    ----------
    width : float
        As the module's docstring says.
    classes : int
        Neurons of fc8.
    size : int
        Rows and columns of an image, at least 67.

    Returns
    -------
    shapes : dict
        From the name of a layer to a tuple of int: "image", "conv1", "pool1", "conv2", "pool2",
        "conv3", "conv4", "conv5" and "pool5" have the shape (channels, rows, columns); "fc6", "fc7"
        and "fc8" have the shape (neurons,). An image has 3 channels. ReLU, norm and dropout change
        no shape and are left out.
    """
    raise NotImplementedError("layer_shapes")


def parameter_shapes(width: float = 1.0, classes: int = 1000, size: int = 227) -> dict[str, Shape]:
    """The shapes of all weights and biases, without making any.

    Parameters
    ----------
    width, classes, size
        As in `layer_shapes`.

    Returns
    -------
    shapes : dict
        From a name to a tuple of int: "conv1.weight" of shape (F, C // groups, KH, KW),
        "conv1.bias" of shape (F,), and so on for each layer of the module's docstring, up to
        "fc8.weight" of shape (D, M) and "fc8.bias" of shape (M,).
    """
    raise NotImplementedError("parameter_shapes")


def parameter_count(width: float = 1.0, classes: int = 1000, size: int = 227) -> int:
    """How many numbers the network learns, weights and biases, without making any.

    Parameters
    ----------
    width, classes, size
        As in `layer_shapes`.

    Returns
    -------
    count : int
        60,965,224 for the network of the paper.
    """
    raise NotImplementedError("parameter_count")


class AlexNet:
    """The network, with its parameters.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the weights. The same generator gives the same network.
    width, classes, size
        As in `layer_shapes`.
    parameters : dict of str to ndarray, optional
        Arrays by the names of `parameter_shapes`, in the shapes given there, float32 or float64,
        to start from instead; `rng` is not used then.

    Notes
    -----
    Without `parameters` the network is float32 and begins as the paper's did: the weights are
    independent normal numbers around 0 with a standard deviation of 0.01, the biases of conv2,
    conv4, conv5, fc6 and fc7 are 1, and those of the other layers are 0.

    References
    ----------
    Krizhevsky, Sutskever & Hinton (2012), ImageNet classification with deep convolutional neural
    networks.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        width: float = 1.0,
        *,
        classes: int = 1000,
        size: int = 227,
        parameters: dict[str, Array] | None = None,
    ) -> None:
        raise NotImplementedError("AlexNet.__init__")

    def parameters(self) -> dict[str, Array]:
        """All parameters, by the names of `parameter_shapes`, in any order.

        Returns
        -------
        parameters : dict of str to ndarray
        """
        raise NotImplementedError("AlexNet.parameters")

    def forward(self, x: Array) -> Array:
        """The logits of a batch of images, without dropout.

        Parameters
        ----------
        x : ndarray, shape (N, 3, size, size), dtype of the parameters

        Returns
        -------
        logits : ndarray, shape (N, classes), of that dtype
        """
        raise NotImplementedError("AlexNet.forward")

    def loss_and_grads(
        self, x: Array, labels: Array, rng: np.random.Generator | None = None
    ) -> tuple[float, dict[str, Array]]:
        """The cross-entropy of a batch under the softmax, and its gradients.

        Parameters
        ----------
        x : ndarray, shape (N, 3, size, size), dtype of the parameters
        labels : ndarray, shape (N,), of any integer dtype
            From 0 to classes - 1.
        rng : numpy.random.Generator, optional
            With it, what fc6 and fc7 give is dropped as in `nn.dropout.dropout_forward`, with
            p = 0.5, each element by itself. Without it nothing is dropped.

        Returns
        -------
        loss : float
            Averaged over the batch.
        grads : dict of str to ndarray
            dloss/dparameter by the names of `parameter_shapes`, in any order, with the shapes and
            the dtype of the parameters. The parameters themselves do not change.
        """
        raise NotImplementedError("AlexNet.loss_and_grads")
