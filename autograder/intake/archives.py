"""The files of a submission in memory, from a folder or a zip that nobody has reason to trust."""

from __future__ import annotations

import os
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shared.messages import Message, message

MAX_ENTRIES = 2_000
MAX_FILE = 250_000  # bytes of one source file
MAX_NOTEBOOK = 10_000_000  # bytes of a notebook, which may hold pictures
MAX_TOTAL = 50_000_000  # bytes of all that is read of one submission
READ = (".py", ".ipynb", ".json")


class Unreadable(Exception):
    """Nothing of a submission can be read; the message says why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.id)
        self.problem = problem


# A file's content; None for a notebook that is too large.
Raw = dict[str, bytes | None]


def read_raw(path: Path) -> Raw:
    """Python files, notebooks and JSON files by their path inside a folder or a zip.

    Raises
    ------
    Unreadable
    """
    return _from_zip(path) if path.is_file() else _from_folder(path)


def _most(name: str) -> int:
    return MAX_NOTEBOOK if name.endswith(".ipynb") else MAX_FILE


def _from_folder(folder: Path) -> Raw:
    raw: Raw = {}
    total = 0
    for path in _walk(folder):
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        # Nothing that Python imports is called so, and such a name could be written in no result.
        if path.suffix not in READ or not _is_plain(name):
            continue
        try:
            size = path.stat().st_size
            if path.suffix == ".py" and (size > MAX_FILE or total + size > MAX_TOTAL):
                raise Unreadable(message("too-large", file=name, most=MAX_FILE))
            fits = size <= _most(name) and total + size <= MAX_TOTAL
            total += size if fits else 0
            if not fits and path.suffix != ".ipynb":
                continue
            content = path.read_bytes() if fits else None
        except OSError:
            raise Unreadable(message("unreadable", file=name)) from None
        # Two spellings of one name on the disk are one name here.
        if raw.setdefault(name, content) != content:
            raise Unreadable(message("two-copies", first=name, second=name))
    return raw


def _walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, without links: one could name any file of the grader's machine."""
    waiting, seen = [folder], 0
    # A loop of its own: the folders may lie deeper than Python's stack reaches.
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            raise Unreadable(message("unreadable-folder")) from None
        seen += len(entries)
        if seen > MAX_ENTRIES:
            raise Unreadable(message("too-many-files", most=MAX_ENTRIES))
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _from_zip(path: Path) -> Raw:
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive)
    except Unreadable:
        raise
    except Exception:
        # zipfile raises a dozen kinds for archives that are cut, encrypted or lie about themselves,
        # of which it documents two; none of them may stop the grading of a class.
        raise Unreadable(message("bad-zip", file=path.name)) from None


def _read_archive(archive: zipfile.ZipFile) -> Raw:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise Unreadable(message("too-many-files", most=MAX_ENTRIES))
    raw: Raw = {}
    total = 0
    for entry in entries:
        name = unicodedata.normalize("NFC", entry.filename)
        parts = PurePosixPath(name).parts
        if (
            name.startswith(("/", "\\"))
            or "\\" in name
            or ".." in parts
            or ":" in name
            or not parts
            or not _is_plain(name)
        ):
            raise Unreadable(message("unsafe-zip", file=_visible(name)))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Unreadable(message("unsafe-zip", file=_visible(name)))
        if entry.is_dir() or parts[0] == "__MACOSX" or not name.endswith(READ):
            continue
        if name in raw:
            raise Unreadable(message("two-copies", first=name, second=name))
        # Other methods can unpack a kilobyte into a gigabyte before the size is seen.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(message("bad-zip", file=_visible(name)))
        with archive.open(entry) as file:
            content = file.read(_most(name) + 1)
        total += len(content)
        if total > MAX_TOTAL or (len(content) > _most(name) and not name.endswith(".ipynb")):
            raise Unreadable(message("too-large", file=_visible(name), most=_most(name)))
        raw[name] = content if len(content) <= _most(name) else None
    return raw


def _is_plain(name: str) -> bool:
    """Whether a name can be printed and written: no control, direction mark or lone surrogate."""
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)


def _visible(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[:100]
