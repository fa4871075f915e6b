"""Pictures of `activations`: the four curves, and what they leave of a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GOLD,
    GREEN,
    GREY,
    INK,
    PALE,
    RED,
    Array,
    cross_at_zero,
    name_ends,
    name_line,
    new_figure,
    note,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {"sigmoid": RED, "tanh": GOLD, "relu": BLUE, "elu": GREEN}
NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "elu": "ELU"}


@picture
def curves(nn: Any) -> Figure:
    """Each activation and its slope, on the same axes.

    Parameters
    ----------
    nn : module
        The student's `nn.activations`: its `NAME_forward` and `NAME_backward`.

    Returns
    -------
    Figure
    """
    x = np.linspace(-4, 4, 801)
    figure = new_figure(3.0, _("Slopes: at most a quarter for the sigmoid, up to 1 for the others"))
    panels = figure.subplots(1, 4, sharex=True, sharey=True)
    for ax, (name, colour) in zip(panels, COLOURS.items(), strict=True):
        y, slope = _curve(nn, name, x)
        cross_at_zero(ax)
        ax.fill_between(x, slope, color=colour, alpha=0.18, lw=0)
        ax.plot(x, slope, color=colour, lw=1.2, ls=(0, (4, 2)))
        ax.plot(x, y, color=colour, lw=2.2)
        ax.axhline(slope.max(), color=GREY, lw=0.8, ls=":")
        most = "¼" if abs(slope.max() - 0.25) < 1e-3 else f"{slope.max():.3g}"
        height = slope.max() + 0.13 if name != "sigmoid" else -0.2  # the curve is in the way there
        name_line(ax, -3.9, height, _("steepest: {slope}").format(slope=most), GREY)
        ax.set(title=NAMES[name], xlabel="x", ylim=(-1.3, 2.3))
        ax.set(xticks=[-4, -2, 0, 2, 4], yticks=[-1, 0, 1, 2])
    panels[0].set_ylabel(_("value"))
    name_line(panels[0], 1.7, 1.12, _("output"), COLOURS["sigmoid"])
    name_line(panels[0], 1.7, -0.2, _("slope"), COLOURS["sigmoid"])
    return figure


@picture
def gradient_by_depth(nn: Any, *, depth: int = 20) -> Figure:
    """How the gradient's norm falls from the last layer to the first.

    All weights are orthogonal: they turn the gradient and keep its norm, so what is lost is lost to
    the activations, and no sigmoid chain can lie above (1/4)^n.

    Parameters
    ----------
    nn : module
        The student's `nn.activations`: `gradient_norms` and `sigmoid_gradient_bound`.
    depth : int
        Layers of the chain.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(2)
    x = rng.normal(size=(64, 50))
    weights = [np.linalg.qr(rng.normal(size=(50, 50)))[0] for _layer in range(depth)]
    passed = np.arange(1, depth + 1)
    figure = new_figure(3.9, _("Backwards through sigmoids, the gradient vanishes"))
    ax = figure.subplots()
    bound = np.array([nn.sigmoid_gradient_bound(int(n)) for n in passed])
    ax.fill_between(passed, bound, 1e-30, color=RED, alpha=0.08, lw=0)
    ax.semilogy(passed, bound, color=INK, ls=(0, (4, 2)), lw=1.3)
    ends = [(bound[-1], _("bound (1/4)ⁿ"), INK)]
    for name, colour in COLOURS.items():
        norms = np.array(nn.gradient_norms(x, weights, name))[
            ::-1
        ]  # the layer next to the loss first
        share = norms / np.sqrt(x.shape[0] * weights[-1].shape[1])  # of the norm at the output
        ax.semilogy(passed, share, color=colour, marker="o", ms=3.5)
        ends.append((share[-1], NAMES[name], colour))
    ax.axhline(1, color=PALE, lw=1, zorder=0)
    ax.set(xlim=(1, depth * 1.15), ylim=(bound[-1] / 300, 5), xticks=passed[1::2])
    ax.set_xlabel(_("layers that the gradient has passed, n"))
    ax.set_ylabel(_("norm of the gradient,\nas a share of that at the output"))
    name_ends(ax, depth + 0.3, ends)
    note(ax, 0.02, 0.1, _("no chain of sigmoids gets out of here"), color=RED)
    return figure


def _curve(nn: Any, name: str, x: Array) -> tuple[Array, Array]:
    """An activation and its slope at `x`; the sigmoid is a tanh of another scale."""
    if name == "sigmoid":
        y, cache = nn.tanh_forward(x / 2)
        return 0.5 + 0.5 * y, 0.25 * nn.tanh_backward(np.ones_like(x), cache)
    y, cache = getattr(nn, f"{name}_forward")(x)
    return y, getattr(nn, f"{name}_backward")(np.ones_like(x), cache)
