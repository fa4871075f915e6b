"""Pictures of `lenet`: how it learns, what it confuses, and what its layers see.

Both pictures train the student's network once, on a thousand digits for a few epochs: about a
second with fast layers, ten with slow ones.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    RED,
    Array,
    name_ends,
    new_figure,
    picture,
    show_image,
    show_signed,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES, EPOCHS, TESTED = 1000, 8, 1000
SHOWN = 26  # of the test images, a 5


@dataclass(frozen=True)
class Course:
    """A network that has learnt, and what was seen on the way."""

    network: Any
    losses: list[float]  # of each epoch
    train: list[float]  # shares that were read right, before the first epoch and after each
    test: list[float]
    answers: Array  # of the test images in the end
    labels: Array


@picture
def learning(nn: Any, *, images: int = IMAGES, epochs: int = EPOCHS) -> Figure:
    """The learning curve, and which digits are taken for which.

    Parameters
    ----------
    nn : module
        The student's `nn.lenet`: `LeNet5`.
    images, epochs : int
        How much it learns from, and how long.

    Returns
    -------
    Figure
    """
    course = _learnt(nn.LeNet5, images, epochs)
    title = _(
        "LeNet-5 after {epochs} epochs on {images} digits: {share:.0%} of new ones read right"
    )
    texts = {"epochs": epochs, "images": images, "share": course.test[-1]}
    figure = new_figure(3.9, title.format(**texts))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
    wrong = [
        (course.train, _("training digits"), BLUE),
        (course.test, _("new digits"), RED),
    ]
    for shares, _name, colour in wrong:
        left.plot(1 - np.array(shares), color=colour, marker="o", ms=4)
    left.set(xlim=(0, epochs * 1.5), ylim=(0, 1), xticks=range(0, epochs + 1, 2))
    left.set_xlabel(_("epoch"))
    left.set_title(_("share that is read wrong"))
    left.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    name_ends(left, epochs * 1.04, [(1 - s[-1], name, colour) for s, name, colour in wrong])
    inset = left.inset_axes((0.42, 0.5, 0.5, 0.42))
    inset.semilogy(range(1, epochs + 1), course.losses, color=INK, marker="o", ms=3)
    inset.set_title(_("training loss"), fontsize=8.5)
    inset.tick_params(labelsize=7)
    _confusions(right, course.labels, course.answers)
    return figure


@picture
def feature_maps(nn: Any, *, images: int = IMAGES, epochs: int = EPOCHS) -> Figure:
    """A digit on its way through the layers of the network that has learnt.

    Parameters
    ----------
    nn : module
        The student's `nn.lenet`: `LeNet5`, and the layers that it imports.
    images, epochs : int
        How much it learns from, and how long.

    Returns
    -------
    Figure
    """
    from shared.data import load_mnist  # a zip of another component has no data

    network = _learnt(nn.LeNet5, images, epochs).network
    x = load_mnist().x_test[SHOWN : SHOWN + 1]
    p = network.parameters()
    first = _maps(nn, x, p, "conv1", 2)
    pooled = nn.max_pool2d_forward(first, window=2)[0]
    second = _maps(nn, pooled, p, "conv2", 0)
    last = nn.max_pool2d_forward(second, window=2)[0]
    logits = network.forward(x)[0].astype(float)
    figure = new_figure(5.0, _("What the layers see: strokes at first, then parts, then a digit"))
    columns = figure.add_gridspec(1, 7, width_ratios=(1.6, 0.8, 0.8, 0.8, 1.15, 1.15, 1.3))
    ax = figure.add_subplot(columns[0])
    show_image(ax, x[0, 0])
    ax.set_title(_("image\n28 × 28"), fontsize=8.5)
    stages = (
        (_("6 masks\n5 × 5"), p["conv1.weight"][:, 0], 1, show_signed),
        (_("maps\n28 × 28"), first[0], 1, show_image),
        (_("pooled\n14 × 14"), pooled[0], 1, show_image),
        (_("16 maps\n10 × 10"), second[0], 2, show_image),
        (_("pooled\n5 × 5"), last[0], 2, show_image),
    )
    for number, (title, shown, across, show) in enumerate(stages, 1):
        down = len(shown) // across
        cells = columns[number].subgridspec(down, across, wspace=0.06, hspace=0.06)
        for k, image in enumerate(shown):
            ax = figure.add_subplot(cells[k // across, k % across])
            show(ax, image)
            for spine in ax.spines.values():
                spine.set(visible=True, color=PALE)
            if k == 0:
                ax.set_title(title, fontsize=8.5)
    ax = figure.add_subplot(columns[6])
    share = np.exp(logits - logits.max())
    share /= share.sum()
    ax.barh(range(10), share, color=[RED if k == share.argmax() else GREY for k in range(10)])
    ax.set(yticks=range(10), xticks=[0, 1], xlim=(0, 1), ylim=(9.6, -0.6))
    ax.set_title(_("probability\nof each digit"), fontsize=8.5)
    return figure


@functools.lru_cache(maxsize=1)  # for the second picture
def _learnt(network_class: Any, images: int, epochs: int) -> Course:
    from shared.data import load_mnist

    digits = load_mnist()
    x, y = digits.x_train[:images], digits.y_train[:images]
    x_test, y_test = digits.x_test[:TESTED], digits.y_test[:TESTED]
    network = network_class(np.random.default_rng(0))
    rng = np.random.default_rng(1)

    def right(images: Array, labels: Array) -> float:
        return float(np.mean(network.predict(images) == labels))

    losses, train, test = [], [right(x, y)], [right(x_test, y_test)]
    for epoch in range(epochs):
        rate = 0.003 * (1 - epoch / epochs)
        losses += network.fit(x, y, epochs=1, batch_size=32, lr=rate, rng=rng)
        train.append(right(x, y))
        test.append(right(x_test, y_test))
    return Course(network, losses, train, test, network.predict(x_test), y_test)


def _maps(nn: Any, x: Array, p: dict[str, Array], name: str, padding: int) -> Array:
    y, _cache = nn.conv2d_forward(x, p[f"{name}.weight"], p[f"{name}.bias"], padding=padding)
    maps: Array = nn.relu_forward(y)[0]
    return maps


def _confusions(ax: Axes, labels: Array, answers: Array) -> None:
    """How often each digit was read as each; the mistakes are red."""
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    mistakes = counts * (1 - np.eye(10, dtype=int))
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=1.7 * max(5, mistakes.max()))
    for r, c in zip(*np.nonzero(counts), strict=True):
        colour = INK if r != c else BLUE
        weight = "bold" if r == c else "normal"
        ax.text(
            c, r, str(counts[r, c]), ha="center", va="center", size=7.5, color=colour, weight=weight
        )
    ax.set(xticks=range(10), yticks=range(10))
    ax.set_xlabel(_("read as"))
    ax.set_ylabel(_("the digit is"))
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set(visible=True, color=PALE)
    wrong = int(mistakes.sum())
    ax.set_title(
        _("{wrong} of {all} new digits are read wrong").format(wrong=wrong, all=len(labels))
    )
