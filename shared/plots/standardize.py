"""Pictures of `standardize`: the data and their valley, and why one sign is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    RED,
    Array,
    cross_at_zero,
    name_line,
    new_figure,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@picture
def before_and_after(nn: Any, *, steps: int = 40) -> Figure:
    """Two features raw, centred and scaled, and below each the loss that gradient descent meets.

    The loss is that of a linear neuron. In each valley the learning rate is the best there is.

    Parameters
    ----------
    nn : module
        The student's `nn.standardize`: all of it.
    steps : int
        Steps of gradient descent.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(6)
    z = rng.normal(size=(150, 2))
    x = np.stack([20 + 2.5 * z[:, 0], 30 + 7 * (0.1 * z[:, 0] + z[:, 1])], axis=1)
    centred, _mean = nn.center(x)
    scaled = nn.standardize(x, *nn.fit_standardizer(x))
    columns = ((x, _("raw")), (centred, _("centred")), (scaled, _("centred and scaled")))
    figure = new_figure(5.4, _("Centring and scaling make the valley round"))
    grid = figure.subplots(2, 3, height_ratios=(1.1, 1))
    for (above, below), (data, name) in zip(grid.T, columns, strict=True):
        cross_at_zero(above)
        above.plot(*data.T, "o", color=BLUE, ms=3, alpha=0.5, mew=0)
        above.plot(*data.mean(axis=0), "+", color=RED, ms=12, mew=2.2)
        side = 62 if data is not scaled else 7
        low = -8 if data is x else -side / 2
        above.set(xlim=(low, low + side), ylim=(low, low + side), aspect="equal")
        above.set_title(name, weight="bold")
        above.set_xlabel(_("feature 1"))
        steepness = _draw_valley(below, data, steps)
        text = _("{times:.3g} times as steep\nacross as along").format(times=steepness)
        below.set_title(text, fontsize=8.5)
    grid[0, 0].set_ylabel(_("feature 2"))
    name_line(grid[0, 0], 0.97, 0.06, _("+ mean"), RED, transform=grid[0, 0].transAxes, ha="right")
    return figure


@picture
def one_sign(nn: Any) -> Figure:
    """Each example's push on two weights, and their way to a goal, before and after centring.

    Parameters
    ----------
    nn : module
        The student's `nn.standardize`: `center`.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(3)
    x = rng.uniform(0.3, 2.2, size=(24, 2))
    centred, _mean = nn.center(x)
    delta = rng.choice([-1.0, 1.0], size=len(x))
    columns = (
        (x, _("all inputs positive:\nboth up or both down")),
        (centred, _("centred:\nany direction")),
    )
    figure = new_figure(2.75, _("Inputs of one sign push all weights one way"))
    panels = figure.subplots(1, 4)
    for (left, right), (data, title) in zip((panels[:2], panels[2:]), columns, strict=True):
        _forbidden(left, 2.6, shaded=bool((data > 0).all()))
        for push in -delta[:, None] * data:
            left.annotate(
                "", push, (0, 0), arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 1.1}
            )
        left.set(
            xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), aspect="equal", xticks=[-2, 0, 2], yticks=[-2, 0, 2]
        )
        left.set_title(title, fontsize=8.5)
        left.set_xlabel(_("push on w₁"))
        left.set_ylabel(_("push on w₂"), labelpad=0)
        _draw_way(right, data)
    name_line(panels[0], -2.45, 2.0, _("no push\ninto here"), GREY, fontsize=8)
    return figure


def _draw_valley(ax: Axes, data: Array, steps: int) -> float:
    """The loss of a linear neuron over its two weights, and a descent; how long the valley is."""
    curvature = data.T @ data / len(data)
    flat, steep = np.linalg.eigvalsh(curvature)
    across, along = np.linalg.eigh(curvature)[1].T[::-1]
    start = 0.85 * along * np.sign(along[0] or 1) + 0.25 * across * np.sign(across[1] or 1)
    w, path = start, [start]
    for _step in range(steps):
        w = w - 1.75 / (flat + steep) * curvature @ w
        path.append(w)
    side = np.linspace(-1.1, 1.1, 121)
    points = np.stack(np.meshgrid(side, side), axis=-1)
    loss = np.einsum("...i,ij,...j", points, curvature, points) / steep
    ax.contour(side, side, loss, levels=0.006 * 3.0 ** np.arange(6), colors=GREY, linewidths=0.6)
    ax.plot(*np.transpose(path), color=INK, lw=1, marker="o", ms=2.3)
    ax.plot(*start, "o", color=INK, ms=6)
    ax.plot(0, 0, "+", color=RED, ms=10, mew=2)
    ax.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal", xticks=[], yticks=[])
    ax.set_xlabel("w₁", labelpad=2)
    ax.set_ylabel("w₂", labelpad=2)
    return float(steep / flat)


def _forbidden(ax: Axes, side: float, shaded: bool) -> None:
    """The axes' cross, and the two quarters where the weights would move apart."""
    cross_at_zero(ax)
    if shaded:
        ax.fill([-side, 0, 0, -side], [0, 0, side, side], color=PALE, lw=0, zorder=0)
        ax.fill([side, 0, 0, side], [0, 0, -side, -side], color=PALE, lw=0, zorder=0)


def _draw_way(ax: Axes, data: Array) -> None:
    """The way of two weights from 0 to a goal, an example a step, each set at a rate of its own."""
    goal, w, path = np.array([1.0, -1.0]), np.zeros(2), [np.zeros(2)]
    rate = 0.7 / np.mean(np.sum(data**2, axis=1))
    for number in range(300):
        example = data[number % len(data)]
        w = w - rate * (example @ (w - goal)) * example
        path.append(w)
        if np.abs(w - goal).max() < 0.05:
            break
    ax.plot(*np.transpose(path), color=INK, lw=1, marker="o", ms=2.3)
    ax.plot(0, 0, "o", color=INK, ms=6)
    ax.plot(*goal, "+", color=RED, ms=12, mew=2.2)
    ax.set(xlim=(-0.4, 1.5), ylim=(-1.4, 0.5), aspect="equal", xticks=[0, 1], yticks=[-1, 0])
    ax.set_title(_("to the goal:\n{steps} steps").format(steps=len(path) - 1), fontsize=8.5)
    ax.set_xlabel("w₁")
    ax.set_ylabel("w₂", labelpad=-6)
