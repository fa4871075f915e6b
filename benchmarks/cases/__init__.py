"""What `kernels.py` measures: the reference's functions and torch's, on the same numbers.

A case is one call of each. A new kernel is a generator of cases, named in `ALL`. A generator that
imports a component which is not there is left out by `kernels.py`, with a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.cases import images, layers, networks
from benchmarks.cases.case import Case, Draw

__all__ = ["ALL", "Case", "Draw"]

ALL: list[Callable[[Draw], Iterator[Case]]] = [
    images.convolution,
    images.grouped_convolution,
    images.pooling,
    images.local_response_norm,
    layers.linear,
    layers.elementwise,
    layers.losses,
    layers.batch_normalisation,
    layers.penalties,
    layers.optimizer_steps,
    networks.lenet_step,
    networks.alexnet_forward,
]
