"""Pictures of `dropout`: what a mask does to a layer, and what training with it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots import fits
from shared.plots.style import (
    GREY,
    RED,
    Array,
    name_line,
    new_figure,
    no_ticks,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = 0.5


@picture
def masks(nn: Any, *, draws: int = 400) -> Figure:
    """One layer's outputs: as they are, dropped twice, and averaged over many draws.

    Parameters
    ----------
    nn : module
        The student's `nn.dropout`: `dropout_forward`.
    draws : int
        How many draws the average is over.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(4)
    x = rng.uniform(0.2, 1.0, size=(8, 12))
    once, twice = (nn.dropout_forward(x, P, rng)[0] for _draw in range(2))
    mean = np.mean([nn.dropout_forward(x, P, rng)[0] for _draw in range(draws)], axis=0)
    used, _cache = nn.dropout_forward(x, P, rng, train=False)
    panels = (
        (x, _("outputs of a layer")),
        (once, _("training, one step")),
        (twice, _("training, the next step")),
        (mean, _("average of {count} steps").format(count=draws)),
        (used, _("in use (train=False)")),
    )
    title = _("p = 0.5: half is dropped, the rest doubled, and the average stays")
    figure = new_figure(2.0, title)
    row = figure.subplots(1, 5)
    for ax, (image, name) in zip(row, panels, strict=True):
        shown = ax.imshow(image, cmap="Blues", vmin=0, vmax=2)
        _cross_out(ax, image)
        no_ticks(ax)
        ax.set_title(name, fontsize=8.5)
    row[0].set_ylabel(_("8 examples"))
    row[0].set_xlabel(_("12 neurons"))
    bar = figure.colorbar(shown, ax=row, shrink=0.55, aspect=12, pad=0.01)
    bar.outline.set_visible(False)
    bar.set_ticks([0, 1, 2])
    return figure


@picture
def with_and_without(nn: Any, *, epochs: int = 8000) -> Figure:
    """A model with too many parameters, trained without dropout and with it.

    Parameters
    ----------
    nn : module
        The student's `nn.dropout`: `dropout_forward`.
    epochs : int
        How long each of the two trains; 8000 take 0.4 seconds.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(1)
    cases = (
        (_("without dropout"), fits.fit(200, epochs=epochs)),
        (_("with dropout, p = 0.5"), fits.fit(200, epochs=epochs, drop=_dropping(nn, rng))),
    )
    figure = new_figure(4.4, _("With dropout, 201 parameters do not learn 24 points by heart"))
    grid = figure.subplots(2, 2, sharey="row")
    for (above, below), (title, fit) in zip(grid.T, cases, strict=True):
        fits.draw_losses(above, fit)
        above.set_title(title, weight="bold")
        fits.draw_curve(below, fit)
    grid[0, 0].set_ylabel(_("loss"))
    grid[1, 0].set_ylabel("y")
    fits.name_losses(grid[0, 1], fit)
    name_line(grid[1, 0], -0.98, -1.85, _("dashed: where the points come from"), GREY, fontsize=8)
    return figure


def _dropping(nn: Any, rng: np.random.Generator) -> fits.Drop:
    def drop(x: Array) -> Array:
        y: Array = nn.dropout_forward(x, P, rng)[0]
        return y

    return drop


def _cross_out(ax: Any, image: Array) -> None:
    """Mark what was dropped, so that a zero is no pale colour."""
    rows, columns = np.nonzero(image == 0)
    ax.plot(columns, rows, "x", color=RED, ms=3.5, mew=0.9)
