"""Handwritten digits, read from the file beside this one; where they come from is in NOTICE.md.

    from shared.data import load_mnist

    digits = load_mnist()
    digits.x_train.shape  # (10000, 1, 28, 28)

This is for notebooks, scripts and tests on your machine. Where your `nn` is graded there are no
files: its functions get their images as arguments.
"""

from __future__ import annotations

import functools
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from shared.language import choose
from shared.messages import message, render

MNIST = Path(__file__).resolve().parent / "mnist.npz"
MEAN, STD = 0.1307, 0.3081  # of all pixels of the 60,000 training images, black 0 and white 1

Array = np.ndarray[Any, Any]


class DataProblem(Exception):
    """A file of data is missing or damaged."""


@dataclass(frozen=True)
class Digits:
    """Images and their labels.

    `x_train` and `x_test` are float32 of shape (N, 1, 28, 28), `y_train` and `y_test` int64 of
    shape (N,), from 0 to 9.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def load_mnist() -> Digits:
    """10,000 training images of MNIST and 5,000 test images, ready for a network.

    Pixels are centred and scaled with the mean and the standard deviation of the training set:
    ``(pixel / 255 - 0.1307) / 0.3081``. So the background is -0.42 and full ink 2.82. The arrays
    are yours to change: every call gives fresh ones.

    Returns
    -------
    digits : Digits

    Raises
    ------
    DataProblem
        When the file is missing or damaged.
    """
    x_train, y_train = read_images(MNIST, "train")
    x_test, y_test = read_images(MNIST, "test")
    return Digits(scaled(x_train), y_train, scaled(x_test), y_test)


def scaled(images: Array) -> Array:
    """Images as a network takes them: uint8 (N, 28, 28) to float32 (N, 1, 28, 28)."""
    x: Array = images[:, None].astype(np.float32)
    x *= np.float32(1 / (255 * STD))
    x -= np.float32(MEAN / STD)
    return x


def read_images(file: Path, part: str) -> tuple[Array, Array]:
    """The raw images, uint8 (N, 28, 28), and the labels, int64 (N,), of one part of a file.

    Raises
    ------
    DataProblem
    """
    images, labels = _read(file, part)
    return images.copy(), labels.copy()


@functools.cache
def _read(file: Path, part: str) -> tuple[Array, Array]:
    try:
        with np.load(file) as arrays:
            images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
    except FileNotFoundError:
        raise _problem("data-missing", file) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _problem("data-damaged", file, type(error).__name__) from None
    count = labels.shape[:1]
    if images.dtype != np.uint8 or images.shape != (*count, 28, 28) or labels.shape != count:
        raise _problem("data-other", file)
    return images, labels.astype(np.int64)


def _problem(id: str, file: Path, found: str = "") -> DataProblem:
    values = {"file": str(file), **({"type": found} if found else {})}
    return DataProblem(render(message(id, **values), choose()))
