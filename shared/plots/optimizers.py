"""Pictures of `optimizers`: six ways down the same narrow valley."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    INK,
    RED,
    WINE,
    Array,
    name_ends,
    new_figure,
    note,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEEPNESS = np.array([1.0, 30.0])  # of the loss along the valley and across it
TURN = np.deg2rad(20)  # the valley lies across the axes, so that no element of w has it for itself
AXES = np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
START = AXES @ np.array([-4.0, 1.0])


@dataclass(frozen=True)
class Way:
    """An optimizer, its settings, and how it is drawn."""

    title: str
    colour: str
    settings: dict[str, float]


def _ways() -> dict[str, Way]:
    return {
        "sgd": Way(_("Gradient descent"), INK, {"lr": 0.055}),
        "momentum": Way(_("Momentum"), BLUE, {"lr": 0.17, "gamma": 0.8}),
        "nesterov": Way(_("Nesterov"), GREEN, {"lr": 0.17, "gamma": 0.8}),
        "rprop": Way("RProp", WINE, {"lr": 0.1}),
        "adam": Way("Adam", RED, {"lr": 0.3}),
        "norm_adam": Way(_("Adam (board)"), GOLD, {"lr": 0.3, "beta1": 0.8, "beta2": 0.8}),
    }


@picture
def paths(nn: Any, *, steps: int = 60) -> Figure:
    """The path of each optimizer down an ill-conditioned valley, and its loss by step.

    Parameters
    ----------
    nn : module
        The student's `nn.optimizers`: all of it.
    steps : int
        How many steps each may take.

    Returns
    -------
    Figure
    """
    title = _("A valley 30 times as steep across as along: six ways to the same lowest point")
    figure = new_figure(5.9, title)
    grid = figure.add_gridspec(3, 3, height_ratios=(1, 1, 1.25))
    losses, ends = figure.add_subplot(grid[2, :]), []
    for number, (name, way) in enumerate(_ways().items()):
        path = _walk(nn, name, way.settings, steps)
        ax = figure.add_subplot(grid[number // 3, number % 3])
        _draw_valley(ax)
        ax.plot(*path.T, color=way.colour, lw=1.1, marker="o", ms=2.3)
        ax.plot(*START, marker="o", ms=6, color=way.colour)
        ax.set_title(way.title, color=way.colour, weight="bold")
        settings = ", ".join(f"{SIGNS[key]} = {value:g}" for key, value in way.settings.items())
        note(ax, 0.98, 0.97, settings, color=INK, fontsize=8, ha="right")
        loss = np.maximum(_loss(path), 1e-12)
        losses.semilogy(loss, color=way.colour)
        ends.append((np.clip(loss[-1], FLOOR, 60), way.title, way.colour))
    losses.set(xlim=(0, steps * 1.2), ylim=(FLOOR / 2, 60))
    losses.set_xticks(range(0, steps + 1, 10))
    losses.set_xlabel(_("step"))
    losses.set_ylabel(_("loss"))
    losses.set_title(_("the same walks: the loss after each step"))
    name_ends(losses, steps * 1.01, ends)
    return figure


@picture
def learning_rates(nn: Any, *, steps: int = 30) -> Figure:
    """Gradient descent with a rate that is too small, good, and too large.

    Parameters
    ----------
    nn : module
        The student's `nn.optimizers`: `sgd`.
    steps : int
        How many steps each may take.

    Returns
    -------
    Figure
    """
    figure = new_figure(2.3, _("One learning rate: too small, it creeps; too large, it flies off"))
    rates = ((0.004, _("too small")), (0.055, _("good")), (0.071, _("too large")))
    panels = figure.subplots(1, 3)
    for ax, (rate, verdict) in zip(panels, rates, strict=True):
        path = _walk(nn, "sgd", {"lr": rate}, steps)
        _draw_valley(ax)
        ax.plot(*path.T, color=INK, lw=1.1, marker="o", ms=2.3)
        ax.plot(*START, marker="o", ms=6, color=INK)
        ax.set_title(f"α = {rate:g}: {verdict}")
    return figure


FLOOR = 1e-8  # of the losses that are drawn
SIGNS = {"lr": "α", "gamma": "γ", "beta1": "β₁", "beta2": "β₂"}


def _loss(w: Array) -> Array:
    """The loss at points (..., 2)."""
    loss: Array = 0.5 * ((w @ AXES) ** 2 @ STEEPNESS)
    return loss


def _slope(w: Array) -> Array:
    slope: Array = AXES @ (STEEPNESS * (AXES.T @ w))
    return slope


def _walk(nn: Any, name: str, settings: dict[str, float], steps: int) -> Array:
    """Where an optimizer goes from `START`: shape (steps + 1, 2)."""
    step: Callable[..., Any] = getattr(nn, name)
    w, state, path = START.copy(), None, [START]
    for _number in range(steps):
        at = nn.nesterov_lookahead(w, state, **settings) if name == "nesterov" else w
        w, state = step(w, _slope(at), state, **settings)
        path.append(np.array(w))
    return np.array(path)


def _draw_valley(ax: Axes) -> None:
    x, y = np.linspace(-5.2, 3.2, 160), np.linspace(-2.4, 2.0, 100)
    heights = _loss(np.stack(np.meshgrid(x, y), axis=-1))
    ax.contour(
        x, y, heights, levels=0.35 * 3.0 ** np.arange(6), colors=GREY, linewidths=0.5, alpha=0.6
    )
    ax.plot(0, 0, marker="+", ms=9, mew=1.6, color=INK)
    ax.set(xlim=(-5.2, 3.2), ylim=(-2.4, 2.0), aspect="equal", xticks=[], yticks=[])
    ax.set_xlabel("w₁", labelpad=2)
    ax.set_ylabel("w₂", labelpad=2)
