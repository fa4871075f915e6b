"""Frames, and reading one without trusting it.

A frame is a magic, the length of the header, the length of the body, a JSON header and the raw
little-endian C-order buffers of the arrays. The header is ``[tree, table]``. In the tree every JSON
list begins with a tag, so nothing is ever guessed from its shape:

====================  ==================================
``["t", ...]``        tuple
``["l", ...]``        list
``["d", [k, v] ...]``  dict
``["a", i]``          array i of the table
``["n", dtype, hex]``  NumPy scalar
``["f", "nan"]``      float that JSON cannot spell
``["c", re, im]``     complex
``["h", key]``        handle
``["x", name]``       a value that is no data (`Foreign`)
====================  ==================================

`unpack` gives a value or raises `ProtocolError`, and nothing else, whatever the bytes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.errors import ProtocolError
from shared.calls import Foreign

HEAD = struct.Struct("<4sIQ")
MAGIC = b"NNW1"
# Not a reply, but before one, after one or without one: a step over a tripwire.
MARK = b"NNW!" + bytes(HEAD.size - 4)
HEADER_CAP = 1 << 20
ARRAYS = 4096
DIMENSIONS = 32
DEPTH = 32
NODES = 200_000
DIGITS = 1000
# Integers chosen to collide make a large dict quadratic to build.
ENTRIES = 4096
# NumPy multiplies the other sides of an empty array too, and refuses what overflows.
ELEMENTS = 1 << 48
NAME = 100
# Layouts of an array in a request; C order says nothing.
FORTRAN = "F"
GAPS = "gaps"

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        "bool",
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
KEYS = (type(None), bool, int, float, complex, str, np.generic, tuple)


def lengths(head: bytes | bytearray | memoryview, body_cap: int) -> tuple[int, int]:
    """Read the lengths of header and body from the first `HEAD.size` bytes."""
    magic, header, body = HEAD.unpack(head)
    if magic != MAGIC:
        raise ProtocolError("no frame begins here")
    if header > HEADER_CAP or body > body_cap:
        raise ProtocolError("the frame is too large")
    return header, body


def unpack(
    frame: bytes | bytearray | memoryview,
    *,
    handle: Callable[[int], Any],
    body_cap: int = 1 << 40,
    layouts: bool = False,
) -> Any:
    """Decode exactly one frame.

    Parameters
    ----------
    frame
        The bytes.
    handle
        Gives what stands for a handle's number; may raise `ProtocolError`.
    body_cap
        Most bytes that the arrays may take together.
    layouts
        The worker's side: arrays come in the memory layout that the grader's had. Otherwise every
        array is in C order.
    """
    view = memoryview(frame)
    if len(view) < HEAD.size:
        raise ProtocolError("the frame is cut short")
    header, body = lengths(view[: HEAD.size], body_cap)
    start = HEAD.size + header
    if len(view) != start + body:
        raise ProtocolError("the frame's length is not what it says")
    try:
        parsed = json.loads(
            str(view[HEAD.size : start], "utf-8"),
            parse_int=_integer,
            parse_float=_floating,
            parse_constant=_refuse,
            object_pairs_hook=_refuse,
        )
    except (ValueError, RecursionError):
        raise ProtocolError("the header is no JSON of ours") from None
    if type(parsed) is not list or len(parsed) != 2 or type(parsed[1]) is not list:
        raise ProtocolError("the header is no tree and table")
    unpacker = _Unpacker(_arrays(parsed[1], view[start:], layouts), handle)
    value = unpacker.node(parsed[0], 0)
    if unpacker.used != len(unpacker.arrays):
        raise ProtocolError("an array is not used")
    return value


def is_plain(text: str) -> bool:
    """Tell whether a text survives UTF-8, that is, has no lone surrogates."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def harmless(text: str, keep: str = "") -> str:
    """Replace what must not reach a terminal or a page: escapes, direction marks, surrogates."""
    kept = (c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(kept)


class _Unpacker:
    def __init__(self, arrays: list[np.ndarray[Any, Any]], handle: Callable[[int], Any]) -> None:
        self.arrays = arrays
        self.used = 0
        self._handle = handle
        self._nodes = 0

    def node(self, tree: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > NODES or depth > DEPTH:
            raise ProtocolError("too many nodes, or too deep")
        if type(tree) is str:
            if not is_plain(tree):
                raise ProtocolError("a text has lone surrogates")
            return tree
        if type(tree) is not list:
            return tree
        if not tree or type(tree[0]) is not str:
            raise ProtocolError("a node has no tag")
        tag, parts = tree[0], tree[1:]
        if tag == "t":
            return tuple(self.node(part, depth + 1) for part in parts)
        if tag == "l":
            return [self.node(part, depth + 1) for part in parts]
        if tag == "d":
            return self._dict(parts, depth)
        return self._leaf(tag, parts)

    def _dict(self, pairs: list[Any], depth: int) -> dict[Any, Any]:
        if len(pairs) > ENTRIES:
            raise ProtocolError("a dict is too large")
        value: dict[Any, Any] = {}
        for pair in pairs:
            if type(pair) is not list or len(pair) != 2:
                raise ProtocolError("a dict's entry is no pair")
            key = self.node(pair[0], depth + 1)
            try:
                if not isinstance(key, KEYS) or key in value:
                    raise ProtocolError("a dict's key is no key, or there twice")
            except TypeError:
                raise ProtocolError("a dict's key cannot be hashed") from None
            value[key] = self.node(pair[1], depth + 1)
        return value

    def _leaf(self, tag: str, parts: list[Any]) -> Any:
        kinds = [type(part) for part in parts]
        if tag == "a" and kinds == [int]:
            # Each once and in order: an array named twice would be copied twice, and a small frame
            # could fill the grader's memory.
            if parts[0] != self.used or self.used >= len(self.arrays):
                raise ProtocolError("an array is missing, out of turn or used twice")
            self.used += 1
            return self.arrays[parts[0]]
        if tag == "h" and kinds == [int]:
            return self._handle(parts[0])
        if tag == "x" and kinds == [str] and len(parts[0]) <= NAME:
            return Foreign(harmless(parts[0]))
        if tag == "f" and kinds == [str] and parts[0] in _NON_FINITE:
            return _NON_FINITE[parts[0]]
        if tag == "c" and len(parts) == 2:
            real, imaginary = (self.node(part, DEPTH) for part in parts)
            if type(real) is float and type(imaginary) is float:
                return complex(real, imaginary)
        if tag == "n" and kinds == [str, str] and parts[0] in DTYPES:
            return _number(DTYPES[parts[0]], parts[1])
        raise ProtocolError("a node is malformed")


def _arrays(table: list[Any], body: memoryview, layouts: bool) -> list[np.ndarray[Any, Any]]:
    if len(table) > ARRAYS:
        raise ProtocolError("too many arrays")
    plan = []
    for row in table:
        if type(row) is not list or not 2 <= len(row) <= 2 + layouts:
            raise ProtocolError("a row of the table is malformed")
        name, shape, *layout = row
        if type(name) is not str or name not in DTYPES:
            raise ProtocolError("a dtype is not one of ours")
        if type(shape) is not list or len(shape) > DIMENSIONS:
            raise ProtocolError("a shape is no list, or too long")
        if any(type(side) is not int or not 0 <= side < ELEMENTS for side in shape):
            raise ProtocolError("a side of an array is no size")
        if math.prod(max(side, 1) for side in shape) >= ELEMENTS:
            raise ProtocolError("an array is too large")
        plan.append((DTYPES[name], tuple(shape), layout))
    # Checked as a whole before a byte is allocated.
    if sum(dtype.itemsize * math.prod(shape) for dtype, shape, _ in plan) != len(body):
        raise ProtocolError("the arrays do not fill the body")
    arrays, offset = [], 0
    for dtype, shape, layout in plan:
        size = dtype.itemsize * math.prod(shape)
        arrays.append(_laid_out(_fresh(dtype, shape, body[offset : offset + size]), layout))
        offset += size
    return arrays


def _fresh(dtype: np.dtype[Any], shape: tuple[int, ...], raw: memoryview) -> np.ndarray[Any, Any]:
    array = np.empty(shape, dtype.newbyteorder("="))
    if dtype.kind == "b":
        # A bool byte of 2 is undefined behaviour waiting in every later operation.
        array[...] = np.frombuffer(raw, np.uint8).reshape(shape) != 0
    else:
        array[...] = np.frombuffer(raw, dtype).reshape(shape)
    return array


def _laid_out(array: np.ndarray[Any, Any], layout: list[Any]) -> np.ndarray[Any, Any]:
    if not layout:
        return array
    if layout[0] == FORTRAN:
        return np.asfortranarray(array)
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def _number(dtype: np.dtype[Any], text: str) -> Any:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise ProtocolError("a scalar is no hex") from None
    if len(raw) != dtype.itemsize:
        raise ProtocolError("a scalar has the wrong size")
    return _fresh(dtype, (), memoryview(raw))[()]


def _integer(digits: str) -> int:
    if len(digits) > DIGITS + 1:
        raise ProtocolError("an integer is too long")
    return int(digits)


def _floating(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ProtocolError("a float is out of range")
    return number


def _refuse(_: object) -> Any:
    raise ProtocolError("JSON objects and NaN constants are not used here")
