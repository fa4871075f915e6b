"""Pictures of `init`: equal weights stay equal, and what the size of weights does to a signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.gradcheck import numerical_gradient
from shared.plots.style import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    PALE,
    RED,
    WINE,
    Array,
    name_ends,
    new_figure,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HIDDEN = 4  # neurons of the small network


@picture
def identical_weights(nn: Any, *, steps: int = 80) -> Figure:
    """The weights of four hidden neurons while they learn, once from equal values.

    The task is XOR. Its gradients are numerical, so nothing of other exercises is needed.

    Parameters
    ----------
    nn : module
        The student's `nn.init`: `constant` and `xavier_normal`.
    steps : int
        Steps of gradient descent.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(5)
    starts = {
        "same": (nn.constant((2, HIDDEN), 0.5), nn.constant((HIDDEN, 1), 0.2)),
        "random": (nn.xavier_normal((2, HIDDEN), rng), nn.xavier_normal((HIDDEN, 1), rng)),
    }
    figure = new_figure(3.1, _("Weights that start alike stay alike"))
    same, random, losses = figure.subplots(1, 3)
    random.sharey(same)
    ends = []
    for ax, (name, start) in zip((same, random), starts.items(), strict=True):
        weights, loss = _learn_xor(*start, steps)
        for j, colour in enumerate((BLUE, RED, GREEN, GOLD)):
            # Four lines at one place: dashes that leave room for each other.
            dashes = {"lw": 4, "ls": (4 * j, (4, 12)), "dash_capstyle": "butt"}
            ax.plot(weights[:, j], color=colour, **(dashes if name == "same" else {}))
        colour = WINE if name == "same" else BLUE
        losses.plot(loss, color=colour)
        ends.append((loss[-1], _("all alike") if name == "same" else _("random"), colour))
        ax.set_xlabel(_("step"))
    same.set(title=_("all start at 0.5:\nfour neurons, one line"))
    same.set_ylabel(_("weight from input 1\nto each hidden neuron"))
    random.set(title=_("random start:\neach goes its own way"))
    losses.set(
        title=_("loss on XOR:\none neuron is too few"), xlim=(0, steps * 1.32), ylim=(-0.2, None)
    )
    losses.set_xlabel(_("step"))
    losses.set_xticks(range(0, steps + 1, max(1, steps // 4)))
    name_ends(losses, steps * 1.03, ends)
    return figure


@picture
def signal_by_layer(nn: Any, *, layers: int = 8) -> Figure:
    """What values the neurons of each layer take, under four ways to draw the weights.

    Parameters
    ----------
    nn : module
        The student's `nn.init`: `constant`, `normal`, `xavier_normal` and `kaiming_normal`.
    layers : int
        How deep the network is; each layer has 100 neurons.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 100))
    shape = (100, 100)
    schemes: dict[str, Callable[[], Array]] = {
        _("zeros"): lambda: nn.constant(shape, 0.0),
        _("small: normal, 0.01"): lambda: nn.normal(shape, 0.01, rng),
        "Xavier": lambda: nn.xavier_normal(shape, rng),
        _("He (Kaiming)"): lambda: nn.kaiming_normal(shape, rng),
    }
    figure = new_figure(
        5.0, _("Too small and the signal dies; the right size carries it to the end")
    )
    grid = figure.subplots(2, 4, sharex=True, sharey="row")
    rows: tuple[tuple[str, Callable[[Array], Array], tuple[float, float]], ...]
    rows = (("tanh", np.tanh, (-1.08, 1.08)), ("ReLU", _relu, (-0.15, 4.2)))
    for row, (activation, f, limits) in zip(grid, rows, strict=True):
        for ax, draw in zip(row, schemes.values(), strict=True):
            spread = _violins(ax, x, [draw() for _layer in range(layers)], f, limits)
            ax.set(ylim=limits, xlim=(0.3, layers + 0.7), xticks=range(1, layers + 1))
            ax.axhline(0, color=PALE, lw=0.8, zorder=0)
            text = _("spread at the end: {std}").format(std=_short(spread))
            ax.set_title(text, fontsize=8, color=GREY)
        row[0].set_ylabel(_("outputs of neurons, {activation}").format(activation=activation))
    for ax, scheme in zip(grid[0], schemes, strict=True):
        ax.text(0, 1.13, scheme, transform=ax.transAxes, fontsize=10, weight="bold", color=BLUE)
    for ax in grid[1]:
        ax.set_xlabel(_("layer"))
    return figure


def _relu(z: Array) -> Array:
    return np.where(z > 0, z, 0.0)


def _violins(
    ax: Axes,
    x: Array,
    weights: list[Array],
    f: Callable[[Array], Array],
    limits: tuple[float, float],
) -> float:
    """The distribution of each layer's outputs as a standing shape; the spread of the last."""
    edges = np.linspace(*limits, 61)
    for layer, w in enumerate(weights, 1):
        x = f(x @ w)
        counts, _edges = np.histogram(x, edges)
        # The zeros of a ReLU would leave no width for all else, so the second bin sets the scale.
        scale = np.sort(counts)[-2] or counts.max()
        width = 0.43 * np.minimum(counts / scale, 1)
        ax.fill_betweenx(
            edges, layer - np.r_[width, 0], layer + np.r_[width, 0], step="post", color=BLUE, lw=0
        )
    return float(x.std())


def _short(value: float) -> str:
    """A spread in a few letters: 0.63, or 3·10⁻⁹."""
    if value == 0 or value >= 0.01:
        return f"{value:.2g}"
    digits, power = f"{value:.0e}".split("e")
    return f"{digits}·10" + str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _learn_xor(first: Array, second: Array, steps: int) -> tuple[Array, Array]:
    """The weights from the first input, and the loss, before every step and after the last."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]) * 2 - 1
    target = np.array([-1.0, 1.0, 1.0, -1.0])
    shapes = (first.shape, (HIDDEN,), second.shape)
    w = np.concatenate([first.ravel(), np.full(HIDDEN, 0.3), second.ravel()])

    def loss(w: Array) -> float:
        cuts = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
        inside, bias, out = (p.reshape(s) for p, s in zip(np.split(w, cuts), shapes, strict=True))
        return float(np.mean((np.tanh(x @ inside + bias) @ out[:, 0] - target) ** 2))

    path, losses = [w[:HIDDEN]], [loss(w)]
    for _step in range(steps):
        w = w - 0.25 * numerical_gradient(loss, w)
        path.append(w[:HIDDEN])
        losses.append(loss(w))
    return np.array(path), np.array(losses)
