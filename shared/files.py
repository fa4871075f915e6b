"""Write files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, content: str | bytes | Iterable[str]) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part.

    Parameters
    ----------
    path : Path
    content : str, bytes or iterable of str
        Pieces of a text are written as they come, so it may be of any length.

    Raises
    ------
    OSError
        When the place cannot be written or the disk is full; the old content is then still there.
    """
    pieces = [content] if isinstance(content, (str, bytes)) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece.encode("utf-8") if isinstance(piece, str) else piece)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        temporary = ""
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
