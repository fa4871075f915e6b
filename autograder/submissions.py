"""Read submissions: a folder or a zip per student, into memory and never unpacked to disk."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import tokenize
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.errors import UsageProblem
from shared.messages import Message, message

MAX_ENTRIES = 2_000
MAX_FILE = 1_000_000  # bytes of one source file
MAX_TOTAL = 20_000_000  # bytes of all that is read of one submission
RELEASE = re.compile(r"[0-9A-Za-z._+-]{1,64}")


@dataclass(frozen=True)
class Handed:
    """What a student handed in.

    `files` maps ``nn/NAME.py`` to its text. `problem` says why nothing could be read, `broken` why
    one file could not.
    """

    student: str
    files: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, Message] = field(default_factory=dict)
    problem: Message | None = None
    release: str = ""  # the suite hash of the release that it came from, where it holds one
    digest: str = ""


class _Unreadable(Exception):
    def __init__(self, problem: Message) -> None:
        super().__init__(problem.id)
        self.problem = problem


def find_submissions(folder: Path) -> dict[str, Path]:
    """Student name to the folder or the zip, by name.

    Raises
    ------
    UsageProblem
        When there is no such folder, nothing in it, or two submissions of one student.
    """
    if not folder.exists():
        raise UsageProblem(f"{folder} does not exist: name the folder that holds the submissions")
    if not folder.is_dir():
        raise UsageProblem(f"{folder} is a file: name the folder that holds the submissions")
    if (folder / "nn").is_dir():
        raise UsageProblem(
            f"{folder} is one submission itself (it holds nn/): name the folder above it"
        )
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")):
            continue
        if path.is_dir():
            student = path.name
        elif path.suffix.lower() == ".zip":
            student = path.stem
        else:
            continue
        student = unicodedata.normalize("NFC", student)
        if student in found:
            raise UsageProblem(
                f"{student} handed in twice, {found[student].name} and {path.name}: keep one"
            )
        found[student] = path
    if not found:
        raise UsageProblem(
            f"{folder} holds no submission: one folder or one .zip per student is expected in it"
        )
    return found


def read_submission(student: str, path: Path, components: Iterable[str]) -> Handed:
    """Read one submission; whatever is wrong with it becomes part of what is returned."""
    names = tuple(components)
    try:
        raw = _from_zip(path) if path.is_file() else _from_folder(path)
        placed, release = _place(raw, names)
    except _Unreadable as error:
        return Handed(student, problem=error.problem, digest=_digest_of(path))
    files: dict[str, str] = {}
    broken: dict[str, Message] = {}
    digest = hashlib.sha256()
    for name, content in sorted(placed.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
        try:
            files[name] = _text(content)
        except (SyntaxError, LookupError, ValueError):
            # LookupError: a codec that Python has and that gives no text ("coding: rot13").
            broken[name] = message("not-text", file=name)
    return Handed(student, files, broken, release=release, digest=digest.hexdigest()[:16])


def _place(raw: Mapping[str, bytes], components: tuple[str, ...]) -> tuple[dict[str, bytes], str]:
    """Find `nn/` or the bare files, at the top or under one folder that wraps everything."""
    base = _base(raw, components)
    placed: dict[str, bytes] = {}
    origin: dict[str, str] = {}
    for name, content in raw.items():
        path = PurePosixPath(name)
        if not path.is_relative_to(base) or path.suffix != ".py":
            continue
        inside = path.relative_to(base)
        if inside.parts[0] == "nn":
            target = inside.as_posix()
        elif len(inside.parts) == 1 and inside.stem in components:
            target = f"nn/{inside.name}"
        else:
            continue
        if target in placed and placed[target] != content:
            raise _Unreadable(message("two-copies", first=origin[target], second=name))
        placed[target], origin[target] = content, name
    return placed, _release_of(raw.get((base / "tests" / "release.json").as_posix(), b""))


def _base(raw: Mapping[str, bytes], components: tuple[str, ...]) -> PurePosixPath:
    candidates = set()
    for name in raw:
        path = PurePosixPath(name)
        if path.suffix == ".py" and path.stem in components:
            parent = path.parent
            candidates.add(parent.parent if parent.name == "nn" else parent)
    if not candidates:
        return PurePosixPath(".")
    depth = min(len(c.parts) for c in candidates)
    shallowest = sorted(str(c) for c in candidates if len(c.parts) == depth)
    if len(shallowest) > 1:
        raise _Unreadable(message("two-copies", first=shallowest[0], second=shallowest[1]))
    return PurePosixPath(shallowest[0])


def _release_of(content: bytes) -> str:
    try:
        suite = json.loads(content)["suite"] if content else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    # It stands in the result and on the page: the hash that it should be, or nothing.
    return suite if isinstance(suite, str) and RELEASE.fullmatch(suite) else ""


def _from_folder(folder: Path) -> dict[str, bytes]:
    raw: dict[str, bytes] = {}
    total = 0
    for path in _walk(folder):
        name = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
        # Nothing that Python imports is called so, and such a name could be written in no result.
        if path.suffix not in (".py", ".json") or not _is_plain(name):
            continue
        try:
            size = path.stat().st_size
            total += size
            if size > MAX_FILE or total > MAX_TOTAL:
                if path.suffix == ".py":
                    raise _Unreadable(message("too-large", file=name, most=MAX_FILE))
                continue
            content = path.read_bytes()
        except OSError:
            raise _Unreadable(message("unreadable", file=name)) from None
        # Two spellings of one name on the disk are one name here.
        if raw.setdefault(name, content) != content:
            raise _Unreadable(message("two-copies", first=name, second=name))
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
            raise _Unreadable(message("unreadable", file="a folder of it")) from None
        seen += len(entries)
        if seen > MAX_ENTRIES:
            raise _Unreadable(message("too-many-files", most=MAX_ENTRIES))
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _from_zip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_archive(archive)
    except _Unreadable:
        raise
    except Exception:
        # zipfile raises a dozen kinds for archives that are cut, encrypted or lie about themselves,
        # of which it documents two; none of them may stop the grading of a class.
        raise _Unreadable(message("bad-zip", file=path.name)) from None


def _read_archive(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _Unreadable(message("too-many-files", most=MAX_ENTRIES))
    raw: dict[str, bytes] = {}
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
            raise _Unreadable(message("unsafe-zip", file=_visible(name)))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _Unreadable(message("unsafe-zip", file=_visible(name)))
        if entry.is_dir() or parts[0] == "__MACOSX" or not name.endswith((".py", ".json")):
            continue
        if name in raw:
            raise _Unreadable(message("two-copies", first=name, second=name))
        # Other methods can unpack a kilobyte into a gigabyte before the size is seen.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Unreadable(message("bad-zip", file=_visible(name)))
        with archive.open(entry) as file:
            content = file.read(MAX_FILE + 1)
        total += len(content)
        if len(content) > MAX_FILE or total > MAX_TOTAL:
            raise _Unreadable(message("too-large", file=_visible(name), most=MAX_FILE))
        raw[name] = content
    return raw


def _text(content: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ValueError("a NUL")
    return text


def _is_plain(name: str) -> bool:
    """Whether a name can be printed and written: no control, direction mark or lone surrogate."""
    return not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in name)


def _visible(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name)[:100]


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "unreadable"
