"""AlexNet: its own two layers, and a step of a narrow network."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from nn import alexnet

from benchmarks import torch_networks
from benchmarks.goldens.images import draw_convolution, their_convolution
from benchmarks.goldens.kernel import (
    Arrays,
    Kernel,
    Settings,
    both_ways,
    gradients,
    projections,
    sizes,
)

NARROW: dict[str, Any] = {"width": 0.05, "classes": 7, "size": 99}


def _draw_norm(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    shape = sizes(rng, (1, 3), (1, 9), (1, 4), (1, 4))
    settings = {
        "n": int(rng.choice([1, 3, 5, 7])),
        "k": float(rng.uniform(0.5, 3)),
        "alpha": float(10 ** rng.uniform(-4, 0)),
        "beta": float(rng.uniform(0.3, 1.5)),
    }
    return {"x": 3 * rng.standard_normal(shape), "dy": rng.standard_normal(shape)}, settings


def _their_norm(torch: Any, t: Arrays, s: Settings) -> Arrays:
    # torch takes the mean of the n squares where the paper takes their sum.
    y = torch.nn.functional.local_response_norm(
        t["x"], s["n"], s["alpha"] * s["n"], s["beta"], s["k"]
    )
    return gradients(torch, y, t["dy"], "x", t["x"])


def _draw_network(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    n = int(rng.integers(1, 4))
    arrays: Arrays = {}
    for name, shape in alexnet.parameter_shapes(**NARROW).items():
        inputs = np.prod(shape[1:]) if "conv" in name else shape[0]
        arrays[name] = rng.standard_normal(shape) * np.sqrt(2 / inputs)
    # A sure network has a loss near zero, and a relative error of it that says nothing.
    arrays["fc8.weight"] /= 10
    arrays["x"] = rng.standard_normal((n, 3, NARROW["size"], NARROW["size"]))
    return arrays | {"labels": rng.integers(0, NARROW["classes"], n)}, {}


def _our_network(a: Arrays, s: Settings) -> Arrays:
    parameters = {name: a[name] for name in alexnet.parameter_shapes(**NARROW)}
    network = alexnet.AlexNet(np.random.default_rng(0), parameters=parameters, **NARROW)
    loss, grads = network.loss_and_grads(a["x"], a["labels"])
    found = {"logits": network.forward(a["x"]), "loss": loss}
    return found | projections({name: grads[name] for name in parameters})


def _their_network(torch: Any, t: Arrays, s: Settings) -> Arrays:
    parameters = {name: t[name] for name in alexnet.parameter_shapes(**NARROW)}
    logits = torch_networks.alexnet(torch, parameters, t["x"])
    loss = torch.nn.functional.cross_entropy(logits, t["labels"])
    grads = torch.autograd.grad(loss, list(parameters.values()))
    found = {name: g.numpy() for name, g in zip(parameters, grads, strict=True)}
    return {"logits": logits, "loss": loss} | projections(found)


KERNELS = [
    Kernel(
        "local_response_norm",
        _draw_norm,
        both_ways(alexnet.local_response_norm_forward, alexnet.local_response_norm_backward, "x"),
        _their_norm,
    ),
    Kernel(
        "grouped_conv2d",
        partial(draw_convolution, groups=(1, 2, 3)),
        both_ways(alexnet.grouped_conv2d_forward, alexnet.grouped_conv2d_backward, "x w b"),
        their_convolution,
    ),
    Kernel("alexnet", _draw_network, _our_network, _their_network, configurations=50),
]
