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

# BEGIN SOLUTION
# Name, filters, mask, stride, padding, groups, and whether a norm and a pooling follow the ReLU.
_CONVOLUTIONS = (
    ("conv1", 96, 11, 4, 0, 1, True, True),
    ("conv2", 256, 5, 1, 2, 2, True, True),
    ("conv3", 384, 3, 1, 1, 1, False, False),
    ("conv4", 384, 3, 1, 1, 2, False, False),
    ("conv5", 256, 3, 1, 1, 2, False, True),
)
_HIDDEN = 4096  # neurons of fc6 and of fc7
_WINDOW, _STRIDE = 3, 2  # of all poolings: the windows overlap
_BIAS_OF_ONE = ("conv2", "conv4", "conv5", "fc6", "fc7")  # so that their ReLUs start open


def _narrowed(number: int, width: float) -> int:
    """A number of masks or neurons in a network of that width: even, so that two can share it."""
    return max(2, int(number * width) // 2 * 2)


def _sum_of_neighbours(a: Array, n: int) -> Array:
    """For each channel the sum of the n channels around it, of those that there are."""
    total = a.copy()
    for k in range(1, n // 2 + 1):
        total[:, k:] += a[:, :-k]  # the neighbour k channels below
        total[:, :-k] += a[:, k:]  # and the one k channels above
    return total


# END SOLUTION


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
    # BEGIN SOLUTION
    s = k + alpha * _sum_of_neighbours(x * x, n)  # (N, C, H, W)
    scale = s**-beta
    return x * scale, (x, s, scale, n, alpha, beta)
    # END SOLUTION


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
    # BEGIN SOLUTION
    x, s, scale, n, alpha, beta = cache
    # x[c] stands in y[c] itself, and in s[i] of every channel i that has c in its window. Then c
    # has i in its own window, so the second way is a sum over the same neighbours.
    ds = dy * x * scale / s  # (N, C, H, W), dL/ds but for the factor -beta
    dx: Array = dy * scale - 2 * alpha * beta * x * _sum_of_neighbours(ds, n)
    return dx
    # END SOLUTION


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
    # BEGIN SOLUTION
    # Parts of arrays are views: (N, C/groups, H, W), (F/groups, C/groups, KH, KW), (F/groups,).
    convolve = partial(conv2d_forward, stride=stride, padding=padding)
    parts = np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups)
    made = list(map(convolve, *parts))
    y = np.concatenate([y for y, _ in made], axis=1)  # of (N, F/groups, OH, OW)
    return y, [cache for _, cache in made]
    # END SOLUTION


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
    # BEGIN SOLUTION
    # Nothing is shared by two groups, so no gradients are added: they stand side by side.
    made = map(conv2d_backward, np.split(dy, len(cache), axis=1), cache)
    dx, dw, db = zip(*made, strict=True)
    return np.concatenate(dx, axis=1), np.concatenate(dw), np.concatenate(db)
    # END SOLUTION


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
    # BEGIN SOLUTION
    shapes: dict[str, Shape] = {"image": (3, size, size)}
    for name, filters, mask, stride, padding, _, _, pool in _CONVOLUTIONS:
        size = (size + 2 * padding - mask) // stride + 1
        shapes[name] = (_narrowed(filters, width), size, size)
        if pool:
            size = (size - _WINDOW) // _STRIDE + 1
            shapes[name.replace("conv", "pool")] = (_narrowed(filters, width), size, size)
    hidden = _narrowed(_HIDDEN, width)
    return shapes | {"fc6": (hidden,), "fc7": (hidden,), "fc8": (classes,)}
    # END SOLUTION


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
    # BEGIN SOLUTION
    layers = layer_shapes(width, classes, size)
    shapes: dict[str, Shape] = {}
    channels, _, _ = layers["image"]
    for name, _, mask, _, _, groups, _, _ in _CONVOLUTIONS:
        filters, _, _ = layers[name]
        shapes[f"{name}.weight"] = (filters, channels // groups, mask, mask)
        shapes[f"{name}.bias"] = (filters,)
        channels = filters
    inputs = math.prod(layers["pool5"])  # fc6 sees a row of all that is left of an image
    for name in ("fc6", "fc7", "fc8"):
        (outputs,) = layers[name]
        shapes[f"{name}.weight"] = (inputs, outputs)
        shapes[f"{name}.bias"] = (outputs,)
        inputs = outputs
    return shapes
    # END SOLUTION


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
    # BEGIN SOLUTION
    return sum(math.prod(shape) for shape in parameter_shapes(width, classes, size).values())
    # END SOLUTION


# BEGIN SOLUTION
Step: TypeAlias = "tuple[Callable[..., Any], Cache, str]"  # a backward, its cache, whose parameters


def _run(
    parameters: dict[str, Array], x: Array, rng: np.random.Generator | None
) -> tuple[Array, Cache]:
    """Logits, and a tape: what was called to make them, in order. With an rng, with dropout."""
    tape: list[Step] = []
    for name, _, _, stride, padding, groups, norm, pool in _CONVOLUTIONS:
        w, b = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        x, cache = grouped_conv2d_forward(
            x, w, b, groups=groups, stride=stride, padding=padding
        )  # (N, C, H, W) -> (N, F, OH, OW)
        tape.append((grouped_conv2d_backward, cache, name))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
        if norm:
            x, cache = local_response_norm_forward(x)
            tape.append((local_response_norm_backward, cache, ""))
        if pool:
            x, cache = max_pool2d_forward(x, window=_WINDOW, stride=_STRIDE)
            tape.append((max_pool2d_backward, cache, ""))
    return _head(parameters, x, rng, tape)


def _head(
    parameters: dict[str, Array], x: Array, rng: np.random.Generator | None, tape: list[Step]
) -> tuple[Array, Cache]:
    """The part of the network behind its convolutions."""
    tape.append((np.reshape, x.shape, ""))  # a gradient gets the shape back that the image had
    x = _flat(x)  # (N, F, OH, OW) -> (N, F*OH*OW)
    for name in ("fc6", "fc7"):
        x, cache = linear_forward(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
        tape.append((linear_backward, cache, name))
        x, cache = relu_forward(x)
        tape.append((relu_backward, cache, ""))
        if rng is not None:
            x, cache = dropout_forward(x, 0.5, rng)
            tape.append((dropout_backward, cache, ""))
    logits, cache = linear_forward(x, parameters["fc8.weight"], parameters["fc8.bias"])
    tape.append((linear_backward, cache, "fc8"))
    return logits, tape


def _flat(x: Array) -> Array:
    """Each image as a row of numbers."""
    return x.reshape(x.shape[0], -1)


def _new(rng: np.random.Generator, width: float, classes: int, size: int) -> dict[str, Array]:
    """Parameters to start from."""
    parameters = {}
    for name, shape in parameter_shapes(width, classes, size).items():
        layer, kind = name.split(".")
        if kind == "weight":
            array = normal(shape, 0.01, rng)
        else:
            array = constant(shape, 1 if layer in _BIAS_OF_ONE else 0)
        parameters[name] = array.astype(np.float32)
    return parameters


def _run_back(dy: Array, tape: Cache) -> dict[str, Array]:
    """The gradients of all parameters: the tape, played backwards."""
    gradients = {}
    for backward, cache, name in reversed(tape):
        if name:
            dy, gradients[f"{name}.weight"], gradients[f"{name}.bias"] = backward(dy, cache)
        else:
            dy = backward(dy, cache)
    return gradients


# END SOLUTION


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
        # BEGIN SOLUTION
        if parameters is None:
            parameters = _new(rng, width, classes, size)
        self._parameters = parameters
        # END SOLUTION

    def parameters(self) -> dict[str, Array]:
        """All parameters, by the names of `parameter_shapes`, in any order.

        Returns
        -------
        parameters : dict of str to ndarray
        """
        # BEGIN SOLUTION
        return dict(self._parameters)
        # END SOLUTION

    def forward(self, x: Array) -> Array:
        """The logits of a batch of images, without dropout.

        Parameters
        ----------
        x : ndarray, shape (N, 3, size, size), dtype of the parameters

        Returns
        -------
        logits : ndarray, shape (N, classes), of that dtype
        """
        # BEGIN SOLUTION
        logits, _ = _run(self._parameters, x, None)
        return logits
        # END SOLUTION

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
        # BEGIN SOLUTION
        logits, tape = _run(self._parameters, x, rng)
        loss, dlogits = cross_entropy(logits, labels)
        return loss, _run_back(dlogits, tape)
        # END SOLUTION
