"""Pictures of `backprop`: what one neuron sees, what losses ask for, and a network that learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GREY,
    INK,
    RED,
    Array,
    name_line,
    new_figure,
    note,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@picture
def one_neuron(nn: Any) -> Figure:
    """A neuron's answer over two inputs, for three choices of its weights.

    Parameters
    ----------
    nn : module
        The student's `nn.backprop`: `neuron`.

    Returns
    -------
    Figure
    """
    cases = (
        ((1.0, 0.5), 0.0, _("w = (1, 0.5), b = 0")),
        ((1.0, 0.5), 2.0, _("b = 2 moves the border")),
        ((4.0, 2.0), 0.0, _("w = (4, 2) makes it steep")),
    )
    figure = new_figure(3.3, _("A neuron cuts its inputs in two, across its weights"))
    row = figure.subplots(1, 3, sharey=True)
    for ax, (w, b, title) in zip(row, cases, strict=True):
        shown = _show_answers(ax, lambda x, w=w, b=b: nn.neuron(x, np.array(w), b), 4)
        arrow = np.array(w) / np.hypot(*w) * 1.8
        foot = -b * np.array(w) / np.dot(w, w)
        style = {"arrowstyle": "-|>", "color": INK, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", foot + arrow, foot, arrowprops=style)
        x, y = foot + 1.15 * arrow
        name_line(ax, x, y, "w", INK, fontsize=10, weight="bold")
        ax.set_title(title)
        ax.set_xlabel("x₁")
    row[0].set_ylabel("x₂")
    bar = figure.colorbar(shown, ax=row, ticks=[0, 0.5, 1], aspect=14, pad=0.015)
    bar.set_label(_("answer"))
    bar.outline.set_visible(False)
    return figure


@picture
def losses(nn: Any) -> Figure:
    """Squared error and cross-entropy of a yes/no answer, and what each hands back.

    Parameters
    ----------
    nn : module
        The student's `nn.backprop`: `sigmoid_forward`, `sigmoid_backward`, `mse_loss` and
        `binary_cross_entropy_with_logits`.

    Returns
    -------
    Figure
    """
    z = np.linspace(-8, 6, 281)
    squared, entropy = [], []
    for one in z.reshape(-1, 1):
        y, cache = nn.sigmoid_forward(one)
        loss, dy = nn.mse_loss(y, np.ones(1))
        squared.append((loss, nn.sigmoid_backward(dy, cache)[0]))
        loss, dz = nn.binary_cross_entropy_with_logits(one, np.ones(1))
        entropy.append((loss, dz[0]))
    figure = new_figure(
        3.1, _("When the answer is quite wrong, only the cross-entropy still pulls")
    )
    left, right = figure.subplots(1, 2)
    names = ((squared, _("squared error"), RED), (entropy, _("cross-entropy"), BLUE))
    for number, ax in enumerate((left, right)):
        for values, _name, colour in names:
            ax.plot(z, np.array(values)[:, number], color=colour)
        ax.axvspan(-8, -4, color="#F2F2F2", lw=0, zorder=0)
        ax.set(xlim=(-8, 6), xlabel=_("logit z; the right answer is 1"))
        ax.axhline(0, color=GREY, lw=0.8, zorder=0.5)
    left.set(ylim=(-0.2, 6.4), ylabel=_("loss"), title=_("loss"))
    right.set(ylim=(-1.2, 0.1), ylabel=_("gradient"), title=_("its gradient with respect to z"))
    name_line(left, -3.2, 4.2, names[1][1], BLUE)
    name_line(left, -7.7, 0.85, names[0][1], RED)
    name_line(right, -7.7, -1.08, names[1][1], BLUE)
    name_line(right, -7.7, -0.07, names[0][1], RED)
    note(left, 0.02, 0.55, _("quite\nwrong"), color=GREY)
    return figure


@picture
def network_learns(nn: Any, *, steps: int = 1500) -> Figure:
    """A network with 12 hidden neurons before and after it has learnt two moons, and its loss.

    Parameters
    ----------
    nn : module
        The student's `nn.backprop`: `mlp_forward`, `mlp_backward`,
        `binary_cross_entropy_with_logits` and `sigmoid_forward`.
    steps : int
        Steps of gradient descent on all points; 1500 take half a second.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(0)
    x, labels = _two_moons(rng)
    parameters = [
        (rng.normal(size=(2, 12)) * 2, rng.normal(size=12)),
        (rng.normal(size=(12, 1)) * 0.4, np.zeros(1)),
    ]
    panels, curve = [parameters], []
    for step in range(steps):
        logits, cache = nn.mlp_forward(x, parameters)
        loss, dlogits = nn.binary_cross_entropy_with_logits(logits, labels[:, None])
        slopes = nn.mlp_backward(dlogits, cache)
        parameters = [
            (w - 1.5 * dw, b - 1.5 * db)
            for (w, b), (dw, db) in zip(parameters, slopes, strict=True)
        ]
        curve.append(float(loss))
        if step == steps // 15:
            panels.append(parameters)
    panels.append(parameters)
    figure = new_figure(
        2.7, _("Step by step against the gradient, the border bends around the data")
    )
    row = figure.subplots(1, 4)
    titles = (_("at the start"), _("after {n} steps"), _("after {n} steps"))
    counts = (0, steps // 15, steps)
    for ax, state, title, count in zip(row, panels, titles, counts, strict=False):
        _show_answers(
            ax, lambda p, s=state: nn.sigmoid_forward(nn.mlp_forward(p, s)[0])[0][:, 0], 2.3
        )
        for kind, colour, mark in ((0, RED, "o"), (1, BLUE, "s")):
            ax.plot(*x[labels == kind].T, mark, color=colour, ms=3, mec="white", mew=0.4)
        ax.set_title(title.format(n=count))
        ax.set(xticks=[], yticks=[])
    row[0].set(xlabel="x₁", ylabel="x₂")
    row[3].semilogy(range(1, steps + 1), curve, color=INK)
    row[3].set(title=_("loss"), xlabel=_("step"))
    row[3].plot(steps // 15, curve[steps // 15], "o", color=INK, ms=4)
    return figure


def _show_answers(ax: Axes, answer: Any, side: float) -> Any:
    """Colour the plane by an answer from 0 to 1, with the border between yes and no."""
    line = np.linspace(-side, side, 81)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    answers = np.asarray(answer(points)).reshape(81, 81)
    shown = ax.imshow(
        answers,
        extent=(-side, side, -side, side),
        origin="lower",
        cmap=_pale(),
        vmin=0,
        vmax=1,
        interpolation="bilinear",
    )
    ax.contour(line, line, answers, [0.5], colors=INK, linewidths=1.2)
    return shown


def _pale() -> Any:
    """Red for no to blue for yes, pale enough to draw on."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    return ListedColormap(matplotlib.colormaps["RdBu"](np.linspace(0.28, 0.72, 201)))


def _two_moons(rng: np.random.Generator) -> tuple[Array, Array]:
    """Two half circles that reach into each other: 120 points and their labels."""
    angle = rng.uniform(0, np.pi, 120)
    labels = np.repeat([0.0, 1.0], 60)
    side = 1 - 2 * labels
    x = np.stack([np.cos(angle) * side - 0.5 * side, np.sin(angle) * side - 0.25 * side], axis=1)
    return 1.2 * x + 0.13 * rng.normal(size=x.shape), labels
