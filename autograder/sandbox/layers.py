"""What can be put around a worker, and the levels that come of it.

A further kind of isolation is a class of its own here, or in a file of its own, and a longer tuple
in `LEVELS`: nothing else knows the layers by name.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Protocol

from autograder.sandbox import limits, seccomp
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Jail:
    """What a layer may need to know of the worker that it closes around."""

    limits: Limits
    base: int  # bytes of address space before the student's code came


class Layer(Protocol):
    """One kind of isolation."""

    @property
    def name(self) -> str:
        """Its name, as a result reports it."""
        ...

    def missing(self) -> str:
        """Say why this host cannot have it; empty where it can."""
        ...

    def apply(self, jail: Jail) -> None:
        """Close it around the calling process, for good."""
        ...


@dataclass(frozen=True)
class Rlimits:
    """The kernel's limits on memory, time, files and processes."""

    name: str = "rlimits"

    def missing(self) -> str:
        # Not the limits alone: the fork server itself stands on pidfds and parent-death signals.
        return "" if sys.platform == "linux" else f"workers need Linux, and this is {sys.platform}"

    def apply(self, jail: Jail) -> None:
        limits.apply(jail.limits, jail.base)


@dataclass(frozen=True)
class Seccomp:
    """The filter on system calls."""

    name: str = "seccomp"

    def missing(self) -> str:
        return seccomp.missing()

    def apply(self, jail: Jail) -> None:
        seccomp.apply()


# From the weakest to the strongest. The filter comes last: it forbids what the others need.
LEVELS: tuple[tuple[str, tuple[Layer, ...]], ...] = (
    ("weak", (Rlimits(),)),
    ("kernel", (Rlimits(), Seccomp())),
)


def layers_of(level: str) -> tuple[Layer, ...]:
    """Give the layers of a level, in the order in which they close."""
    for name, layers in LEVELS:
        if name == level:
            return layers
    raise SandboxError(f"no level {level!r}; there are {', '.join(name for name, _ in LEVELS)}")


def available_levels() -> tuple[str, ...]:
    """Give the levels that this host offers, from the weakest to the strongest."""
    return tuple(name for name, layers in LEVELS if not any(layer.missing() for layer in layers))


def exactly(level: str) -> str:
    """Give `level`, or raise where this host does not offer it."""
    why = "; ".join(reason for layer in layers_of(level) if (reason := layer.missing()))
    if why:
        raise SandboxError(f"this host does not offer level {level!r}: {why}")
    return level


def choose(require: str, *, allow_weak: bool) -> str:
    """Give the strongest level of this host, or raise where it is below `require`."""
    names = [name for name, _ in LEVELS]
    layers_of(require)
    why = ""
    for name, layers in reversed(LEVELS):
        why_not = "; ".join(reason for layer in layers if (reason := layer.missing()))
        if not why_not:
            if names.index(name) >= names.index(require) or allow_weak:
                return name
            break
        why = why_not
    raise SandboxError(
        f"this host cannot isolate a student's code at level {require!r}: {why}. "
        "Grade on Linux x86_64, in a virtual machine if need be; allow_weak=True is for code "
        "that you trust as your own"
    )
