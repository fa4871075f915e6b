"""Pictures of `conv`: a mask on its way over an image, and what masks find in a digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GREY,
    PALE,
    Array,
    new_figure,
    note,
    number,
    picture,
    show_image,
    show_numbers,
    show_signed,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGE = np.array([[1.0, 0, 2, 1, 3], [2, 1, 0, 1, 1], [0, 3, 1, 2, 0]])  # the board's
MASK = np.array([[1.0, 2], [3, -1]])
DIGIT = 2  # of the test images: a 4, with upright and level strokes

SEEN, RESULT = "#CFE3F2", "#F7D9C4"


@picture
def sliding(nn: Any) -> Figure:
    """The board's example: a mask of 2 x 2 at each place of an image of 3 x 5.

    Parameters
    ----------
    nn : module
        The student's `nn.conv`: `cross_correlate2d`.

    Returns
    -------
    Figure
    """
    y = nn.cross_correlate2d(IMAGE, MASK)
    figure = new_figure(3.7, _("The mask slides over the image: multiply what it covers, add up"))
    grid = figure.add_gridspec(2, 5, width_ratios=(1, 1, 1, 1, 0.95))
    for r in range(2):
        for c in range(4):
            ax = figure.add_subplot(grid[r, c])
            fills: list[list[str | None]] = [[None] * 5 for _row in range(3)]
            for i in range(2):
                for j in range(2):
                    fills[r + i][c + j] = SEEN
            show_numbers(ax, IMAGE, fills, size=8.5)
            ax.add_patch(_frame(c, r, 2, 2))
            patch = IMAGE[r : r + 2, c : c + 2]
            terms = [
                f"{number(a)}·{number(k) if k > 0 else f'({number(k)})'}"
                for a, k in zip(patch.flat, MASK.flat, strict=True)
            ]
            ax.set_title(f"{' + '.join(terms)}\n= {number(y[r, c])}", fontsize=7.5, loc="center")
    side = figure.add_subplot(grid[0, 4])
    show_numbers(side, MASK, [[SEEN] * 2] * 2)
    side.set(xlim=(-0.9, 2.9), ylim=(2.6, -0.5))
    side.set_title(_("mask"), loc="center")
    side = figure.add_subplot(grid[1, 4])
    show_numbers(side, y, [[RESULT] * 4] * 2)
    side.set_title(_("result, 2 × 4"), loc="center")
    return figure


@picture
def masks(nn: Any) -> Figure:
    """A digit seen through masks of many shapes.

    Parameters
    ----------
    nn : module
        The student's `nn.conv`: `cross_correlate2d`.

    Returns
    -------
    Figure
    """
    digit = a_digit()
    figure = new_figure(5.6, _("A mask finds what looks like itself"))
    grid = figure.add_gridspec(4, 5, height_ratios=(0.42, 1, 0.42, 1))
    first = figure.add_subplot(grid[1, 0])
    show_image(first, digit)
    first.add_patch(_frame(-0.5, -0.5, 28, 28, colour=PALE, line=0.8))
    first.set_title(_("the digit, 28 × 28"), fontsize=8.5)
    legend = figure.add_subplot(grid[3, 0])
    legend.axis("off")
    note(legend, 0, 0.95, _("blue: the mask fits"), color="#2166AC")
    note(legend, 0, 0.8, _("red: its opposite fits"), color="#B2182B")
    note(legend, 0, 0.65, _("pale: neither"), color=GREY)
    for place, (mask, name) in enumerate(_masks()):
        row, column = 2 * (place // 4), place % 4 + 1
        above = figure.add_subplot(grid[row, column])
        _show_mask(above, mask)
        below = figure.add_subplot(grid[row + 1, column])
        y = nn.cross_correlate2d(digit, mask)
        show_signed(below, y)
        below.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))  # a pixel has the same size everywhere
        kh, kw = mask.shape
        above.set_title(f"{kh} × {kw}: {name}", fontsize=8.5)
        below.set_title(f"{y.shape[0]} × {y.shape[1]}", fontsize=8, color=GREY)
    return figure


@picture
def stride_and_padding(nn: Any) -> Figure:
    """The size of the output: one mask of 5 x 5 with several strides and paddings.

    Parameters
    ----------
    nn : module
        The student's `nn.conv`: `conv2d_forward`.

    Returns
    -------
    Figure
    """
    x = a_digit()[None, None]
    w = _ring(5)[None, None]
    cases = ((1, 2), (1, 0), (2, 2), (3, 0))
    figure = new_figure(2.45, _("Padding keeps the size, a stride divides it"))
    panels = figure.subplots(1, 5)
    show_image(panels[0], x[0, 0])
    panels[0].add_patch(_frame(-0.5, -0.5, 28, 28, colour=PALE, line=0.8))
    panels[0].set_title(_("input\n28 × 28"), fontsize=8.5)
    for ax, (stride, padding) in zip(panels[1:], cases, strict=True):
        y, _cache = nn.conv2d_forward(x, w, np.zeros(1), stride=stride, padding=padding)
        show_signed(ax, y[0, 0])
        height, width = y.shape[2:]
        text = _("stride {stride}, padding {padding}").format(stride=stride, padding=padding)
        ax.set_title(f"{text}\n{height} × {width}", fontsize=8.5)
    for ax in panels:  # a pixel has the same size everywhere
        ax.set(xlim=(-0.5, 27.5), ylim=(27.5, -0.5))
    return figure


def a_digit(index: int = DIGIT) -> Array:
    """One of the course's digits, (28, 28), from 0 for paper to 1 for ink."""
    from shared.data import MNIST, read_images  # a zip of another component has no data

    images, _labels = read_images(MNIST, "test")
    digit: Array = images[index] / 255.0
    return digit


def _masks() -> list[tuple[Array, str]]:
    return [
        (np.array([[1.0, 0], [0, -1]]), _("slanted edges")),
        (np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]), _("lower edges")),
        (np.full((5, 5), 1 / 25), _("average")),
        (_ring(7), _("spots")),
        (np.array([[-1.0, 0, 1]]), _("left edges")),
        (np.array([[-1.0], [0], [1]]), _("upper edges")),
        (np.array([[-1.0, -1, 4, -1, -1]]), _("upright lines")),
        (np.array([[-1.0], [-1], [4], [-1], [-1]]), _("level lines")),
    ]


def _ring(side: int) -> Array:
    """Positive in the middle, negative around it, 0 in all."""
    place = np.arange(side) - side // 2
    distance = place[:, None] ** 2 + place**2
    mask: Array = np.exp(-distance / (0.1 * side**2))
    mask -= mask.mean()
    return mask


def _show_mask(ax: Any, mask: Array) -> None:
    """A mask among cells of the same size for all masks."""
    show_signed(ax, mask)
    kh, kw = mask.shape
    ax.add_patch(_frame(-0.5, -0.5, kw, kh, colour=GREY, line=0.8))
    ax.set(xlim=(-0.7, 8.5), ylim=(kh / 2 + 3.1, kh / 2 - 4.1), anchor="W")


def _frame(
    x: float, y: float, width: float, height: float, colour: str = BLUE, line: float = 2.2
) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, fill=False, ec=colour, lw=line)
