"""One step of LeNet-5: logits, loss and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from nn import lenet

from benchmarks import torch_networks
from benchmarks.goldens.kernel import Arrays, Kernel, Settings, projections


def _draw(rng: np.random.Generator) -> tuple[Arrays, Settings]:
    n = int(rng.integers(1, 5))
    arrays: Arrays = {
        name: rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))
        if "conv" in name
        else rng.standard_normal(shape) / np.sqrt(shape[0])
        for name, shape in lenet.SHAPES.items()
    }
    arrays["x"] = rng.standard_normal((n, 1, 28, 28))
    return arrays | {"labels": rng.integers(0, 10, n)}, {}


def _ours(a: Arrays, s: Settings) -> Arrays:
    parameters = {name: a[name] for name in lenet.SHAPES}
    network = lenet.LeNet5(np.random.default_rng(0), parameters)
    loss, grads = network.loss_and_grads(a["x"], a["labels"])
    found = {"logits": network.forward(a["x"]), "loss": loss}
    return found | projections({name: grads[name] for name in lenet.SHAPES})


def _theirs(torch: Any, t: Arrays, s: Settings) -> Arrays:
    parameters = {name: t[name] for name in lenet.SHAPES}
    logits = torch_networks.lenet(torch, parameters, t["x"])
    loss = torch.nn.functional.cross_entropy(logits, t["labels"])
    grads = torch.autograd.grad(loss, list(parameters.values()))
    found = {name: g.numpy() for name, g in zip(parameters, grads, strict=True)}
    return {"logits": logits, "loss": loss} | projections(found)


KERNELS = [Kernel("lenet", _draw, _ours, _theirs, configurations=100)]
