"""Pictures of `batchnorm`: what it does to a batch, and its running statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    Array,
    name_ends,
    name_line,
    new_figure,
    picture,
)
from shared.plots.words import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEANS = np.array([-6.0, 0.5, 4.0, 9.0])
SPREADS = np.array([0.4, 3.0, 1.2, 2.2])
TRUE_MEAN, TRUE_VAR = 3.0, 4.0


@picture
def normalised(nn: Any) -> Figure:
    """Four features before, with every one at mean 0 and variance 1, and with C1 and C2.

    Parameters
    ----------
    nn : module
        The student's `nn.batchnorm`: `batchnorm_forward`.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(8)
    x = MEANS + SPREADS * rng.normal(size=(64, 4))
    running = (np.zeros(4), np.ones(4))
    plain = nn.batchnorm_forward(x, np.ones(4), np.zeros(4), running)[0]
    gamma, beta = np.array([1.0, 2.5, 0.5, 1.5]), np.array([0.0, 2.0, -3.0, 5.0])
    learnt = nn.batchnorm_forward(x, gamma, beta, running)[0]
    panels = (
        (x, _("a batch as it comes")),
        (plain, _("normalised:\nmean 0, variance 1")),
        (learnt, _("times C1, plus C2:\nwhere training wants them")),
    )
    figure = new_figure(
        3.1, _("Each feature is brought to one scale, and then to the one it learns")
    )
    row = figure.subplots(1, 3, sharey=True)
    for ax, (data, title) in zip(row, panels, strict=True):
        _strips(ax, data, rng)
        ax.set_title(title)
        ax.set_xlabel(_("feature"))
    row[0].set_ylabel(_("value"))
    for number in range(4):
        text = f"C1 = {gamma[number]:g}\nC2 = {beta[number]:g}"
        row[2].text(
            number + 1, -10.6, text.replace("-", "−"), ha="center", fontsize=7.5, color=GREY
        )
    row[0].set_ylim(-11, 15)
    return figure


@picture
def running_statistics(nn: Any, *, batches: int = 60) -> Figure:
    """The statistics of each batch, and their running averages on the way to the truth.

    Parameters
    ----------
    nn : module
        The student's `nn.batchnorm`: `batchnorm_forward`.
    batches : int
        How many batches of 12 examples come.

    Returns
    -------
    Figure
    """
    rng = np.random.default_rng(2)
    data = TRUE_MEAN + TRUE_VAR**0.5 * rng.normal(size=(batches, 12, 1))
    one = np.ones(1)
    seen: dict[float, list[Array]] = {}
    for ema in (0.5, 0.9, 0.98):
        running = (np.zeros(1), np.ones(1))
        seen[ema] = [np.concatenate(running)]
        for x in data:
            _y, _cache, running = nn.batchnorm_forward(x, one, 0 * one, running, ema=ema)
            seen[ema].append(np.concatenate(running))
    title = _("The running averages: ema = 0.5 follows every batch, 0.98 is slow to arrive")
    figure = new_figure(3.3, title)
    of_batches = np.stack([data.mean(axis=(1, 2)), data.var(axis=(1, 2))], axis=1)
    truths = (TRUE_MEAN, TRUE_VAR * 11 / 12)  # the biased variance of 12 is a little too small
    for number, ax in enumerate(figure.subplots(1, 2)):
        ax.plot(
            range(1, batches + 1), of_batches[:, number], "o", color=GREY, ms=3, alpha=0.6, mew=0
        )
        ax.plot([0, batches], [truths[number]] * 2, color=INK, lw=1, ls=(0, (4, 2)))
        ends = []
        for (ema, path), colour in zip(seen.items(), (GREEN, BLUE, RED), strict=True):
            values = np.array(path)[:, number]
            ax.plot(values, color=colour)
            ends.append((values[-1], f"ema = {ema:g}", colour))
        top = 1.08 * max(of_batches[:, number].max(), truths[number])
        ax.set(xlim=(0, batches * 1.22), ylim=(-0.15, top), xticks=range(0, batches + 1, 20))
        ax.set_xlabel(_("batches seen"))
        ax.set_title((_("running mean"), _("running variance"))[number])
        name_ends(ax, batches * 1.02, ends)
    first = figure.axes[0]
    name_line(first, batches * 0.5, 0.55, _("dots: each batch\ndashed: expected"), GREY)
    return figure


def _strips(ax: Axes, data: Array, rng: np.random.Generator) -> None:
    """Each feature's values as dots, with its mean and standard deviation."""
    for number, values in enumerate(data.T, 1):
        ax.plot(
            number + rng.uniform(-0.16, 0.16, len(values)),
            values,
            "o",
            color=BLUE,
            ms=2.6,
            alpha=0.5,
            mew=0,
        )
        mean, std = values.mean(), values.std()
        ax.plot([number + 0.3] * 2, [mean - std, mean + std], color=RED, lw=2)
        ax.plot(number + 0.3, mean, "o", color=RED, ms=5)
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    ax.set(xticks=range(1, data.shape[1] + 1), xlim=(0.4, data.shape[1] + 0.7))
