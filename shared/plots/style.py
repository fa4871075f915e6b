"""How all pictures look: one size of type, one palette, no more lines than are read.

matplotlib takes a second to load, so it is imported where a picture is made. Figures are made
without `pyplot`: it keeps every figure that it makes, and it takes on settings of the notebook.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.words import speaking

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]
Draw = Callable[..., "Figure"]

# Told apart by colour-blind readers, and by their darkness in print (after Okabe & Ito, and Tol).
BLUE, RED, GREEN, WINE, GOLD = "#0072B2", "#D55E00", "#009E73", "#882255", "#C98A00"
INK, GREY, PALE = "#222222", "#767676", "#E4E4E4"

WIDTH = 8.5  # inches, the width of a notebook's page
DPI = 160

STYLE: dict[str, Any] = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 6,
    "axes.titlesize": 9.5,
    "axes.unicode_minus": True,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.titlesize": 11.5,
    "figure.titleweight": "bold",
    "font.family": ["DejaVu Sans"],  # it comes with matplotlib, and has Cyrillic letters
    "font.size": 9,
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "expressml",
    "text.color": INK,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8,
}


@contextmanager
def styled() -> Iterator[None]:
    """Our settings inside the block, whatever a student's own are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for name, value in STYLE.items():
            matplotlib.rcParams[name] = value  # type: ignore[index]  # it wants literal names
        yield


def picture(draw: Draw) -> Draw:
    """Make a function that draws into one that does so in our style and in a language.

    It gains the argument `lang`, ``"en"`` or ``"ru"``; `shared.language` says which by default.
    """

    @functools.wraps(draw)
    def drawn(nn: Any, *, lang: str | None = None, **sizes: Any) -> Figure:
        with styled(), speaking(lang):
            return draw(nn, **sizes)

    return drawn


def new_figure(height: float, title: str) -> Figure:
    """An empty figure of the notebook's width, with what it shows written above it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.suptitle(title, x=0.008, ha="left")
    return figure


def to_png(figure: Figure) -> bytes:
    """The picture as PNG, the same bytes each time."""
    return _saved(figure, "png", {"Software": None})


def to_svg(figure: Figure) -> bytes:
    """The picture as SVG, the same bytes each time."""
    return _saved(figure, "svg", {"Date": None, "Creator": None})


def _saved(figure: Figure, format: str, metadata: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    with styled():
        figure.savefig(file, format=format, dpi=DPI, metadata=metadata)
    return file.getvalue()


# Pieces that several pictures are made of.


def name_line(ax: Axes, x: float, y: float, text: str, colour: str, **how: Any) -> None:
    """Write a line's name beside it, in its colour: a legend that needs no looking up."""
    ax.text(x, y, text, **{"color": colour, "fontsize": 8.5, "va": "center", **how})


def name_ends(
    ax: Axes, x: float, ends: Iterable[tuple[float, str, str]], size: float = 8.5
) -> None:
    """Write (y, name, colour) of several lines beside their ends, moved apart where they meet.

    Call it when the limits of the axes are final.
    """
    place = ax.get_subplotspec()
    share = 1.0  # of the figure's height that is the axes'
    if place is not None:
        ratios: Any = place.get_gridspec().get_height_ratios()
        share = sum(ratios[r] for r in place.rowspan) / sum(ratios)
    inches = 0.72 * share * ax.figure.get_figheight()  # type: ignore[union-attr]
    apart = 1.25 * size / 72 / inches
    to_axes = ax.transData + ax.transAxes.inverted()
    places = sorted((to_axes.transform((x, y))[1], name, colour) for y, name, colour in ends)
    heights = [place for place, _name, _colour in places]
    for _round in range(50):  # neighbours push each other away
        for k in range(len(heights) - 1):
            overlap = apart - (heights[k + 1] - heights[k])
            if overlap > 1e-9:
                heights[k] -= overlap / 2
                heights[k + 1] += overlap / 2
    across = to_axes.transform((x, places[0][0]))[0]
    for place, (_y, name, colour) in zip(heights, places, strict=True):
        ax.text(across, place, name, transform=ax.transAxes, color=colour, size=size, va="center")


def note(ax: Axes, x: float, y: float, text: str, **how: Any) -> None:
    """A remark at a place that is given in parts of the axes."""
    ax.text(x, y, text, **{"transform": ax.transAxes, "fontsize": 8.5, "va": "top", **how})


def show_image(ax: Axes, image: Array, **how: Any) -> None:
    """An image without ticks; dark is much, as ink on paper."""
    ax.imshow(image, **{"cmap": "Greys", **how})
    no_ticks(ax)


def show_signed(ax: Axes, image: Array) -> None:
    """An image whose numbers have a sign: blue above 0, red below, white at 0."""
    most = float(np.abs(image).max()) or 1.0
    show_image(ax, image, cmap="RdBu", vmin=-most, vmax=most)


def show_numbers(ax: Axes, numbers: Array, fills: Any = None, size: float = 10) -> None:
    """A matrix as a grid of cells with its numbers; `fills` has a colour for each, or None."""
    rows, columns = numbers.shape
    for r in range(rows):
        for c in range(columns):
            fill = fills[r][c] if fills is not None else None
            ax.fill([c, c + 1, c + 1, c], [r, r, r + 1, r + 1], fc=fill or "white", ec=GREY, lw=0.8)
            ax.text(c + 0.5, r + 0.52, number(numbers[r, c]), ha="center", va="center", size=size)
    ax.set(xlim=(-0.05, columns + 0.05), ylim=(rows + 0.05, -0.05), aspect="equal")
    ax.axis("off")


def number(value: float) -> str:
    """A number as it is written on a board: 6, 2.75, −1."""
    return f"{float(value):.4g}".replace("-", "−")


def no_ticks(ax: Axes) -> None:
    """Take ticks and frame away from axes that only hold an image."""
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)


def cross_at_zero(ax: Axes) -> None:
    """Mark where the axes are 0."""
    ax.axhline(0, color=PALE, lw=1, zorder=0)
    ax.axvline(0, color=PALE, lw=1, zorder=0)
