"""The charts of the class report: matplotlib's SVG, in the colours of the page around it."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Drawn in these, and exchanged for what the style sheet says, light or dark.
INK, SOFT, LINE, BAR = "#010203", "#020304", "#030405", "#040506"
COLOURS = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)", BAR: "var(--bar)"}
WIDTH = 4.0  # inches: about what a phone is wide, so that the texts stay readable
BINS = 10


def distribution(points: Sequence[float], most: float) -> Markup:
    """How many students have how many points, in ten equal steps."""
    counts, edges = np.histogram(points, bins=BINS, range=(0, most or 1))

    def draw(axes: Axes) -> None:
        middles = (edges[:-1] + edges[1:]) / 2
        bars = axes.bar(middles, counts, width=0.92 * (edges[1] - edges[0]), color=BAR)
        axes.bar_label(bars, [str(c) if c else "" for c in counts], padding=2, color=INK)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xticks(edges[::2], [f"{edge:g}" for edge in edges[::2]])
        axes.set_yticks([])
        axes.set_ylim(0, max(counts.max(), 1) * 1.15)
        axes.set_xlabel("points", color=SOFT)

    about = ", ".join(
        f"{low:g} to {high:g}: {count}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    )
    return _svg(draw, 2.1, f"Students by points. {about}.")


def components(shares: Mapping[str, Sequence[float]], titles: Mapping[str, str]) -> Markup:
    """The mean part of its points that each component gave, and the middle half of the class."""
    names = [name for name in shares if shares[name]]
    means = [float(np.mean(shares[name])) for name in names]

    def draw(axes: Axes) -> None:
        places = [float(place) for place in range(len(names))]
        axes.barh(places, means, height=0.62, color=BAR)
        for place, name, mean in zip(places, names, means, strict=True):
            low, high = np.quantile(shares[name], (0.25, 0.75))
            axes.plot([low, high], [place, place], color=INK, linewidth=1.4)
            axes.plot([low, high], [place, place], "|", color=INK, markersize=6)
            axes.text(1.02, place, f"{mean:.0%}", va="center", color=INK)
        axes.set_yticks(places, [_short(titles[name]) for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xticks((0, 0.5, 1), ("0", "50%", "100%"))

    about = ", ".join(f"{titles[n]} {m:.0%}" for n, m in zip(names, means, strict=True))
    height = 0.75 + 0.36 * max(len(names), 1)
    return _svg(draw, height, f"Mean part of the points of each component. {about}.")


def _short(title: str) -> str:
    """A title on two lines at most."""
    return "\n".join(textwrap.wrap(title, 24, max_lines=2, placeholder="…"))


def _svg(draw: Callable[[Axes], None], height: float, about: str) -> Markup:
    """Draw on one pair of axes; the same bytes for the same figures."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "report", "font.size": 9, "text.parse_math": False}
    ):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(LINE)
        draw(axes)
        axes.tick_params(length=0, labelcolor=SOFT)
        buffer = io.StringIO()
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    for drawn, shown in COLOURS.items():
        text = text.replace(drawn, shown)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 system-ui, sans-serif", text)
    head = Markup('<svg role="img" aria-label="{}" class="chart"').format(about)
    # What matplotlib writes escapes the texts in it.
    return head + Markup(re.sub(r'^<svg| (width|height)="[\d.]+pt"', "", text, count=3))
