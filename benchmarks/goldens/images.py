"""Convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from nn import conv, pool

from benchmarks.goldens.kernel import Arrays, Kernel, Settings, both_ways, gradients, sizes


def draw_convolution(
    rng: np.random.Generator, groups: Sequence[int] = (1,)
) -> tuple[Arrays, Settings]:
    g = int(rng.choice(groups))
    # Up to 40 masks on one or two channels too: the reference then takes another way.
    n, c, f, kh, kw = sizes(rng, (1, 5), (1, 4), (1, 40), (1, 5), (1, 5))
    sv, sh, pv, ph = sizes(rng, (1, 3), (1, 3), (0, 2), (0, 2))
    h, w = kh + int(rng.integers(0, 8)), kw + int(rng.integers(0, 8))
    c, f = c * g, max(1, f // g) * g
    oh, ow = (h + 2 * pv - kh) // sv + 1, (w + 2 * ph - kw) // sh + 1
    shapes = {"x": (n, c, h, w), "w": (f, c // g, kh, kw), "b": (f,), "dy": (n, f, oh, ow)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    settings: Settings = {"stride": (sv, sh), "padding": (pv, ph)}
    return arrays, settings | ({"groups": g} if len(groups) > 1 else {})


def their_convolution(torch: Any, t: Arrays, s: Settings) -> Arrays:
    y = torch.nn.functional.conv2d(t["x"], t["w"], t["b"], **s)
    return gradients(torch, y, t["dy"], "x w b", t["x"], t["w"], t["b"])


def _draw_correlation(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    kh, kw, more, wider = sizes(rng, (1, 5), (1, 5), (0, 6), (0, 6))
    x = rng.standard_normal((kh + more, kw + wider))
    return {"x": x, "kernel": rng.standard_normal((kh, kw))}, {}


def _draw_pool(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    n, c, kh, kw, sv, sh = sizes(rng, (1, 4), (1, 4), (1, 4), (1, 4), (1, 4), (1, 4))
    h, w = kh + int(rng.integers(0, 7)), kw + int(rng.integers(0, 7))
    x = rng.permutation(n * c * h * w).reshape(n, c, h, w) / 64.0 - 1  # no two pixels are equal
    dy = rng.standard_normal((n, c, (h - kh) // sv + 1, (w - kw) // sh + 1))
    return {"x": x, "dy": dy}, {"window": (kh, kw), "stride": (sv, sh)}


def _pool(name: str, theirs: Callable[..., Any]) -> Kernel:
    return Kernel(
        name,
        _draw_pool,
        both_ways(getattr(pool, f"{name}_forward"), getattr(pool, f"{name}_backward"), "x"),
        lambda torch, t, s: gradients(
            torch,
            theirs(torch.nn.functional, t["x"], s["window"], s["stride"]),
            t["dy"],
            "x",
            t["x"],
        ),
    )


KERNELS: list[Kernel] = [
    Kernel(
        "cross_correlate2d",
        _draw_correlation,
        lambda a, s: {"y": conv.cross_correlate2d(a["x"], a["kernel"])},
        lambda torch, t, s: {
            "y": torch.nn.functional.conv2d(t["x"][None, None], t["kernel"][None, None])[0, 0]
        },
    ),
    Kernel(
        "conv2d",
        draw_convolution,
        both_ways(conv.conv2d_forward, conv.conv2d_backward, "x w b"),
        their_convolution,
    ),
    _pool("max_pool2d", lambda f, x, k, s: f.max_pool2d(x, k, s)),
    _pool("avg_pool2d", lambda f, x, k, s: f.avg_pool2d(x, k, s)),
    _pool("min_pool2d", lambda f, x, k, s: -f.max_pool2d(-x, k, s)),
]
