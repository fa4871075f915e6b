"""Losses, penalties, and the network of linear layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from nn import backprop, weight_decay

from benchmarks.goldens.kernel import Arrays, Kernel, Settings, gradients, sizes


def _draw_loss(kind: str) -> Callable[[np.random.Generator], tuple[Arrays, Settings]]:
    def draw(rng: np.random.Generator) -> tuple[Arrays, Settings]:
        n, c = sizes(rng, (1, 8), (2, 9))
        y = 10 ** rng.uniform(-1, 1) * rng.standard_normal((n, c))
        targets: dict[str, Callable[[], Any]] = {
            "labels": lambda: rng.integers(0, c, n),
            "yes": lambda: rng.uniform(0, 1, (n, c)),
            "numbers": lambda: rng.standard_normal((n, c)),
        }
        return {"y": y, "target": targets[kind]()}, {}

    return draw


def _loss(name: str, kind: str, theirs: Callable[[Any, Any, Any], Any]) -> Kernel:
    def ours(a: Arrays, s: Settings) -> Arrays:
        loss, dy = getattr(backprop, name)(a["y"], a["target"])
        return {"loss": loss, "dy": dy}

    def with_gradient(torch: Any, t: Arrays, s: Settings) -> Arrays:
        loss = theirs(torch, t["y"], t["target"])
        return {"loss": loss, "dy": torch.autograd.grad(loss, t["y"])[0]}

    return Kernel(name, _draw_loss(kind), ours, with_gradient)


def _draw_layers(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    widths = sizes(rng, *[(2, 7)] * int(rng.integers(2, 5)))
    arrays: Arrays = {}
    for k, (d, m) in enumerate(pairwise(widths)):
        arrays |= {f"w{k}": rng.standard_normal((d, m)), f"b{k}": rng.standard_normal(m)}
    return arrays, {"layers": len(widths) - 1, "lam": float(10 ** rng.uniform(-3, 1))}


def _layers(a: Arrays, s: Settings) -> list[tuple[Any, Any]]:
    return [(a[f"w{k}"], a[f"b{k}"]) for k in range(s["layers"])]


def _penalty(name: str, theirs: Callable[[Any, Any], Any]) -> Kernel:
    def ours(a: Arrays, s: Settings) -> Arrays:
        value, grads = getattr(weight_decay, name)(_layers(a, s), s["lam"])
        return {"penalty": value} | {f"dw{k}": dw for k, (dw, _) in enumerate(grads)}

    def with_gradient(torch: Any, t: Arrays, s: Settings) -> Arrays:
        weights = [w for w, _ in _layers(t, s)]
        value = sum(theirs(w, s["lam"]) for w in weights)
        found = torch.autograd.grad(value, weights)
        return {"penalty": value} | {f"dw{k}": g for k, g in enumerate(found)}

    return Kernel(name, _draw_layers, ours, with_gradient)


def _draw_mlp(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    arrays, settings = _draw_layers(rng)
    n, last = int(rng.integers(1, 7)), settings["layers"] - 1
    arrays["x"] = rng.standard_normal((n, len(arrays["w0"])))
    return arrays | {"dy": rng.standard_normal((n, len(arrays[f"b{last}"])))}, settings


def _our_mlp(a: Arrays, s: Settings) -> Arrays:
    y, cache = backprop.mlp_forward(a["x"], _layers(a, s))
    grads = backprop.mlp_backward(a["dy"], cache)
    return {"y": y} | {f"dw{k}": g[0] for k, g in enumerate(grads)} | {"db0": grads[0][1]}


def _their_mlp(torch: Any, t: Arrays, s: Settings) -> Arrays:
    layers, y = _layers(t, s), t["x"]
    for k, (w, b) in enumerate(layers):
        y = (torch.sigmoid(y) if k else y) @ w + b
    names = " ".join(f"w{k}" for k in range(s["layers"])) + " b0"
    return gradients(torch, y, t["dy"], names, *(w for w, _ in layers), layers[0][1])


KERNELS: list[Kernel] = [
    _loss(
        "mse_loss",
        "numbers",
        lambda torch, y, t: torch.nn.functional.mse_loss(y, t, reduction="sum") / (2 * len(y)),
    ),
    _loss(
        "binary_cross_entropy_with_logits",
        "yes",
        lambda torch, y, t: (
            torch.nn.functional.binary_cross_entropy_with_logits(y, t, reduction="sum") / len(y)
        ),
    ),
    _loss("cross_entropy", "labels", lambda torch, y, t: torch.nn.functional.cross_entropy(y, t)),
    _penalty("l2_penalty", lambda w, lam: lam / 2 * (w * w).sum()),
    _penalty("l1_penalty", lambda w, lam: lam * w.abs().sum()),
    Kernel("mlp", _draw_mlp, _our_mlp, _their_mlp),
]
