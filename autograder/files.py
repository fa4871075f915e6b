"""Write files whole or not at all, and say so in a line when they cannot be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autograder.errors import UsageProblem
from shared import files


def write_whole(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part.

    Raises
    ------
    UsageProblem
        When the place cannot be written or the disk is full; the old content is then still there.
    """
    try:
        files.write_whole(path, content)
    except OSError as error:
        raise UsageProblem(
            f"cannot write {path}: {error.strerror}; nothing there was changed"
        ) from None


def write_changed(path: Path, content: str | bytes) -> bool:
    """`write_whole` where the content differs; whether it did."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        return False
    write_whole(path, data)
    return True
