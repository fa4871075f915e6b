"""LeNet-5: a convolutional network that reads handwritten digits.

Convolution, ReLU, max-pooling, twice; then three linear layers. Nothing in it is new: it is put
together from `nn.conv`, `nn.pool`, `nn.activations` and `nn.backprop`, starts from `nn.init` and
learns with `nn.optimizers`. `LeNet5` is the network as it is built today; `LeNet1998`, the bonus,
is the one of the paper.

Images have the axes (N, C, H, W): batch, channel, row, column. The dtype of a network is that of
its parameters: float32 in training. Python loops run over layers, batches and epochs, never over
images.
"""

import numpy as np

from nn.activations import relu_backward, relu_forward, tanh_backward, tanh_forward
from nn.backprop import cross_entropy, linear_backward, linear_forward
from nn.conv import conv2d_backward, conv2d_forward
from nn.init import constant, xavier_uniform
from nn.optimizers import adam
from nn.pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from nn.types import Array, Cache

# The names of the parameters and their shapes.
SHAPES = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (400, 120),
    "fc1.bias": (120,),
    "fc2.weight": (120, 84),
    "fc2.bias": (84,),
    "fc3.weight": (84, 10),
    "fc3.bias": (10,),
}


class LeNet5:
    """LeNet-5 with ReLU, max-pooling and softmax: 61,706 parameters.

    ======================================  ==============  =============================
    step                                    output          parameters
    ======================================  ==============  =============================
    images                                  (N, 1, 28, 28)
    convolution 5 x 5, padding 2, and ReLU  (N, 6, 28, 28)  conv1.weight, conv1.bias
    max-pooling 2 x 2                       (N, 6, 14, 14)
    convolution 5 x 5, and ReLU             (N, 16, 10, 10) conv2.weight, conv2.bias
    max-pooling 2 x 2                       (N, 16, 5, 5)
    in C order, as x.reshape                (N, 400)
    linear, and ReLU                        (N, 120)        fc1.weight, fc1.bias
    linear, and ReLU                        (N, 84)         fc2.weight, fc2.bias
    linear: the logits                      (N, 10)         fc3.weight, fc3.bias
    ======================================  ==============  =============================

    The shapes of the parameters are in `SHAPES`: convolutions have (F, C, KH, KW), linear layers
    (D, M).

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the weights. The same generator gives the same network.
    parameters : dict of str to ndarray, optional
        Arrays by the names above, float32 or float64, to start from instead; `rng` is not used
        then.

    Notes
    -----
    Without `parameters` the network is float32 and knows nothing yet: its weights are random, such
    as Xavier's, its biases 0, and its loss on centred and scaled images is about that of guessing,
    log(10) = 2.3. It is at least 2 and at most 3.5.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """

    def __init__(
        self, rng: np.random.Generator, parameters: dict[str, Array] | None = None
    ) -> None:
        raise NotImplementedError("LeNet5.__init__")

    def parameters(self) -> dict[str, Array]:
        """All parameters as they are now, by the names of `SHAPES`, in any order.

        Returns
        -------
        parameters : dict of str to ndarray
        """
        raise NotImplementedError("LeNet5.parameters")

    def forward(self, x: Array) -> Array:
        """The logits of a batch of images.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters

        Returns
        -------
        logits : ndarray, shape (N, 10), of that dtype
        """
        raise NotImplementedError("LeNet5.forward")

    def loss_and_grads(self, x: Array, labels: Array) -> tuple[float, dict[str, Array]]:
        """The cross-entropy of a batch under the softmax, and its gradients.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters
        labels : ndarray, shape (N,), of any integer dtype
            From 0 to 9.

        Returns
        -------
        loss : float
            Averaged over the batch.
        grads : dict of str to ndarray
            dloss/dparameter by the names of `SHAPES`, in any order, with the shapes and the dtype
            of the parameters. The parameters themselves do not change.
        """
        raise NotImplementedError("LeNet5.loss_and_grads")

    def predict(self, x: Array) -> Array:
        """The most likely class of each image.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters
            A hundred thousand images too: what is in memory at one time must not grow with N.

        Returns
        -------
        labels : ndarray of an integer dtype, shape (N,)
        """
        raise NotImplementedError("LeNet5.predict")

    def fit(
        self,
        x: Array,
        labels: Array,
        *,
        epochs: int,
        batch_size: int,
        lr: float,
        rng: np.random.Generator,
    ) -> list[float]:
        """Learn from labelled images; the parameters change.

        In each epoch every image is used once, in a new random order, in batches of `batch_size`;
        the last batch may be smaller. After each batch the parameters take one step. Which
        optimizer takes it is yours to choose, and how its learning rate changes from step to step;
        `lr` is meant for Adam, where 0.001 to 0.003 is a good start.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters
        labels : ndarray, shape (N,), of any integer dtype
        epochs, batch_size : int
        lr : float
            The largest learning rate, for Adam.
        rng : numpy.random.Generator
            Draws the orders. The same network with the same generator learns the same.

        Returns
        -------
        losses : list of float
            For each epoch the mean of the losses of its batches, each as it was before its step.

        References
        ----------
        Kingma & Ba (2015), Adam: a method for stochastic optimization.
        """
        raise NotImplementedError("LeNet5.fit")


# What follows is the bonus.

# Which maps of S2 each of the 16 maps of C3 looks at: table I of the paper.
C3_TABLE = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)

# The codes of the ten classes: a picture of each digit, 12 rows of 7 pixels, as the 84 numbers that
# F6 should give for it. The paper has such pictures too; these are our own.
PICTURES = """
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
.#####.  ...##..  .#####.  .#####.  ....##.  #######  ..####.  #######  .#####.  .#####.
##...##  ..###..  ##...##  ##...##  ...###.  ##.....  .##....  .....##  ##...##  ##...##
##...##  .####..  .....##  .....##  ..####.  ##.....  ##.....  .....##  ##...##  ##...##
##..###  ...##..  .....##  .....##  .##.##.  ##.....  ##.....  ....##.  ##...##  ##...##
##.#.##  ...##..  ....##.  ..####.  ##..##.  ######.  ######.  ....##.  .#####.  ##...##
###..##  ...##..  ...##..  .....##  #######  .....##  ##...##  ...##..  ##...##  .######
##...##  ...##..  ..##...  .....##  ....##.  .....##  ##...##  ...##..  ##...##  .....##
##...##  ...##..  .##....  .....##  ....##.  .....##  ##...##  ..##...  ##...##  .....##
##...##  ...##..  ##.....  ##...##  ....##.  ##...##  ##...##  ..##...  ##...##  ....##.
.#####.  .######  #######  .#####.  ....##.  .#####.  .#####.  ..##...  .#####.  .####..
.......  .......  .......  .......  .......  .......  .......  .......  .......  .......
"""
CODES = np.array(
    [
        [1.0 if pixel == "#" else -1.0 for row in PICTURES.split()[digit::10] for pixel in row]
        for digit in range(10)
    ]
)  # (10, 84)

A, S = 1.7159, 2 / 3  # every unit up to F6 squashes its sum: f(a) = A * tanh(S * a)
J = 10.0  # the penalty beyond which a wrong class costs nothing more, the paper's j

# The names of the parameters and their shapes.
SHAPES_1998 = {
    "c1.weight": (6, 1, 5, 5),
    "c1.bias": (6,),
    "s2.coefficient": (6,),
    "s2.bias": (6,),
    "c3.weight": (60, 5, 5),
    "c3.bias": (16,),
    "s4.coefficient": (16,),
    "s4.bias": (16,),
    "c5.weight": (120, 16, 5, 5),
    "c5.bias": (120,),
    "f6.weight": (120, 84),
    "f6.bias": (84,),
}
# How many inputs a unit of each layer has (in C3 on average), and how many units a map has.
INPUTS_1998 = {"c1": 25, "s2": 4, "c3": 25 * 60 / 16, "s4": 4, "c5": 400, "f6": 120}
UNITS_1998 = {"c1": 28 * 28, "s2": 14 * 14, "c3": 10 * 10, "s4": 5 * 5, "c5": 1, "f6": 1}


def _drawn_1998(name: str, rng: np.random.Generator) -> Array:
    """One parameter of a new network as the paper draws it, float32; biases are 0."""
    bound = 0.0 if name.endswith("bias") else 2.4 / INPUTS_1998[name[:2]]
    return rng.uniform(-bound, bound, size=SHAPES_1998[name]).astype(np.float32)


class LeNet1998(LeNet5):
    """Bonus: LeNet-5 as in the paper of 1998, with 60,000 parameters and 340,908 connections.

    ===================================================  ===============
    step                                                 output
    ===================================================  ===============
    images                                               (N, 1, 28, 28)
    C1: convolution 5 x 5, padding 2; f                  (N, 6, 28, 28)
    S2: subsampling 2 x 2; f                             (N, 6, 14, 14)
    C3: convolution 5 x 5 along `C3_TABLE`; f            (N, 16, 10, 10)
    S4: subsampling 2 x 2; f                             (N, 16, 5, 5)
    C5: convolution 5 x 5; f                             (N, 120, 1, 1)
    F6: linear; f                                        (N, 84)
    output: the squared distance from each code          (N, 10)
    ===================================================  ===============

    The squashing function is f(a) = A * tanh(S * a). Subsampling multiplies the sum of the four
    pixels of a window by one coefficient per map and adds one bias per map. Map m of C3 looks only
    at the maps ``C3_TABLE[m]`` of S2: each pair of maps has one mask of 5 x 5, and ``c3.weight``
    holds the 60 masks in the order of the table, map 0 first. The output of class i is ``y_i = sum
    over k of (f6_k - CODES[i, k])**2``, a penalty: small for the class that the image is.

    Parameters
    ----------
    rng : numpy.random.Generator
    parameters : dict of str to ndarray, optional
        By the names of `SHAPES_1998`; `rng` is not used then.

    Notes
    -----
    Without `parameters` the network is float32, and `_drawn_1998` draws it: evenly from -2.4/F to
    2.4/F, where F is the number of inputs of a unit.

    `parameters` and `fit` are those of `LeNet5`.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition,
    section II.B; the loss is its equation 9.
    """

    def __init__(
        self, rng: np.random.Generator, parameters: dict[str, Array] | None = None
    ) -> None:
        raise NotImplementedError("LeNet1998.__init__")

    def counts(self) -> tuple[int, int]:
        """How many trainable parameters there are, and how many connections.

        Every output of a layer has one connection to each of its inputs and one to its bias: a unit
        of S2 has 4 + 1. The output layer has one per code and class, and no bias.

        Returns
        -------
        parameters, connections : int
            Counted from the sizes of the arrays and the maps.
        """
        raise NotImplementedError("LeNet1998.counts")

    def forward(self, x: Array) -> Array:
        """The penalties of a batch of images.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters

        Returns
        -------
        y : ndarray, shape (N, 10), of that dtype
            The squared distance of F6 from the code of each class.
        """
        raise NotImplementedError("LeNet1998.forward")

    def loss_and_grads(self, x: Array, labels: Array) -> tuple[float, dict[str, Array]]:
        """The paper's loss of a batch, and its gradients.

        With D for the right class of an image, ``E = mean over the batch of (y_D + log(exp(-J) +
        sum over i of exp(-y_i)))``.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters
        labels : ndarray, shape (N,), of any integer dtype

        Returns
        -------
        loss : float
            Exact to rounding for penalties of 1e3 too.
        grads : dict of str to ndarray
            dloss/dparameter by the names of `SHAPES_1998`.
        """
        raise NotImplementedError("LeNet1998.loss_and_grads")

    def predict(self, x: Array) -> Array:
        """The class with the smallest penalty, for each image.

        Parameters
        ----------
        x : ndarray, shape (N, 1, 28, 28), dtype of the parameters

        Returns
        -------
        labels : ndarray of an integer dtype, shape (N,)
        """
        raise NotImplementedError("LeNet1998.predict")
