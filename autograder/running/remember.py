"""The reference, with every answer remembered.

The tests run once against the reference before any submission. What they asked of it then is
answered from memory afterwards: a student's code cannot learn anything from how long the grader
takes between two calls, and a class does not pay for the same answer three hundred times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from shared.calls import Backend, Handle, Reply, Spec


class Remembering:
    """A backend in front of another that answers the same call from memory.

    Parameters
    ----------
    backend : Backend
        Of a solution whose functions are pure: the reference.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._replies: dict[bytes, Reply] = {}
        self._generators: set[int] = set()

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        returns: Spec,
        *,
        count: bool = False,
    ) -> Reply:
        key = self._key(name, args, kwargs)
        # A generator advances, so the same call gives another answer each time.
        if key is None or count:
            return self._backend.call(name, args, kwargs, returns, count=count)
        if key not in self._replies:
            self._replies[key] = self._backend.call(name, args, kwargs, returns)
        reply = self._replies[key]
        return replace(reply, value=_fresh(reply.value))

    def generator(self, seed: int) -> Handle:
        handle = self._backend.generator(seed)
        self._generators.add(handle._key)
        return handle

    def metered(self) -> Backend:
        return self._backend.metered()

    def drop(self, key: int) -> None:
        """Nothing: a remembered cache may be asked for again."""

    def _key(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes | None:
        digest = hashlib.blake2b(name.encode(), digest_size=16)
        for value in (args, sorted(kwargs.items())):
            if not self._add(digest, value):
                return None
        return digest.digest()

    def _add(self, digest: Any, value: Any) -> bool:
        if isinstance(value, Handle):
            digest.update(b"h%d" % value._key)
            return value._key not in self._generators
        if isinstance(value, np.ndarray):
            digest.update(f"a{value.dtype}{value.shape}".encode())
            digest.update(value.tobytes())
            return True
        if isinstance(value, (tuple, list)):
            digest.update(f"{type(value).__name__}{len(value)}".encode())
            return all(self._add(digest, v) for v in value)
        if isinstance(value, dict):
            return self._add(digest, sorted(value.items()))
        digest.update(f"{type(value).__name__}{value!r}\0".encode())
        return True


def _fresh(value: Any) -> Any:
    """The value with arrays of its own, so that no test can spoil what is remembered."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple):
        return tuple(_fresh(v) for v in value)
    if isinstance(value, list):
        return [_fresh(v) for v in value]
    if isinstance(value, dict):
        return {k: _fresh(v) for k, v in value.items()}
    return value
