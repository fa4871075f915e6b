"""Optimizers, many steps each, on a bowl with noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from nn import optimizers

from benchmarks.goldens.kernel import Arrays, Kernel, Settings, sizes

STEPS = 20


def _draw_descent(**ranges: tuple[float, float]) -> Any:
    def draw(rng: np.random.Generator) -> tuple[Arrays, Settings]:
        shape = sizes(rng, (1, 4), (1, 5))
        arrays: Arrays = {"w": rng.standard_normal(shape)}
        # A bowl that is steeper in some directions, and gradients of changing size on top.
        arrays["curvature"] = rng.uniform(0.1, 5, shape)
        arrays["noise"] = rng.standard_normal((STEPS, *shape)) * 10 ** rng.uniform(
            -2, 1, (STEPS, 1, 1)
        )
        settings = {k: float(rng.uniform(*limits)) for k, limits in ranges.items()}
        return arrays, settings

    return draw


def _our_descent(name: str) -> Callable[[Arrays, Settings], Arrays]:
    def ours(a: Arrays, s: Settings) -> Arrays:
        w, state = a["w"], None
        for noise in a["noise"]:
            point = w
            if name == "nesterov":
                point = optimizers.nesterov_lookahead(w, state, **s)
            bowl = 0 * noise if name == "rprop" else a["curvature"] * point
            w, state = getattr(optimizers, name)(w, bowl + noise, state, **s)
        if name == "nesterov":
            w = optimizers.nesterov_lookahead(w, state, **s)
        return {"w": w}

    return ours


def _their_descent(
    make: Callable[[Any, list[Any], Settings], Any], bowl: float = 1
) -> Callable[[Any, Arrays, Settings], Arrays]:
    def theirs(torch: Any, t: Arrays, s: Settings) -> Arrays:
        w = t["w"].detach().clone()
        optimizer = make(torch.optim, [w], s)
        for noise in t["noise"].detach():
            w.grad = bowl * t["curvature"].detach() * w + noise
            optimizer.step()
        return {"w": w}

    return theirs


def _their_norm_adam(torch: Any, t: Arrays, s: Settings) -> Arrays:
    w, m, v = t["w"], 0.0, torch.zeros_like(t["w"])
    for noise in t["noise"]:
        grad = t["curvature"] * w + noise
        m = s["beta2"] * m + (1 - s["beta2"]) * grad.norm()
        v = s["beta1"] * v + (1 - s["beta1"]) * grad
        w = w - s["lr"] * v / (m + 1e-8)
    return {"w": w}


RATE = (1e-3, 0.1)
BETAS = {"beta1": (0.5, 0.95), "beta2": (0.8, 0.999)}


def _descent(name: str, theirs: Any, **ranges: tuple[float, float]) -> Kernel:
    return Kernel(name, _draw_descent(**ranges), _our_descent(name), theirs)


KERNELS: list[Kernel] = [
    _descent("sgd", _their_descent(lambda optim, w, s: optim.SGD(w, s["lr"])), lr=RATE),
    # torch adds gradients where the lecture averages them: the same path at lr * (1 - gamma).
    _descent(
        "momentum",
        _their_descent(
            lambda optim, w, s: optim.SGD(w, s["lr"] * (1 - s["gamma"]), momentum=s["gamma"])
        ),
        lr=RATE,
        gamma=(0.3, 0.95),
    ),
    # torch's weights are the points ahead.
    _descent(
        "nesterov",
        _their_descent(
            lambda optim, w, s: optim.SGD(
                w, s["lr"] * (1 - s["gamma"]), momentum=s["gamma"], nesterov=True
            )
        ),
        lr=RATE,
        gamma=(0.3, 0.95),
    ),
    _descent(
        "rprop",
        _their_descent(lambda optim, w, s: optim.Rprop(w, s["lr"]), bowl=0),
        lr=RATE,
    ),
    _descent(
        "adam",
        _their_descent(lambda optim, w, s: optim.Adam(w, s["lr"], (s["beta1"], s["beta2"]))),
        lr=RATE,
        **BETAS,
    ),
    _descent("norm_adam", _their_norm_adam, lr=RATE, **BETAS),
]
