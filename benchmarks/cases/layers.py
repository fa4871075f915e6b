"""Linear and elementwise layers, losses, batch normalisation, penalties and optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from nn import activations, backprop, batchnorm, dropout, optimizers, weight_decay
from torch.nn import functional

from benchmarks.cases.case import SEED, Case, Draw

aten = torch.ops.aten


def _their_linear_backward(dy: Any, x: Any, w: Any) -> Any:
    return dy @ w.T, x.T @ dy, dy.sum(0)


def linear(draw: Draw) -> Iterator[Case]:
    for n, d, m in [(256, 400, 120), (64, 784, 256), (8, 9216, 4096)]:
        (x, tx), (w, tw), (b, tb), (dy, tdy) = draw(n, d), draw(d, m), draw(m), draw(n, m)
        _, cache = backprop.linear_forward(x, w, b)
        shape, flops = f"({n}, {d}) @ ({d}, {m})", 2 * n * d * m
        forward = partial(backprop.linear_forward, x, w, b)
        yield Case("linear_forward", shape, forward, partial(torch.addmm, tb, tx, tw), flops)
        yield Case(
            "linear_backward",
            shape,
            partial(backprop.linear_backward, dy, cache),
            partial(_their_linear_backward, tdy, tx, tw),
            2 * flops,
        )


def elementwise(draw: Draw) -> Iterator[Case]:
    size = (64, 6, 28, 28)
    (x, tx), (dy, tdy) = draw(*size), draw(*size)
    for name, module, theirs, their_backward in (
        ("sigmoid", backprop, torch.sigmoid, partial(aten.sigmoid_backward, tdy)),
        ("tanh", activations, torch.tanh, partial(aten.tanh_backward, tdy)),
        ("relu", activations, torch.relu, lambda y: aten.threshold_backward(tdy, y, 0)),
        ("elu", activations, functional.elu, partial(aten.elu_backward, tdy, 1.0, 1, 1, True)),
    ):
        forward = getattr(module, f"{name}_forward")
        backward = getattr(module, f"{name}_backward")
        _, cache = forward(x)
        yield Case(f"{name}_forward", str(size), partial(forward, x), partial(theirs, tx))
        yield Case(
            f"{name}_backward",
            str(size),
            partial(backward, dy, cache),
            partial(their_backward, theirs(tx)),
        )
    yield Case(
        "dropout_forward",
        str(size),
        partial(dropout.dropout_forward, x, 0.5, np.random.default_rng(SEED)),
        partial(functional.dropout, tx, 0.5, training=True),
    )


def _their_loss(loss: Callable[..., Any], y: Any, target: Any, over: float, **settings: str) -> Any:
    """A loss and its gradient, by autograd."""
    y = y.detach().requires_grad_()
    value = loss(y, target, **settings) / over
    return value, torch.autograd.grad(value, y)


def losses(draw: Draw) -> Iterator[Case]:
    total = {"reduction": "sum"}
    for n, c in [(64, 10), (256, 10), (256, 1000)]:
        (y, ty), (target, ttarget) = draw(n, c), draw(n, c)
        yes, labels = np.abs(np.tanh(target)), draw.rng.integers(0, c, n)
        squares = partial(_their_loss, functional.mse_loss, ty, ttarget, 2 * n, **total)
        bernoulli = partial(
            _their_loss,
            functional.binary_cross_entropy_with_logits,
            ty,
            torch.from_numpy(yes),
            n,
            **total,
        )
        classes = partial(
            _their_loss, functional.cross_entropy, ty, torch.from_numpy(labels), n, **total
        )
        for name, aim, theirs in (
            ("mse_loss", target, squares),
            ("binary_cross_entropy_with_logits", yes, bernoulli),
            ("cross_entropy", labels, classes),
        ):
            yield Case(name, str((n, c)), partial(getattr(backprop, name), y, aim), theirs)


def batch_normalisation(draw: Draw) -> Iterator[Case]:
    for size in [(256, 120), (256, 1024), (64, 32, 16, 16), (64, 64, 8, 8)]:
        (x, tx), (dy, tdy) = draw(*size), draw(*size)
        (gamma, tgamma), (beta, tbeta) = draw(size[1]), draw(size[1])
        running = np.zeros_like(gamma), np.ones_like(gamma)
        trunning = torch.zeros_like(tgamma), torch.ones_like(tgamma)
        name = "batchnorm" if len(size) == 2 else "batchnorm2d"
        forward = partial(getattr(batchnorm, f"{name}_forward"), x, gamma, beta, running)
        theirs = partial(torch.native_batch_norm, tx, tgamma, tbeta, *trunning, True, 0.1, 1e-5)
        _, cache, _ = forward()
        _, mean, inverse = theirs()
        yield Case(f"{name}_forward", str(size), forward, theirs)
        yield Case(
            f"{name}_backward",
            str(size),
            partial(getattr(batchnorm, f"{name}_backward"), dy, cache),
            partial(
                aten.native_batch_norm_backward,
                *(tdy, tx, tgamma, *trunning, mean, inverse, True, 1e-5, [True] * 3),
            ),
        )


def penalties(draw: Draw) -> Iterator[Case]:
    (w, tw), (b, _) = draw(400, 120), draw(120)
    for name, theirs in (
        ("l2_penalty", lambda: (0.05 * (tw * tw).sum(), 0.1 * tw)),
        ("l1_penalty", lambda: (0.1 * tw.abs().sum(), 0.1 * tw.sign())),
    ):
        ours = partial(getattr(weight_decay, name), [(w, b)], 0.1)
        yield Case(name, str(w.shape), ours, theirs)


def optimizer_steps(draw: Draw) -> Iterator[Case]:
    """A step; torch's changes its weights in place, one operation at a time (not fused)."""
    optim = torch.optim
    their_momentum = partial(optim.SGD, momentum=0.9, dampening=0.1)
    for size in (61_706, 1_000_000, 10_000_000):
        for name, settings, make in (
            ("sgd", {"lr": 1e-3}, optim.SGD),
            ("momentum", {"lr": 1e-3, "gamma": 0.9}, their_momentum),
            ("rprop", {"lr": 1e-3}, optim.Rprop),
            ("adam", {"lr": 1e-3}, optim.Adam),
        ):
            (w, tw), (grad, tgrad) = draw(size), draw(size)
            tw.grad = tgrad
            optimizer = make([tw], lr=1e-3, foreach=False)
            step = getattr(optimizers, name)
            _, state = step(w, grad, None, **settings)
            ours = partial(step, w, grad, state, **settings)
            yield Case(name, f"{size:,} weights", ours, optimizer.step)
