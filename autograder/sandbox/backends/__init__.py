"""What can be put around the whole fork server, one file each.

A backend starts the fork server's program (on the grader's side) and may close the world around it
once it has loaded what it needs (on the fork server's side).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from autograder.sandbox.backends.bwrap import Bubblewrap
from autograder.sandbox.backends.namespaces import Namespaces
from autograder.sandbox.backends.plain import Plain


class Backend(Protocol):
    """One kind of surroundings."""

    @property
    def name(self) -> str:
        """Its name, which the fork server is told."""
        ...

    @property
    def shown(self) -> str:
        """What it adds, as a result reports it; empty for nothing."""
        ...

    def missing(self) -> str:
        """Say why it is not worth a try here; empty where it is."""
        ...

    def command(self, program: Sequence[str]) -> list[str]:
        """Give the command that runs `program` in it."""
        ...

    def enter(self) -> None:
        """Close it around the calling process, for good."""
        ...


PLAIN = Plain()
# From the best to the next best. With an id per worker before a user namespace, which has one id.
NAMESPACES: tuple[Backend, ...] = (Bubblewrap(ids=True), Bubblewrap(ids=False), Namespaces())


def named(name: str) -> Backend:
    """Find a backend."""
    return next(backend for backend in (PLAIN, *NAMESPACES) if backend.name == name)
