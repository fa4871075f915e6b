"""The files of a submission in memory, from a folder or a zip that nobody has reason to trust."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath

from shared.messages import Message, message

MAX_ENTRIES = 2_000
MAX_FILE = 1_000_000  # bytes of one source file
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
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number > MAX_ENTRIES:
            raise Unreadable(message("too-many-files", most=MAX_ENTRIES))
        # A link could name any file of the grader's machine.
        if path.is_symlink() or any(p.is_symlink() for p in path.parents if p != folder):
            continue
        if path.suffix not in READ or not path.is_file():
            continue
        size = path.stat().st_size
        shown = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode()
        name = unicodedata.normalize("NFC", shown)
        if path.suffix == ".py" and (size > MAX_FILE or total + size > MAX_TOTAL):
            raise Unreadable(message("too-large", file=name, most=MAX_FILE))
        fits = size <= _most(name) and total + size <= MAX_TOTAL
        total += size if fits else 0
        if fits or path.suffix == ".ipynb":
            raw[name] = path.read_bytes() if fits else None
    return raw


def _from_zip(path: Path) -> Raw:
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError):
        # zipfile raises all of these for archives that are cut, encrypted or lie about themselves.
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
            or any(unicodedata.category(c) in ("Cc", "Cf") for c in name)
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


def _visible(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[:100]
