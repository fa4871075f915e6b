"""A student's array, the right one and their difference as heat maps, in one small SVG.

Written as text and not with matplotlib: a class has a thousand of these on its pages, and each is
made in milliseconds and takes 5 to 40 kilobytes. Inside a page it has the page's own colours.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from html import escape

import numpy as np

from shared.catalogue import Catalogue, load
from shared.messages import message, render
from shared.sidebyside import Array, Index, SideBySide

PANEL, GAP, HEAD, FOOT = 210, 24, 54, 22  # pixels: a panel's width, what stands around it
TALLEST, LARGEST = 220, 44  # of a panel, of a cell
ROOMY = 30  # from this size on, a cell has its number written in it
BETWEEN = 0.4  # cells between two tiles
SHADES = 12  # of each sign
# Those of the lecture's pictures: blue above 0, red below.
ABOVE, BELOW = (0, 114, 178), (213, 94, 0)
STYLE = (
    ".maps text{font:12px system-ui,sans-serif;fill:var(--ink,#222)}"
    ".maps .b{font-weight:600}.maps .s{fill:var(--soft,#666);font-size:11px}"
    ".maps .n{font-size:10px;text-anchor:middle;fill:#222}.maps .l{fill:#fff}"
)

XMLNS = ' xmlns="http://www.w3.org/2000/svg"'
SIDES = {
    "gradient": ("picture-got-gradient", "picture-gradient"),
    "values": ("picture-got-values", "picture-values"),
}

Place = tuple[float, float]  # column and row, in cells


def heat_maps(shown: SideBySide, lang: str | Catalogue = "en", *, inside: bool = False) -> str:
    """The picture as a whole SVG file, or as an element that stands `inside` a page of HTML."""
    words = load(lang) if isinstance(lang, str) else lang
    expected = np.array(shown.expected).reshape(shown.box.shape)
    apart = np.array(shown.apart).reshape(shown.box.shape)
    got = expected + apart
    places = dict(_places(shown.box.shape))
    columns = max(x for x, _ in places.values()) + 1
    rows = max(y for _, y in places.values()) + 1
    cell = min(LARGEST, PANEL / columns, TALLEST / rows)
    height = math.ceil(HEAD + cell * rows + FOOT) + 8
    width = 3 * PANEL + 2 * GAP + 8
    worst = tuple(i - s for i, s in zip(shown.worst, shown.box.start, strict=True))
    scale = max(np.abs(got).max(), np.abs(expected).max())
    panels = (
        (SIDES[shown.kind][0], got, scale),
        (SIDES[shown.kind][1], expected, scale),
        ("picture-apart", apart, np.abs(apart).max()),
    )
    title = _title(shown, words)
    lines = [
        f'<svg class="maps"{"" if inside else XMLNS} viewBox="-4 -4 {width} {height}" '
        f'width="{width}" height="{height}" style="max-width:100%;height:auto" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect x="-4" y="-4" width="{width}" height="{height}" fill="var(--paper,#fff)"/>',
        f'<text class="b" x="0" y="14">{escape(title)}</text>',
    ]
    for number, (name, array, most) in enumerate(panels):
        about = render(message(name), words)
        lines.append(f'<g transform="translate({number * (PANEL + GAP)} {HEAD})">')
        lines.append(f'<text x="0" y="-10">{escape(about)}</text>')
        lines += _cells(array, places, cell, float(most))
        lines.append(_frame(places[worst], cell))
        scaled = render(message("picture-scale", least=_number(-most), most=_number(most)), words)
        lines.append(f'<text class="s" x="0" y="{cell * rows + 16:.0f}">{escape(scaled)}</text>')
        lines.append("</g>")
    return "\n".join([*lines, "</svg>"])


def _title(shown: SideBySide, words: Catalogue) -> str:
    values = {"what": shown.what, "shape": shown.whole, "index": shown.worst}
    if shown.box.shape == shown.whole:
        return render(message("picture-title", **values), words).replace("`", "")
    values["part"] = ", ".join(
        str(s) if n == 1 else f"{s}:{s + n}"
        for s, n in zip(shown.box.start, shown.box.shape, strict=True)
    )
    return render(message("picture-title-part", **values), words).replace("`", "")


def _places(shape: Index) -> Iterator[tuple[Index, Place]]:
    """Where each entry is drawn: the last two axes as tiles, those before them as a grid of these.

    So the images of a batch stand below each other, and their channels side by side.
    """
    padded = (1,) * (4 - len(shape)) + shape
    high, wide = padded[-2] + BETWEEN, padded[-1] + BETWEEN
    across = padded[-3]
    for index in np.ndindex(padded):
        down = 0
        for i, n in zip(index[:-3], padded[:-3], strict=True):
            down = down * n + i
        place = (index[-3] % across) * wide + index[-1], down * high + index[-2]
        yield index[len(padded) - len(shape) :], place


def _cells(array: Array, places: dict[Index, Place], cell: float, most: float) -> Iterator[str]:
    by_colour: dict[str, list[str]] = defaultdict(list)
    numbers = []
    for index, (x, y) in places.items():
        value = float(array[index])
        share = value / most if most else 0.0
        by_colour[_colour(share)].append(f"M{x * cell:.4g} {y * cell:.4g}")
        if cell >= ROOMY:
            light = " l" if abs(share) > 0.55 else ""
            where = f'x="{(x + 0.5) * cell:.4g}" y="{(y + 0.5) * cell + 4:.4g}"'
            numbers.append(f'<text class="n{light}" {where}>{_number(value)}</text>')
    size = f"h{cell:.4g}v{cell:.4g}h-{cell:.4g}z"
    # A line around each keeps cells apart that have one colour.
    yield '<g stroke="#bbb" stroke-width=".5">'
    for colour, moves in by_colour.items():
        yield f'<path fill="{colour}" d="{size.join(moves)}{size}"/>'
    yield "</g>"
    yield from numbers


def _frame(place: Place, cell: float) -> str:
    """What marks the worst entry: a dark frame that has a light one around it."""
    x, y = (coordinate * cell for coordinate in place)
    rectangle = f'x="{x:.4g}" y="{y:.4g}" width="{cell:.4g}" height="{cell:.4g}" fill="none"'
    lines = (("#fff", 4), ("#111", 2))
    return "".join(f'<rect {rectangle} stroke="{c}" stroke-width="{w}"/>' for c, w in lines)


def _colour(share: float) -> str:
    """White at 0, full at 1 and -1; a few shades, so that many cells share one."""
    amount = math.sqrt(round(abs(share) * SHADES) / SHADES)
    full = ABOVE if share > 0 else BELOW
    return "#" + "".join(f"{round(255 + (c - 255) * amount):02x}" for c in full)


def _number(value: float) -> str:
    return f"{float(value):.3g}".replace("-", "−")
