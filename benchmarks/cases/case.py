"""What a case is, and the numbers it is measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

SEED = 3


@dataclass(frozen=True)
class Case:
    """One shape of one kernel. `flops` is 0 where the work is not products of matrices."""

    kernel: str
    shape: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    flops: int = 0


class Draw:
    """Normal numbers as an array and as a tensor, of one dtype."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.rng = np.random.default_rng(SEED)

    def __call__(self, *shape: int) -> tuple[Any, Any]:
        array = self.rng.standard_normal(shape).astype(self.dtype)
        return array, torch.from_numpy(array.copy())
