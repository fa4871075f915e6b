"""Linear and elementwise layers, and dropout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from nn import activations, backprop, dropout

from benchmarks.goldens.kernel import Arrays, Kernel, Settings, both_ways, gradients, sizes


def _draw_elementwise(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    shape = sizes(rng, (1, 5), (1, 7))
    # Where a slope is all but 0, float32 has no digits of it: no saturated inputs.
    return {"x": rng.uniform(-3, 3, shape), "dy": rng.standard_normal(shape)}, {}


def _elementwise(name: str, module: Any, theirs: Callable[..., Any], *, alpha: bool = False) -> Any:
    def draw(rng: np.random.Generator) -> tuple[Arrays, Settings]:
        arrays, settings = _draw_elementwise(rng)
        return arrays, settings | ({"alpha": float(rng.uniform(0.3, 2))} if alpha else {})

    return Kernel(
        name,
        draw,
        both_ways(getattr(module, f"{name}_forward"), getattr(module, f"{name}_backward"), "x"),
        lambda torch, t, s: gradients(torch, theirs(torch, t["x"], **s), t["dy"], "x", t["x"]),
    )


def _draw_linear(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    n, d, m = sizes(rng, (1, 9), (1, 12), (1, 8))
    shapes = {"x": (n, d), "w": (d, m), "b": (m,), "dy": (n, m)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}, {}


def _their_linear(torch: Any, t: Arrays, s: Settings) -> Arrays:
    return gradients(torch, t["x"] @ t["w"] + t["b"], t["dy"], "x w b", t["x"], t["w"], t["b"])


def _draw_dropout(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    arrays, _ = _draw_elementwise(rng)
    return arrays, {"p": float(rng.uniform(0, 0.9)), "seed": int(rng.integers(2**31))}


def _our_dropout(a: Arrays, s: Settings) -> Arrays:
    y, cache = dropout.dropout_forward(a["x"], s["p"], np.random.default_rng(s["seed"]))
    return {"y": y, "dx": dropout.dropout_backward(a["dy"], cache)}


def _their_dropout(torch: Any, t: Arrays, s: Settings) -> Arrays:
    # What was dropped is the reference's own draw; what is compared is what becomes of the rest.
    ones = np.ones(tuple(t["x"].shape))
    kept = dropout.dropout_forward(ones, s["p"], np.random.default_rng(s["seed"]))[0] > 0
    mask = torch.from_numpy(kept).to(t["x"].dtype)
    return gradients(torch, t["x"] * mask / (1 - s["p"]), t["dy"], "x", t["x"])


def _their_elu(torch: Any, x: Any, alpha: float) -> Any:
    return torch.nn.functional.elu(x, alpha)


KERNELS: list[Kernel] = [
    Kernel(
        "linear",
        _draw_linear,
        both_ways(backprop.linear_forward, backprop.linear_backward, "x w b"),
        _their_linear,
    ),
    _elementwise("sigmoid", backprop, lambda torch, x: torch.sigmoid(x)),
    _elementwise("tanh", activations, lambda torch, x: torch.tanh(x)),
    _elementwise("relu", activations, lambda torch, x: torch.relu(x)),
    _elementwise("elu", activations, _their_elu, alpha=True),
    Kernel("dropout", _draw_dropout, _our_dropout, _their_dropout),
]
