"""The picture of `alexnet`: its layers as a table, with where its numbers are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from shared.plots.style import BLUE, GREY, INK, PALE, RED, new_figure, picture
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LAYERS = (
    *("image", "conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"),
    *("fc6", "fc7", "fc8"),
)


@picture
def table(nn: Any) -> Figure:
    """Each layer's shape for one image, its parameters and its products, with a bar for each share.

    Parameters
    ----------
    nn : module
        The student's `nn.alexnet`: `layer_shapes`, `parameter_shapes` and `parameter_count`.

    Returns
    -------
    Figure
    """
    shapes, weights, total = nn.layer_shapes(), nn.parameter_shapes(), nn.parameter_count()
    outputs = {name: math.prod(shapes[name]) for name in LAYERS}
    counts, products = {}, {}
    for name in LAYERS:
        if f"{name}.weight" in weights:
            shape = weights[f"{name}.weight"]
            counts[name] = math.prod(shape) + math.prod(weights[f"{name}.bias"])
            places = math.prod(shapes[name][1:])  # each weight is used at every place of its map
            products[name] = math.prod(shape) * places
    title = _("AlexNet: the work is in the convolutions, the parameters are behind them")
    figure = new_figure(4.4, title)
    ax = figure.subplots()
    ax.set(xlim=(0, 10), ylim=(len(LAYERS) + 0.4, -1.35))
    ax.axis("off")
    heads = ((0.1, "left", _("layer")), (1.2, "left", _("output for one image")))
    for x, side, text in heads:
        ax.text(x, -0.85, text, ha=side, weight="bold", va="center")
    columns = (
        (_("numbers"), outputs, 3.35, GREY),
        (_("parameters"), counts, 5.65, RED),
        (_("products"), products, 7.95, BLUE),
    )
    for head, values, x, colour in columns:
        ax.text(x + 0.9, -0.85, head, ha="right", weight="bold", color=colour, va="center")
        sum_of_all = total if values is counts else sum(values.values())
        _bars(ax, values, sum_of_all, x, colour)
    ax.axhline(-0.5, color=GREY, lw=0.8)
    for row, name in enumerate(LAYERS):
        ax.axhline(row + 0.5, color=PALE, lw=0.7, zorder=0)
        ax.text(0.1, row, name, va="center", weight="bold" if name in counts else "normal")
        shape = " × ".join(str(n) for n in shapes[name])
        ax.text(1.2, row, shape, va="center")
    ax.text(0.1, len(LAYERS), _("in all"), va="center", weight="bold")
    return figure


def _bars(ax: Axes, values: dict[str, int], total: int, x: float, colour: str) -> None:
    """A column: each number, and a bar for its share of all."""
    largest = max(values.values())
    for name, value in values.items():
        row = LAYERS.index(name)
        ax.text(x + 0.9, row, _grouped(value), ha="right", va="center", fontsize=8.5)
        ax.barh(row, 1.05 * value / largest, left=x + 1.0, height=0.56, color=colour)
    ax.text(
        x + 0.9, len(LAYERS), _grouped(total), ha="right", va="center", weight="bold", color=INK
    )


def _grouped(value: int) -> str:
    """Thousands set apart, as both languages do: 60 965 224."""
    return f"{value:,}".replace(",", "\u202f")
