"""Do the hidden images stand in what students receive?"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from autograder.authoring.leaks import Leak
from autograder.course import Course

HIDDEN = Path("autograder") / "data"


def find_data_leaks(course: Course) -> list[Leak]:
    """Every file of `assignments/` and `shared/` that holds a hidden image, or is a hidden file."""
    hidden = sorted((course.root / HIDDEN).glob("*.npz"))
    files = {_digest(path.read_bytes()): path.name for path in hidden}
    images = {image: path.name for path in hidden for image in _images(path)}
    leaks = []
    for folder in ("assignments", "shared"):
        for path in sorted((course.root / folder).rglob("*")):
            if not path.is_file() or path.suffix == ".pyc":
                continue
            found = files.get(_digest(path.read_bytes()))
            if found is None and path.suffix == ".npz":
                found = next((images[i] for i in _images(path) if i in images), None)
            if found is not None:
                shown = path.relative_to(course.root).as_posix()
                leaks.append(Leak(shown, 0, f"images of the hidden {HIDDEN.as_posix()}/{found}"))
    return leaks


def _images(path: Path) -> Iterator[bytes]:
    """The digest of every entry along the first axis of every array of images."""
    try:
        with np.load(path) as arrays:
            stacks = [arrays[name] for name in arrays.files]
    except (OSError, ValueError, zipfile.BadZipFile):
        return
    for stack in stacks:
        if stack.ndim >= 3:
            yield from (_digest(np.ascontiguousarray(image).tobytes()) for image in stack)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
