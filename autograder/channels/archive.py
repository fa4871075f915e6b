"""Zip archives that come out the same on every machine and unpack on every one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from autograder.course import Course
from autograder.errors import CourseProblem

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
UNIX = 3
FILE, PROGRAM = 0o100644, 0o100755
BINARY = frozenset({".npz", ".mo"})
# Windows refuses these, with any suffix.
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)
NOT_ON_WINDOWS = frozenset('<>:"|?*\\')
LONGEST = 120  # characters; Windows has 260 for the whole path


def read(path: Path) -> bytes:
    """The content of a file; a text has the line ends of Unix, whatever git made of them.

    Raises
    ------
    CourseProblem
        When it is a link: an archive holds files alone.
    """
    if path.is_symlink():
        raise CourseProblem(f"{path} is a link, which does not unpack everywhere: make it a file")
    content = path.read_bytes()
    return content if path.suffix in BINARY else content.replace(b"\r\n", b"\n")


def read_folder(folder: Path, root: Path) -> dict[str, bytes]:
    """The files of a folder, hidden ones and caches left out, by their name relative to `root`."""
    return {
        path.relative_to(root).as_posix(): read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(
            part.startswith(".") or part == "__pycache__" for part in path.relative_to(root).parts
        )
    }


def make_zip(
    course: Course, files: Mapping[str, bytes], *, programs: Collection[str] = ()
) -> bytes:
    """An archive of those files, stamped with the course's version and the hash of its tests.

    Nothing in it depends on the machine: no time, no owner, no mask of modes, no order of a file
    system. The files are stored as they are, since one version of zlib compresses otherwise than
    another.

    Parameters
    ----------
    course : Course
    files : mapping
        Contents by name, with slashes.
    programs : collection of str
        The names of those that can be run.

    Raises
    ------
    CourseProblem
        When a name would not unpack on Windows, macOS or Linux.
    """
    _refuse_unportable(files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = f"version {course.version} tests {course.suite_hash()}".encode()
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = UNIX
            entry.external_attr = (PROGRAM if name in programs else FILE) << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _refuse_unportable(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in sorted(names):
        parts = PurePosixPath(name).parts
        why = ""
        if not name.isascii() or not name.isprintable() or NOT_ON_WINDOWS & set(name):
            why = "has a character that not every system can unpack"
        elif len(name) > LONGEST or name.startswith("/") or ".." in parts:
            why = "is no short relative path"
        elif any(p.partition(".")[0].lower() in RESERVED or p.endswith((".", " ")) for p in parts):
            why = "is a name that Windows refuses"
        elif name.lower() in seen:
            why = f"differs from {seen[name.lower()]} in capitals alone"
        if why:
            raise CourseProblem(f"{name} cannot go into a release: it {why}; rename it")
        seen[name.lower()] = name
