"""What a student's array is beside the right one: what a picture of a failed comparison needs.

A result stores this and no picture: numbers, of which each language's page makes its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

DIGITS = 4  # significant ones; no picture shows more
MOST = 400  # entries of each side
SIDE = 16  # entries along an axis, where only a part can be shown

Array = np.ndarray[Any, Any]
Index = tuple[int, ...]
Kind = Literal["gradient", "values"]


@dataclass(frozen=True)
class Box:
    """A part of an array: where it starts along each axis, and how far it goes."""

    start: Index
    shape: Index

    @property
    def slices(self) -> tuple[slice, ...]:
        return tuple(slice(s, s + n) for s, n in zip(self.start, self.shape, strict=True))


@dataclass(frozen=True)
class SideBySide:
    """Two arrays, or the same part of both, and where they differ most."""

    kind: Kind  # "gradient": the right side is numerical differences
    what: str
    whole: Index  # shape of the whole array
    box: Box
    worst: Index  # in the whole array
    expected: tuple[float, ...]
    apart: tuple[float, ...]  # the student's minus the right ones: of its own digits, however small

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "what": self.what,
            "whole": list(self.whole),
            "start": list(self.box.start),
            "shape": list(self.box.shape),
            "worst": list(self.worst),
            "expected": list(self.expected),
            "apart": list(self.apart),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SideBySide:
        return cls(
            data["kind"],
            str(data["what"]),
            tuple(data["whole"]),
            Box(tuple(data["start"]), tuple(data["shape"])),
            tuple(data["worst"]),
            tuple(map(float, data["expected"])),
            tuple(map(float, data["apart"])),
        )


def part(shape: Index, worst: Index, side: int = SIDE) -> Box:
    """All of an array where that is small, else what lies around its worst entry in two axes."""
    if math.prod(shape) <= min(MOST, side * side * 2) and all(n <= 3 * side for n in shape):
        return Box((0,) * len(shape), shape)
    start, extent = list(worst), [1] * len(shape)
    for axis in range(max(0, len(shape) - 2), len(shape)):
        extent[axis] = min(shape[axis], side if len(shape) > 1 else 3 * side)
        start[axis] = min(max(0, worst[axis] - extent[axis] // 2), shape[axis] - extent[axis])
    return Box(tuple(start), tuple(extent))


def beside(
    kind: Kind,
    what: str,
    got: Array,
    expected: Array,
    worst: Index,
    *,
    of: tuple[Index, Box] | None = None,
) -> SideBySide | None:
    """Two arrays of one shape side by side; None where a picture would say nothing.

    Parameters
    ----------
    kind, what
        What is compared, and its name in the messages.
    got, expected : ndarray
        The whole arrays; or, where `of` is given, a part of them.
    worst : tuple of int
        Index in the whole array.
    of : shape and Box, optional
        The shape of the whole array, and where the part lies in it.
    """
    shape, box = of or (got.shape, part(got.shape, worst))
    if got.dtype.kind not in "fiu" or not box.shape or math.prod(box.shape) < 2:
        return None
    if of is None:
        got, expected = got[box.slices], expected[box.slices]
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return None
    right = expected.astype(np.float64)
    apart = got.astype(np.float64) - right
    return SideBySide(kind, what, shape, box, worst, _rounded(right), _rounded(apart))


def _rounded(array: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.{DIGITS}g}") for value in array.flat)
