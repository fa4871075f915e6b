"""Pictures of `weight_decay`: what learning curves tell, and what each remedy does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots import fits
from shared.plots.style import (
    BLUE,
    GREY,
    INK,
    PALE,
    RED,
    WINE,
    name_line,
    new_figure,
    note,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW, RIGHT, MANY = 2, 7, 200  # waves
PATIENCE = 10  # of the losses that are kept, about 120 in a training


@picture
def by_parameters(nn: Any, *, epochs: int = 8000) -> Figure:
    """Learning curves, and what was learnt, with few, enough and many parameters.

    Parameters
    ----------
    nn : module
        The student's `nn.weight_decay`: `parameter_count`.
    epochs : int
        How long each of the three trains; 8000 take 0.2 seconds.

    Returns
    -------
    Figure
    """
    cases = (
        (FEW, _("underfitting: both stay high")),
        (RIGHT, _("as it should be: both low")),
        (MANY, _("overfitting: the gap grows")),
    )
    figure = new_figure(
        4.7, _("Learning curves tell whether there are too few or too many parameters")
    )
    grid = figure.subplots(2, 3, sharey="row")
    for (above, below), (count, verdict) in zip(grid.T, cases, strict=True):
        fit = fits.fit(count, epochs=epochs)
        parameters = nn.parameter_count(fit.parameters)
        title = _("{count} parameters").format(count=parameters)
        above.set_title(f"{title}\n{verdict}")
        fits.draw_losses(above, fit)
        fits.draw_curve(below, fit)
    grid[0, 0].set_ylabel(_("loss"))
    grid[1, 0].set_ylabel("y")
    fits.name_losses(grid[0, 2], fit)
    noise = _("noise of the data")
    name_line(grid[0, 0], 1.3, fits.NOISE**2 - 0.035, noise, GREY, fontsize=8)
    name_line(grid[1, 0], -0.98, -1.85, _("dashed: where the points come from"), GREY, fontsize=8)
    return figure


@picture
def remedies(nn: Any, *, epochs: int = 8000) -> Figure:
    """The model with too many parameters: left alone, stopped early, and under each penalty.

    Parameters
    ----------
    nn : module
        The student's `nn.weight_decay`: `early_stopping`, `l2_penalty` and `l1_penalty`.
    epochs : int
        How long each of the three trains; 8000 take 0.3 seconds.

    Returns
    -------
    Figure
    """
    alone = fits.fit(MANY, epochs=epochs)
    best, stop = nn.early_stopping(np.array(alone.validation), PATIENCE)
    early = fits.fit(MANY, epochs=alone.epochs[best] + 1)
    l2 = fits.fit(MANY, epochs=epochs, pull=lambda p: nn.l2_penalty(p, 0.006))
    l1 = fits.fit(MANY, epochs=epochs, pull=lambda p: nn.l1_penalty(p, 0.008))
    columns = (
        (_("no remedy"), alone),
        (_("early stopping"), early),
        (_("L2: no large weights"), l2),
        (_("L1: few weights"), l1),
    )
    figure = new_figure(5.9, _("Three remedies for a model with too many parameters"))
    grid = figure.subplots(3, 4, sharey="row")
    for (above, middle, below), (title, fit) in zip(grid.T, columns, strict=True):
        fits.draw_losses(above, alone if fit is early else fit)
        above.set_title(title, weight="bold")
        fits.draw_curve(middle, fit)
        _draw_weights(below, fit)
    for ax, label in zip(grid[:, 0], (_("loss"), "y", _("weights")), strict=True):
        ax.set_ylabel(label)
    _mark_stop(grid[0, 1], alone.epochs[best], alone.epochs[stop])
    name_line(grid[0, 0], 1.3, 0.04, _("training"), BLUE)
    name_line(grid[0, 0], 1.3, 0.68, _("validation"), RED)
    return figure


def _draw_weights(ax: Axes, fit: fits.Fit) -> None:
    [(w, _b)] = fit.parameters
    ax.vlines(range(len(w)), 0, w[:, 0], color=WINE, lw=0.9)
    ax.axhline(0, color=PALE, lw=0.8, zorder=0)
    ax.set_xlabel(_("number of the weight"))
    ax.set(xlim=(-3, len(w) + 2), ylim=(-5, 4.4))
    largest = float(np.abs(w).max())
    share = float(np.mean(np.abs(w) < 0.02))
    note(ax, 0.03, 0.98, _("largest {size:.1f}").format(size=largest), fontsize=8)
    note(ax, 0.03, 0.15, _("near 0: {share:.0%}").format(share=share), fontsize=8)


def _mark_stop(ax: Axes, best: int, stop: int) -> None:
    ax.axvspan(stop, ax.get_xlim()[1], color=PALE, lw=0)
    ax.axvline(best, color=INK, lw=1, ls=(0, (4, 2)))
    name_line(ax, best * 0.85, 0.68, _("best epoch"), INK, fontsize=8, ha="right")
    name_line(ax, stop * 1.15, 0.66, _("not\ntrained"), GREY, fontsize=8)
