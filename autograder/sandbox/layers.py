"""What can be closed around a worker, one layer within another.

A further kind of isolation is a class here and a place in `LAYERS`: nothing else knows them by
name. Whether a layer can be had is tried, in a process of its own, and not guessed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autograder.sandbox import kernel, landlock, limits, seccomp, userids
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Jail:
    """What a layer may need to know of the worker that it closes around."""

    limits: Limits
    base: int  # bytes of address space before the student's code came
    server: int  # pid of the fork server
    ids: tuple[int, ...]  # user ids to try


@dataclass(frozen=True)
class Tried:
    """What came of a layer on this machine: `why` is empty where it holds."""

    name: str
    detail: str = ""
    why: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.detail})" if self.detail else self.name


class Layer(Protocol):
    """One kind of isolation."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def apply(self, jail: Jail) -> str:
        """Close it around the calling process, for good; gives what there is to say of it."""
        ...


@dataclass(frozen=True)
class Rlimits:
    """The kernel's limits on memory, time, files and processes."""

    name: str = "rlimits"

    def apply(self, jail: Jail) -> str:
        limits.apply(jail.limits, jail.base)
        return ""


@dataclass(frozen=True)
class UserId:
    """A user id that nobody else has."""

    name: str = "uid"

    def apply(self, jail: Jail) -> str:
        userids.apply(jail.ids)
        # The kernel forgets the wish to die with the parent when the user changes.
        kernel.die_with(jail.server)
        return "one per worker"


@dataclass(frozen=True)
class Capabilities:
    """No capability, also none that a user namespace gave."""

    name: str = "capabilities"

    def apply(self, jail: Jail) -> str:
        kernel.keep_capabilities()
        return "none"


@dataclass(frozen=True)
class Landlock:
    """No file, no TCP, no signal to others, each as far as the kernel's version has it."""

    name: str = "landlock"

    def apply(self, jail: Jail) -> str:
        return f"ABI {landlock.apply()}"


@dataclass(frozen=True)
class Seccomp:
    """The filter on system calls."""

    name: str = "seccomp"

    def apply(self, jail: Jail) -> str:
        seccomp.apply()
        return ""


# In the order in which they close. The filter comes last: it forbids what the others need.
LAYERS: tuple[Layer, ...] = (Rlimits(), UserId(), Capabilities(), Landlock(), Seccomp())


def close(names: Sequence[str], jail: Jail) -> None:
    """Close the named layers around this process, in their order."""
    for layer in LAYERS:
        if layer.name in names:
            layer.apply(jail)


def try_all(jail: Jail) -> list[Tried]:
    """Try every layer in a fork of this process."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            tried = [_try(layer, jail) for layer in LAYERS]
            os.write(writer, json.dumps(tried).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        # The filter of an emulator or a container may kill where a kernel refuses.
        return [Tried(layer.name, why="the process that tried it died") for layer in LAYERS]
    return [Tried(*fields) for fields in json.loads(answer)]


def _try(layer: Layer, jail: Jail) -> tuple[str, str, str]:
    try:
        return layer.name, layer.apply(jail), ""
    except OSError as error:
        return layer.name, "", error.strerror or str(error)
