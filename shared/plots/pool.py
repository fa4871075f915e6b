"""Pictures of `pool`: the board's example, and a digit that becomes smaller and smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.conv import a_digit
from shared.plots.style import GREY, new_figure, picture, show_image, show_numbers
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE = np.array([[1.0, 3, 2, 0], [5, 2, 1, 4], [0, 1, -2, -1], [2, 1, -3, -5]])  # the board's
FILLS = np.array([["#CFE3F2", "#F7D9C4"], ["#CDEBDD", "#E8D3E0"]])
KINDS = ("max", "avg", "min")


@picture
def windows(nn: Any) -> Figure:
    """The board's example: windows of 2 x 2 on an image of 4 x 4, pooled in three ways.

    Parameters
    ----------
    nn : module
        The student's `nn.pool`: the three `NAME_pool2d_forward`.

    Returns
    -------
    Figure
    """
    figure = new_figure(2.75, _("Each window leaves one number"))
    first, *others = figure.subplots(1, 4, width_ratios=(1.6, 1, 1, 1))
    show_numbers(first, IMAGE, FILLS.repeat(2, axis=0).repeat(2, axis=1), size=11)
    first.set_title(_("input, windows 2 × 2"), loc="center")
    names = (_("the largest"), _("the average"), _("the smallest"))
    for ax, kind, name in zip(others, KINDS, names, strict=True):
        forward = getattr(nn, f"{kind}_pool2d_forward")
        y, _cache = forward(IMAGE[None, None], window=2)
        show_numbers(ax, y[0, 0], FILLS, size=11)
        ax.set_title(name, loc="center")
    return figure


@picture
def digit(nn: Any) -> Figure:
    """A digit pooled with growing windows, in three ways.

    Parameters
    ----------
    nn : module
        The student's `nn.pool`: the three `NAME_pool2d_forward`.

    Returns
    -------
    Figure
    """
    image = a_digit()[None, None]
    cases: tuple[tuple[Any, Any], ...] = ((2, 2), (3, 2), (4, 4), (7, 7))
    title = _("Max-pooling keeps thin strokes, the average blurs them, the minimum loses them")
    figure = new_figure(5.2, title)
    grid = figure.subplots(3, 5)
    names = (_("max"), _("average"), _("min"))
    for row, kind, name in zip(grid, KINDS, names, strict=True):
        forward = getattr(nn, f"{kind}_pool2d_forward")
        show_image(row[0], image[0, 0], vmin=0, vmax=1)
        for ax, (window, stride) in zip(row[1:], cases, strict=True):
            y, _cache = forward(image, window=window, stride=stride)
            show_image(ax, y[0, 0], vmin=0, vmax=1)
            height, width = y.shape[2:]
            ax.set_xlabel(f"{height} × {width}", fontsize=8, color=GREY)
        row[0].set_ylabel(name, fontsize=10)
        row[0].set_xlabel("28 × 28", fontsize=8, color=GREY)
    grid[0, 0].set_title(_("the digit"), fontsize=8.5)
    for ax, (window, stride) in zip(grid[0, 1:], cases, strict=True):
        text = _("window {window}, stride {stride}").format(window=window, stride=stride)
        ax.set_title(text, fontsize=8.5)
    for ax in grid.flat:
        for spine in ax.spines.values():
            spine.set(visible=True, color="#E4E4E4")
    return figure
