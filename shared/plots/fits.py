"""A small model to overfit with: a curve through a few noisy points.

It is a sum of K waves of fixed random frequencies; only their K weights and a bias are learnt. Few
waves cannot follow the points, many can follow each of them. Pictures of `weight_decay` and of
`dropout` train it with the student's own functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from shared.plots.style import BLUE, GREY, INK, RED, Array, name_ends
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS, NOISE = 24, 0.35
SEED = 5
RATE = 0.5
HIGH = 0.75  # the largest loss that is drawn

Pull = Callable[[list[tuple[Array, Array]]], tuple[float, list[tuple[Array, Array]]]]
Drop = Callable[[Array], Array]


@dataclass
class Fit:
    """How a training went: what was drawn, the losses, and the curve at the end."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    curve: Array = field(default_factory=lambda: np.zeros(0))
    parameters: list[tuple[Array, Array]] = field(default_factory=list)


def truth(x: Array) -> Array:
    """What the points are noisy samples of."""
    y: Array = np.sin(4.2 * x) + 0.35 * x
    return y


_rng = np.random.default_rng(SEED)
X = np.sort(_rng.uniform(-1, 1, POINTS))
Y = truth(X) + NOISE * _rng.normal(size=POINTS)
X_VALIDATION = _rng.uniform(-1, 1, 200)
Y_VALIDATION = truth(X_VALIDATION) + NOISE * _rng.normal(size=200)
LINE = np.linspace(-1, 1, 400)


def waves(x: Array, count: int) -> Array:
    """The K waves at `x`, shape (N, K): the first ones are slow, later ones ever quicker."""
    rng = np.random.default_rng(3)
    frequency = np.sort(np.abs(rng.normal(0, 9, 400)))[:: max(1, 400 // count)][:count]
    if count < 8:
        frequency = np.linspace(0.5, 3.5, count)
    phase = rng.uniform(0, 2 * np.pi, count)
    values: Array = np.sqrt(2 / count) * np.cos(np.outer(x, frequency) + phase)
    return values


def fit(count: int, *, epochs: int, pull: Pull | None = None, drop: Drop | None = None) -> Fit:
    """Train by gradient descent and keep the losses on the way.

    Parameters
    ----------
    count : int
        Waves; there is one parameter more.
    epochs : int
        Each is one step on all points.
    pull : function, optional
        From parameters to a penalty and its gradients.
    drop : function, optional
        From the waves' values to what is left of them.
    """
    inputs, others, line = (waves(x, count) for x in (X, X_VALIDATION, LINE))
    w, b = np.zeros((count, 1)), np.zeros(1)
    kept, seen = Fit(), set(np.geomspace(1, epochs, 120).astype(int))
    for epoch in range(1, epochs + 1):
        if epoch in seen:
            kept.epochs.append(epoch)
            kept.train.append(_loss(inputs, w, b, Y))
            kept.validation.append(_loss(others, w, b, Y_VALIDATION))
        used = inputs if drop is None else drop(inputs)
        miss = (used @ w + b)[:, 0] - Y
        turn_w, turn_b = used.T @ miss[:, None] / POINTS, miss.mean(keepdims=True)
        if pull is not None:
            _penalty, [(dw, db)] = pull([(w, b)])
            turn_w, turn_b = turn_w + dw, turn_b + db
        w, b = w - RATE * turn_w, b - RATE * turn_b
    kept.curve = (line @ w + b)[:, 0]
    kept.parameters = [(w, b)]
    return kept


def _loss(inputs: Array, w: Array, b: Array, y: Array) -> float:
    return float(np.mean(((inputs @ w + b)[:, 0] - y) ** 2))


def draw_losses(ax: Axes, fit: Fit) -> None:
    """Both losses by epoch; the epochs are on a logarithmic scale."""
    ax.semilogx(fit.epochs, fit.train, color=BLUE)
    ax.semilogx(fit.epochs, fit.validation, color=RED)
    ax.axhline(NOISE**2, color=GREY, lw=0.8, ls=":")
    ax.set(xlim=(1, fit.epochs[-1]), ylim=(0, HIGH))
    ax.set_xlabel(_("epoch"))
    ax.minorticks_off()


def name_losses(ax: Axes, fit: Fit) -> None:
    """Name the two curves at the right of the last panel."""
    ends = [(fit.train[-1], _("training"), BLUE), (fit.validation[-1], _("validation"), RED)]
    name_ends(ax, fit.epochs[-1] * 1.15, ends)


def draw_curve(ax: Axes, fit: Fit) -> None:
    """The points, the truth, and what was learnt."""
    ax.plot(LINE, truth(LINE), color=GREY, lw=1, ls=(0, (4, 2)))
    ax.plot(LINE, fit.curve, color=INK, lw=1.6)
    ax.plot(X, Y, "o", color=BLUE, ms=4)
    ax.set(xlim=(-1.03, 1.03), ylim=(-2.1, 2.1), xticks=[-1, 0, 1], yticks=[-2, 0, 2])
    ax.set_xlabel("x")
