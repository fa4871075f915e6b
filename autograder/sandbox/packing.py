"""Values into frames; `wire` says what a frame is and reads it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox import wire
from autograder.sandbox.errors import TooLarge
from shared.calls import Foreign, Handle

_INT_BOUND = 10**wire.DIGITS


def pack(
    value: Any, *, key_of: Callable[[Handle], int], trusted: bool = False, body_cap: int = 1 << 40
) -> bytes:
    """Encode a value.

    Parameters
    ----------
    value
        Any tree of data and handles.
    key_of
        Gives the number of a handle.
    trusted
        The grader's side: the memory layout of arrays travels too, and a value that is no data
        raises `TypeError`. Otherwise a `Foreign` takes its place.
    body_cap
        Most bytes that the arrays may take together.

    Raises
    ------
    TooLarge
        When the value passes one of the caps of `wire`.
    """
    packer = _Packer(key_of, trusted, body_cap)
    tree = packer.node(value, 0)
    header = json.dumps([tree, packer.table], allow_nan=False, separators=(",", ":")).encode()
    if len(header) > wire.HEADER_CAP:
        raise TooLarge("its lists, numbers and texts take more than 1 MiB")
    head = wire.HEAD.pack(wire.MAGIC, len(header), packer.size)
    return b"".join([head, header, *packer.buffers])


# By the string of either byte order: `dtype.name` is put together anew at every look.
_NAMES = {
    ordered.str: name
    for name, dtype in wire.DTYPES.items()
    for ordered in (dtype.newbyteorder("<"), dtype.newbyteorder(">"))
}


class _Packer:
    def __init__(self, key_of: Callable[[Handle], int], trusted: bool, body_cap: int) -> None:
        self.table: list[list[Any]] = []
        self.buffers: list[bytes] = []
        self.size = 0
        self._nodes = 0
        self._key_of = key_of
        self._trusted = trusted
        self._body_cap = body_cap

    def node(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > wire.NODES or depth > wire.DEPTH:
            raise TooLarge("it has too many parts, or they lie too deep (or in a circle)")
        # Exact types throughout: a subclass may carry more than its base, and the same value has to
        # mean the same on a student's laptop, where nothing is packed.
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return value if wire.is_plain(value) else self._foreign(value, "str")
        if kind is int:
            return value if abs(value) < _INT_BOUND else self._foreign(value, "int")
        if kind is float:
            return _spell(value)
        if kind is complex:
            return ["c", _spell(value.real), _spell(value.imag)]
        if kind is np.ndarray:
            return self._array(value)
        if kind is tuple:
            return ["t", *(self.node(part, depth + 1) for part in value)]
        if kind is list:
            return ["l", *(self.node(part, depth + 1) for part in value)]
        if kind is dict:
            return self._dict(value, depth)
        if kind is Handle:
            return ["h", self._key_of(value)]
        if kind is Foreign and not self._trusted:
            return self._foreign(value, value.type)
        if isinstance(value, np.generic) and value.dtype.name in wire.DTYPES:
            dtype = wire.DTYPES[value.dtype.name]
            return ["n", value.dtype.name, np.asarray(value).astype(dtype).tobytes().hex()]
        return self._foreign(value, kind.__name__)

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        if len(value) > wire.ENTRIES:
            raise TooLarge(f"a dict has more than {wire.ENTRIES} entries")
        for key in value:
            if not isinstance(key, wire.KEYS):
                return self._foreign(value, f"dict with keys of type {type(key).__name__}")
        nodes = ([self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in value.items())
        return ["d", *nodes]

    def _array(self, value: np.ndarray[Any, Any]) -> Any:
        name = _NAMES.get(value.dtype.str)
        if name is None:
            return self._foreign(value, f"ndarray of {value.dtype}")
        if len(self.table) >= wire.ARRAYS or value.ndim > wire.DIMENSIONS:
            raise TooLarge(f"over {wire.ARRAYS} arrays, or over {wire.DIMENSIONS} dimensions")
        self.size += value.nbytes
        if self.size > self._body_cap:
            raise TooLarge(f"its arrays take more than {self._body_cap} bytes")
        self.buffers.append(value.astype(wire.DTYPES[name], copy=False).tobytes())
        row: list[Any] = [name, list(value.shape)]
        if self._trusted and not value.flags.c_contiguous:
            row.append(wire.FORTRAN if value.flags.f_contiguous else wire.GAPS)
        self.table.append(row)
        return ["a", len(self.table) - 1]

    def _foreign(self, value: Any, name: str) -> Any:
        if self._trusted:
            raise TypeError(f"a {name} cannot be sent to a worker: {type(value)}")
        return ["x", name[: wire.NAME] if wire.is_plain(name) else "?"]


def _spell(number: float) -> Any:
    if math.isfinite(number):
        return number
    return ["f", "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"]
