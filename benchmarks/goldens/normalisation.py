"""Standardising and batch normalisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from nn import batchnorm, standardize

from benchmarks.goldens.kernel import Arrays, Kernel, Settings, gradients, sizes


def _draw_standardize(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    n, d = sizes(rng, (2, 12), (1, 6))
    return {"x": 3 + rng.standard_normal((n, d)), "later": rng.standard_normal((5, d))}, {}


def _our_standardize(a: Arrays, s: Settings) -> Arrays:
    mean, std = standardize.fit_standardizer(a["x"])
    return {"mean": mean, "std": std, "y": standardize.standardize(a["later"], mean, std)}


def _their_standardize(torch: Any, t: Arrays, s: Settings) -> Arrays:
    mean, std = t["x"].mean(0), t["x"].std(0)
    return {"mean": mean, "std": std, "y": (t["later"] - mean) / std}


def _draw_batchnorm(pixels: bool) -> Callable[[np.random.Generator], tuple[Arrays, Settings]]:
    def draw(rng: np.random.Generator) -> tuple[Arrays, Settings]:
        n, c, h, w = sizes(rng, (4, 12), (2, 6), (1, 5), (1, 5))
        shape = (n, c, h, w) if pixels else (n, c)
        arrays: Arrays = {
            name: rng.standard_normal(c) for name in ("gamma", "beta", "running_mean")
        }
        arrays |= {
            "running_var": rng.uniform(0.5, 2, c),
            "x": rng.uniform(-2, 2) + rng.standard_normal(shape),
            "dy": rng.standard_normal(shape),
        }
        settings = {
            "ema": float(rng.uniform(0.5, 0.99)),
            "eps": float(rng.choice([1e-5, 1e-2])),
            "train": bool(rng.random() < 0.7),
        }
        return arrays, settings

    return draw


def _our_batchnorm(name: str) -> Callable[[Arrays, Settings], Arrays]:
    def ours(a: Arrays, s: Settings) -> Arrays:
        forward = getattr(batchnorm, f"{name}_forward")
        running = (a["running_mean"], a["running_var"])
        y, cache, (mean, var) = forward(a["x"], a["gamma"], a["beta"], running, **s)
        dx, dgamma, dbeta = getattr(batchnorm, f"{name}_backward")(a["dy"], cache)
        result = {"y": y, "dx": dx, "dgamma": dgamma, "dbeta": dbeta}
        return result | {"running_mean": mean, "running_var": var}

    return ours


def _their_batchnorm(torch: Any, t: Arrays, s: Settings) -> Arrays:
    mean, var = t["running_mean"].detach().clone(), t["running_var"].detach().clone()
    y = torch.nn.functional.batch_norm(
        t["x"], mean, var, t["gamma"], t["beta"], s["train"], 1 - s["ema"], s["eps"]
    )
    if s["train"]:  # torch keeps an average of the unbiased variance, the lecture of the biased
        axes = [k for k in range(t["x"].ndim) if k != 1]
        batch = t["x"].var(axes, unbiased=False)
        var = s["ema"] * t["running_var"] + (1 - s["ema"]) * batch
    found = gradients(torch, y, t["dy"], "x gamma beta", t["x"], t["gamma"], t["beta"])
    return found | {"running_mean": mean, "running_var": var}


KERNELS: list[Kernel] = [
    Kernel("standardize", _draw_standardize, _our_standardize, _their_standardize),
    Kernel("batchnorm", _draw_batchnorm(False), _our_batchnorm("batchnorm"), _their_batchnorm),
    Kernel("batchnorm2d", _draw_batchnorm(True), _our_batchnorm("batchnorm2d"), _their_batchnorm),
]
