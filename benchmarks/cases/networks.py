"""The two networks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks import torch_networks
from benchmarks.cases.case import SEED, Case, Draw

STEPS = 8


def lenet_step(draw: Draw) -> Iterator[Case]:
    """STEPS steps of training in a row; torch's with its fused AdamW."""
    from nn import lenet

    for batch in (64, 256):
        x, tx = draw(STEPS * batch, 1, 28, 28)
        labels = draw.rng.integers(0, 10, len(x))
        rng = np.random.default_rng(SEED)
        start = {k: v.astype(draw.dtype) for k, v in lenet.LeNet5(rng).parameters().items()}
        network = lenet.LeNet5(rng, start)
        parameters = {k: torch.from_numpy(v.copy()).requires_grad_() for k, v in start.items()}
        optimizer = torch.optim.AdamW(parameters.values(), 1e-3, weight_decay=0.1, fused=True)
        tlabels = torch.from_numpy(labels)

        def train(
            parameters: Any = parameters, optimizer: Any = optimizer, x: Any = tx, y: Any = tlabels
        ) -> None:
            for piece in torch.randperm(len(x)).chunk(STEPS):
                optimizer.zero_grad()
                logits = torch_networks.lenet(torch, parameters, x[piece])
                functional.cross_entropy(logits, y[piece]).backward()
                optimizer.step()

        settings = {"epochs": 1, "batch_size": batch, "lr": 1e-3, "rng": rng}
        fit = partial(network.fit, x, labels, **settings)
        yield Case(f"lenet, {STEPS} steps", f"batches of {batch}", fit, train)


def alexnet_forward(draw: Draw) -> Iterator[Case]:
    """The whole network of 2012, without dropout."""
    from nn import alexnet

    rng = np.random.default_rng(SEED)
    start = {
        name: (0.01 * rng.standard_normal(shape, dtype=np.float32)).astype(draw.dtype)
        for name, shape in alexnet.parameter_shapes().items()
    }
    network = alexnet.AlexNet(rng, parameters=start)
    parameters = {name: torch.from_numpy(array) for name, array in start.items()}
    for n in (1, 8):
        x, tx = draw(n, 3, 227, 227)
        theirs = partial(torch_networks.alexnet, torch, parameters, tx)
        flops = 2 * n * 724_000_000  # products of the convolutions and of the linear layers
        yield Case("alexnet.forward", f"N={n}", partial(network.forward, x), theirs, flops)
