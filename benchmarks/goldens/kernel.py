"""What a row of the table behind `golden.py` is.

A kernel draws a configuration (arrays and settings) from a generator, computes it with the
reference, and says how torch computes the same: both return arrays by name. torch comes as an
argument, so the reference's part works without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, Any]
Settings = dict[str, Any]


@dataclass(frozen=True)
class Kernel:
    """One row of the table.

    Attributes
    ----------
    name : str
    draw : callable
        ``draw(rng)`` gives arrays by name and settings; floating arrays are then cast.
    ours, theirs : callable
        ``ours(arrays, settings)`` and ``theirs(torch, tensors, settings)``: results by name.
    configurations : int
        At most so many are compared.
    """

    name: str
    draw: Callable[[np.random.Generator], tuple[Arrays, Settings]]
    ours: Callable[[Arrays, Settings], Arrays]
    theirs: Callable[[Any, Arrays, Settings], Arrays]
    configurations: int = 500


def gradients(torch: Any, y: Any, upstream: Any, names: str, *inputs: Any) -> Arrays:
    """y, and the gradients of sum(y * upstream) by autograd, under the names dx, dw and so on."""
    found = torch.autograd.grad(y, inputs, upstream)
    return {"y": y} | {f"d{name}": g for name, g in zip(names.split(), found, strict=True)}


def both_ways(
    forward: Callable[..., Any], backward: Callable[..., Any], names: str
) -> Callable[[Arrays, Settings], Arrays]:
    """The reference's forward and backward on the arrays of those names."""

    def ours(a: Arrays, s: Settings) -> Arrays:
        y, cache = forward(*(a[name] for name in names.split()), **s)
        found = backward(a["dy"], cache)
        found = found if isinstance(found, tuple) else (found,)
        return {"y": y} | {f"d{name}": g for name, g in zip(names.split(), found, strict=True)}

    return ours


def sizes(rng: np.random.Generator, *limits: tuple[int, int]) -> list[int]:
    return [int(rng.integers(low, high + 1)) for low, high in limits]


def projections(grads: Arrays) -> Arrays:
    """Products of each gradient with four Gaussian directions: few numbers, no blind spot.

    An error of a relative size r passes a limit l with a probability of about (0.8 * l / r) ** 4.
    """
    found = {}
    for name, g in grads.items():
        directions = np.random.default_rng(4).standard_normal((4, g.size))
        found[f"d{name}"] = (directions @ g.ravel()).astype(g.dtype)
    return found
