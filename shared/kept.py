"""A copy of what a student wrote; it comes back where a zip has put the empty stub over it.

A component's zip that is unpacked a second time takes the work away, and so does a Mac's "Replace"
of the folder `nn` by that of another zip. So the tests keep a copy of each file of `nn` that they
see. Where they find the stub in its place, or nothing, they put the copy back: nothing is lost by
that, since a stub holds no work. No copy that may be wanted is overwritten: it gets a number.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterable
from pathlib import Path

from shared.definitions import read_pieces
from shared.files import write_whole
from shared.messages import Message, message
from shared.release import Release, digest

FOLDER = "kept"  # beside `nn`; grading looks at neither its place nor its names


def look_after(home: Path, component: str, release: Release) -> Message | None:
    """Put the work on a component back where it is gone, else keep a copy of it.

    Parameters
    ----------
    home : Path
        The folder that holds `nn`.
    component : str
    release : Release

    Returns
    -------
    said : Message or None
        What to tell the student, where something was put back.
    """
    about = release.components.get(component)
    if about is None:
        return None
    functions = {name.partition(".")[0] for name in about["functions"]}
    path, copy = home / "nn" / f"{component}.py", home / FOLDER / f"{component}.py"
    try:
        now, before = _read(path), _read(copy)
        written = _written(now, functions)
        if written is None:
            return None  # no Python: to be mended, or deleted, before it is work again
        if not written:
            if before is None:
                return None
            if now is not None and digest(now.decode("utf-8", "replace")) != about.get("stub"):
                write_whole(_free(copy), now)  # no function, but not the stub either
            write_whole(path, before)
            # Bytecode is told apart by its second and its size alone.
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
            names = {"file": f"nn/{path.name}", "kept": f"{FOLDER}/{copy.name}"}
            return message("put-back", **names)
        if now is not None and now != before:
            if (_written(before, functions) or set()) - written:
                shutil.move(copy, _free(copy))  # functions are gone, and may be wanted again
            write_whole(copy, now)
    except OSError:
        pass  # a folder that cannot be written to is no reason not to test
    return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _written(content: bytes | None, functions: Iterable[str]) -> set[str] | None:
    """The functions that are more than their stub; None where that cannot be told."""
    try:
        pieces = read_pieces((content or b"").decode("utf-8-sig"))
    except (SyntaxError, ValueError):
        return None
    return {name for p in pieces if p.is_written for name in p.defines & set(functions)}


def _free(copy: Path) -> Path:
    """The first name of its kind that nothing has: kept/conv-1.py, kept/conv-2.py."""
    number = 1
    while (path := copy.with_stem(f"{copy.stem}-{number}")).exists():
        number += 1
    return path
