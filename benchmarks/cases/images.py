"""Convolution, pooling and local response normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from nn import conv, pool
from torch.nn import functional

from benchmarks.cases.case import Case, Draw

aten = torch.ops.aten

# label, (N, C, H, W), (F, KH, KW), stride, padding, groups
CONVOLUTIONS = [
    *(("LeNet C1", (n, 1, 28, 28), (6, 5, 5), 1, 2, 1) for n in (64, 256)),
    *(("LeNet C3", (n, 6, 14, 14), (16, 5, 5), 1, 0, 1) for n in (64, 256)),
    *(("LeNet C5", (n, 16, 5, 5), (120, 5, 5), 1, 0, 1) for n in (64, 256)),
    ("3->32 3x3 at 32", (64, 3, 32, 32), (32, 3, 3), 1, 1, 1),
    ("32->32 3x3 at 32", (64, 32, 32, 32), (32, 3, 3), 1, 1, 1),
    ("32->64 3x3 at 16", (64, 32, 16, 16), (64, 3, 3), 1, 1, 1),
    ("64->64 3x3 at 8", (64, 64, 8, 8), (64, 3, 3), 1, 1, 1),
    ("32->64 3x3 stride 2", (64, 32, 32, 32), (64, 3, 3), 2, 1, 1),
    *(("AlexNet 1", (n, 3, 227, 227), (96, 11, 11), 4, 0, 1) for n in (1, 8)),
    *(("AlexNet 2", (n, 96, 27, 27), (256, 5, 5), 1, 2, 2) for n in (1, 8)),
    *(("AlexNet 3", (n, 256, 13, 13), (384, 3, 3), 1, 1, 1) for n in (1, 8)),
    ("AlexNet 4", (8, 384, 13, 13), (384, 3, 3), 1, 1, 2),
    ("AlexNet 5", (8, 384, 13, 13), (256, 3, 3), 1, 1, 2),
]


def convolution(draw: Draw) -> Iterator[Case]:
    """Every shape with one group."""
    yield from _convolutions(draw, 1, conv.conv2d_forward, conv.conv2d_backward)


def grouped_convolution(draw: Draw) -> Iterator[Case]:
    """AlexNet's layers in two groups, under the same name: they are part of the same mean."""
    from nn import alexnet

    forward = partial(alexnet.grouped_conv2d_forward, groups=2)
    yield from _convolutions(draw, 2, forward, alexnet.grouped_conv2d_backward)


def _convolutions(
    draw: Draw, groups: int, forward: Callable[..., Any], backward: Callable[..., Any]
) -> Iterator[Case]:
    for label, (n, c, height, width), (f, kh, kw), stride, padding, in_groups in CONVOLUTIONS:
        if in_groups != groups:
            continue
        x, tx = draw(n, c, height, width)
        w, tw = draw(f, c // groups, kh, kw)
        b, tb = draw(f)
        y, cache = forward(x, w, b, stride=stride, padding=padding)
        dy, tdy = draw(*y.shape)
        flops = 2 * y.size * (c // groups) * kh * kw
        s, p = [stride, stride], [padding, padding]
        yield Case(
            "conv2d_forward",
            f"{label}, N={n}",
            partial(forward, x, w, b, stride=stride, padding=padding),
            partial(functional.conv2d, tx, tw, tb, s, p, 1, groups),
            flops,
        )
        settings = (s, p, [1, 1], False, [0, 0], groups, [True] * 3)
        yield Case(
            "conv2d_backward",
            f"{label}, N={n}",
            partial(backward, dy, cache),
            partial(aten.convolution_backward, tdy, tx, tw, [f], *settings),
            2 * flops,
        )


# label, (N, C, H, W), window, stride
POOLS = [
    ("LeNet S2", (64, 6, 28, 28), 2, 2),
    ("LeNet S4", (256, 16, 10, 10), 2, 2),
    ("64 channels at 16", (64, 64, 16, 16), 2, 2),
    ("AlexNet P1", (8, 96, 55, 55), 3, 2),
    ("AlexNet P5", (8, 256, 13, 13), 3, 2),
    ("32 channels at 32", (64, 32, 32, 32), 3, 2),
    ("32 channels at 32", (64, 32, 32, 32), 3, 1),
]


def _there_and_back(forward: Any, backward: Any, x: Any, dy: Any, k: int, s: int) -> Any:
    return backward(dy, forward(x, window=k, stride=s)[1])


def _their_max_pool(x: Any, dy: Any, k: int, s: int) -> Any:
    _, where = aten.max_pool2d_with_indices(x, [k, k], [s, s])
    settings = ([k, k], [s, s], [0, 0], [1, 1], False)
    return aten.max_pool2d_with_indices_backward(dy, x, *settings, where)


def _their_average_pool(x: Any, dy: Any, k: int, s: int) -> Any:
    functional.avg_pool2d(x, k, s)
    return aten.avg_pool2d_backward(dy, x, [k, k], [s, s], [0, 0], False, True, None)


def pooling(draw: Draw) -> Iterator[Case]:
    for label, size, k, s in POOLS:
        x, tx = draw(*size)
        y, _ = pool.max_pool2d_forward(x, window=k, stride=s)
        dy, tdy = draw(*y.shape)
        shape = f"{label}, N={size[0]}, {k}/{s}"
        yield Case(
            "max_pool2d forward",
            shape,
            partial(pool.max_pool2d_forward, x, window=k, stride=s),
            partial(aten.max_pool2d_with_indices, tx, [k, k], [s, s]),
        )
        for name, theirs in (("max", _their_max_pool), ("avg", _their_average_pool)):
            forward = getattr(pool, f"{name}_pool2d_forward")
            backward = getattr(pool, f"{name}_pool2d_backward")
            yield Case(
                f"{name}_pool2d forward+backward",
                shape,
                partial(_there_and_back, forward, backward, x, dy, k, s),
                partial(theirs, tx, tdy, k, s),
            )


def local_response_norm(draw: Draw) -> Iterator[Case]:
    from nn import alexnet

    x, tx = draw(8, 96, 55, 55)
    ours = partial(alexnet.local_response_norm_forward, x)
    theirs = partial(functional.local_response_norm, tx, 5, 5e-4, 0.75, 2.0)
    yield Case("local_response_norm_forward", "AlexNet 1, N=8", ours, theirs)
