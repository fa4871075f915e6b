"""Archives and folders that harm whoever unpacks them; here they are only read."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from autograder.intake.layouts import find_submissions
from autograder.intake.submissions import read_submission
from tests.attacks.attack import Archive
from tests.attacks.bubble import DISK, is_inside, say

CODE = "x = 1\n"
SECRET = "archive-canary"
EVIL = "archive-evil"
COMPONENTS = {"backprop": ("linear_forward",), "conv": ("conv2d_forward",)}
DEEP = 2_500


def _zip(path: Path, *entries: tuple[str, str | bytes, int]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name stands twice
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, mode in entries:
                entry = zipfile.ZipInfo("placeholder.py")
                entry.filename = name
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = mode << 16
                archive.writestr(entry, content)
    return path


FILE = stat.S_IFREG | 0o644
LINK = stat.S_IFLNK | 0o777
HONEST = ("nn/backprop.py", CODE, FILE)


def slip(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("../outside/planted.py", EVIL, FILE))


def slip_from_below(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("nn/../../outside/planted.py", EVIL, FILE))


def absolute(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, (f"{at}/outside/planted.py", EVIL, FILE))


def backslashes(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("..\\outside\\planted.py", EVIL, FILE))


def link_to_a_secret(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", ("nn/backprop.py", f"{at}/secret.py", LINK))


def link_to_a_folder(at: Path) -> Path:
    entries = ("nn/out", f"{at}/outside", LINK), ("nn/out/planted.py", EVIL, FILE)
    return _zip(at / "in" / "anna.zip", HONEST, *entries)


def device(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", ("nn/backprop.py", b"", stat.S_IFIFO | 0o644))


def bomb(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("nn/conv.py", "#" * (2 * DISK), FILE))


def bomb_of_many(at: Path) -> Path:
    parts = ((f"nn/part{i}.py", "#" * 900_000, FILE) for i in range(100))
    return _zip(at / "in" / "anna.zip", HONEST, *parts)


def too_many(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, *((f"nn/f{i}.py", "", FILE) for i in range(3_000)))


def twice(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("nn/backprop.py", EVIL, FILE))


def two_cases(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("NN/BACKPROP.py", EVIL, FILE))


def two_spellings(at: Path) -> Path:
    return _zip(
        at / "in" / "anna.zip", ("nn/\u0439.py", CODE, FILE), ("nn/\u0438\u0306.py", EVIL, FILE)
    )


def endless_name(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("n" * 5_000 + ".py", EVIL, FILE))


def right_to_left(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("nn/\u202eyp.porpkcab\u202c.py", EVIL, FILE))


def colours(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("nn/\x1b[2J\x1b[31m.py", EVIL, FILE))


def nothing_for_a_name(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("", EVIL, FILE))


def damaged(at: Path) -> Path:
    path = _zip(at / "in" / "anna.zip", ("nn/backprop.py", CODE * 100, FILE))
    data = bytearray(path.read_bytes())
    start = data.index(b"backprop.py") + len("backprop.py")
    data[start : start + 2] = b"\xff\xff"
    path.write_bytes(bytes(data))
    return path


def tar_slip(at: Path) -> Path:
    path = at / "in" / "anna.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in (("nn/backprop.py", CODE), ("../outside/planted.py", EVIL)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return path


def folder_with_a_link(at: Path) -> Path:
    (at / "in" / "anna" / "nn").mkdir(parents=True)
    (at / "in" / "anna" / "nn" / "backprop.py").symlink_to(at / "secret.py")
    return at / "in" / "anna"


def folder_with_a_circle(at: Path) -> Path:
    nn = at / "in" / "anna" / "nn"
    nn.mkdir(parents=True)
    (nn / "backprop.py").write_text(CODE)
    (nn / "again").symlink_to("..")
    return at / "in" / "anna"


def folder_with_a_pipe(at: Path) -> Path:
    (at / "in" / "anna" / "nn").mkdir(parents=True)
    os.mkfifo(at / "in" / "anna" / "nn" / "backprop.py")
    return at / "in" / "anna"


def folder_without_a_floor(at: Path) -> Path:
    (at / "in" / "anna" / "nn").mkdir(parents=True)
    (at / "in" / "anna" / "nn" / "backprop.py").write_text(CODE)
    here = os.open(at / "in" / "anna", os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    return at / "in" / "anna"


def an_encoding_that_is_none(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", ("nn/backprop.py", "# coding: rot13\nk = 1\n", FILE))


def a_stamp_without_end(at: Path) -> Path:
    return _zip(at / "in" / "anna.zip", HONEST, ("tests/release.json", "[" * 100_000, FILE))


def a_name_of_many_parts(at: Path) -> Path:
    # The parser joins its parts one by one, each time from the start.
    code = f"def linear_forward(x): return x\nimport {'.'.join('a' * 600_000)}\n"
    cell = {"cell_type": "code", "metadata": {}, "source": code, "outputs": []}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return _zip(at / "in" / "anna.zip", ("backprop.ipynb", json.dumps(notebook), FILE))


# Naive readers: each gives the text of every file that it found, by name.


def unpack(path: Path, to: Path) -> dict[str, str]:
    """Write every entry where its name says."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            target = Path(os.path.join(to, entry.filename.replace("\\", "/")))
            target.parent.mkdir(parents=True, exist_ok=True)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind == stat.S_IFLNK:
                target.symlink_to(archive.read(entry).decode())
            elif kind == stat.S_IFIFO:
                os.mkfifo(target)
            else:
                target.write_bytes(archive.read(entry))
    return walk(to, to)


def walk(folder: Path, to: Path) -> dict[str, str]:
    """Read every file of a folder."""
    found = {}
    for path in folder.rglob("*.py"):
        found[path.relative_to(folder).as_posix()] = path.read_text()
    return found


def follow(folder: Path, to: Path) -> dict[str, str]:
    """Copy a folder, as what a link names."""
    shutil.copytree(folder, to / "copy")
    return walk(to / "copy", to)


def untar(path: Path, to: Path) -> dict[str, str]:
    """Unpack a tar with everything that is in it."""
    with tarfile.open(path) as archive:
        options = {"filter": "fully_trusted"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(to, **options)  # type: ignore[arg-type]
    return walk(to, to)


def into_memory(path: Path, to: Path) -> dict[str, str]:
    """Read every entry, decoded as its first line says, into a dict."""
    import tokenize

    found: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            content = archive.read(entry)
            if entry.filename.endswith(".json"):
                json.loads(content)
                continue
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            found[entry.filename] = content.decode(encoding)
    return found


def parsed(path: Path, to: Path) -> dict[str, str]:
    """Parse every cell of a notebook."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            for cell in json.loads(archive.read(entry))["cells"]:
                ast.parse(cell["source"])
    return {}


def without_case(path: Path, to: Path) -> dict[str, str]:
    """Unpack where capitals make no difference, as on a Mac."""
    return {name.lower(): text for name, text in into_memory(path, to).items()}


def normalised(path: Path, to: Path) -> dict[str, str]:
    """Unpack where one letter has one spelling, as on a Mac."""
    import unicodedata

    found = into_memory(path, to)
    return {unicodedata.normalize("NFC", name): text for name, text in found.items()}


def listed(path: Path, to: Path) -> dict[str, str]:
    """Show the names, as they are."""
    return {f"shown {name}": EVIL for name in into_memory(path, to) if not name.isprintable()}


ENDLESS = ("device", "folder_with_a_pipe", "a_name_of_many_parts")
ARCHIVES = [
    Archive(title, "archives", make, naive, hangs=make in ENDLESS)
    for title, make, naive in (
        ("zip slip", "slip", "unpack"),
        ("zip slip from below", "slip_from_below", "unpack"),
        ("an absolute path in a zip", "absolute", "unpack"),
        ("backslashes in a zip", "backslashes", "unpack"),
        ("a link in a zip to a secret", "link_to_a_secret", "unpack"),
        ("a link in a zip to a folder", "link_to_a_folder", "unpack"),
        ("a device in a zip", "device", "unpack"),
        ("a zip bomb", "bomb", "unpack"),
        ("a zip bomb in many parts", "bomb_of_many", "unpack"),
        ("a zip of too many files", "too_many", "unpack"),
        ("one name twice", "twice", "into_memory"),
        ("one name in two cases", "two_cases", "without_case"),
        ("one name in two spellings", "two_spellings", "normalised"),
        ("a name without end", "endless_name", "unpack"),
        ("a name from right to left", "right_to_left", "listed"),
        ("a name in colours", "colours", "listed"),
        ("no name at all", "nothing_for_a_name", "unpack"),
        ("a damaged zip", "damaged", "into_memory"),
        ("a tar that slips", "tar_slip", "untar"),
        ("a link in a folder", "folder_with_a_link", "walk"),
        ("a folder that holds itself", "folder_with_a_circle", "follow"),
        ("a pipe in a folder", "folder_with_a_pipe", "walk"),
        ("a folder without a floor", "folder_without_a_floor", "follow"),
        ("an encoding that gives no text", "an_encoding_that_is_none", "into_memory"),
        ("a stamp of brackets", "a_stamp_without_end", "into_memory"),
        ("a name that takes the parser for ever", "a_name_of_many_parts", "parsed"),
    )
]


def play(attack: Archive, at: Path) -> list[str]:
    """Have the grader read what was handed in, and name every way in which it did harm."""
    path = _prepare(attack, at)
    before = _listing(at)
    try:
        # A tar is no submission at all.
        found = find_submissions(at / "in") if path.suffix != ".tar" else {}
        handed = [read_submission(who, where, COMPONENTS) for who, where in found.items()]
    except Exception as error:
        return [f"the reader ended with {type(error).__name__}"]
    finally:
        after = _listing(at)
        # As deep as one of them is, Python cannot remove it.
        subprocess.run(["rm", "-rf", str(at / "in")], check=True)
    harm = _harm({f"{h.student}/{name}": text for h in handed for name, text in h.files.items()})
    return harm + (["a file was written"] if after != before else [])


def control(attack: Archive) -> None:
    """Have a naive reader read it, inside a bubble."""
    assert is_inside()
    at = Path("/tmp/handed")
    at.mkdir()
    path = _prepare(attack, at)
    (at / "to").mkdir()
    reader: Callable[[Path, Path], dict[str, str]] = globals()[attack.control]
    try:
        harm = _harm(reader(path, at / "to"))
    except Exception as error:
        harm = [f"the reader ended with {type(error).__name__}"]
    if (at / "outside" / "planted.py").exists():
        harm.append("a file was written outside")
    if len(list((at / "to").glob("nn/*"))) > 2_500:
        harm.append("thousands of files were written")
    say(harm)


def _prepare(attack: Archive, at: Path) -> Path:
    (at / "in").mkdir()
    (at / "outside").mkdir()
    (at / "secret.py").write_text(SECRET)
    make: Callable[[Path], Path] = globals()[attack.make]
    return make(at)


def _listing(at: Path) -> list[str]:
    return sorted(
        os.path.join(folder, name)
        for folder in (at, at / "outside", at / "in")
        for name in os.listdir(folder)
    )


def _harm(texts: dict[str, str]) -> list[str]:
    harm = ["the secret was read"] if any(SECRET in text for text in texts.values()) else []
    if any(EVIL in text for text in texts.values()):
        harm.append("another file was taken than was looked at")
    return harm
