"""The kernels that `golden.py` compares: one module for each family.

A new kernel is one more entry of its module's KERNELS; a component that is not there yet is left
out, and said to be.
"""

from __future__ import annotations

from importlib import import_module

from benchmarks.goldens.kernel import Arrays, Kernel, Settings

FAMILIES = ("layers", "losses", "normalisation", "images", "optimizers", "lenet", "alexnet")

__all__ = ["Arrays", "Kernel", "Settings", "all_kernels"]


def all_kernels() -> tuple[list[Kernel], list[str]]:
    """Every kernel whose component is there, and a line for each family that is not."""
    kernels: list[Kernel] = []
    missing = []
    for family in FAMILIES:
        try:
            kernels += import_module(f"benchmarks.goldens.{family}").KERNELS
        except ImportError as error:
            missing.append(f"{family}: left out, {error}")
    return kernels, missing
