"""Who handed in what: the folders that a class's submissions come in.

A folder or a zip per student; nbgrader's course folder, whose `submitted/STUDENT/ASSIGNMENT/` it
finds; and a Gradescope export, whose folders it maps to students.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import UsageProblem

GRADESCOPE = "submission_metadata.yml"
NBGRADER = ("nbgrader_config.py", "gradebook.db", "source")  # what stands beside `submitted`
LOOSE = (".py", ".ipynb", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")  # may be work
_ONE = ("nn", "notebooks")  # what stands in a single submission


class Found(Mapping[str, Path]):
    """Student name to the folder or the zip, in the order of the names.

    Of a student it holds two names: a path of each would take ten times as much.
    """

    def __init__(self, folder: Path, entries: Mapping[str, str]) -> None:
        self._folder = folder
        self._entries = dict(sorted(entries.items()))

    def __getitem__(self, student: str) -> Path:
        return self._folder / self._entries[student]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def find_submissions(folder: Path) -> Found:
    """Student name to the folder or the zip, by name.

    The students of a Gradescope export are named by their e-mail addresses, and those of a group
    have one folder.

    Raises
    ------
    UsageProblem
        When there is no such folder, nothing in it, or two submissions of one student.
    """
    if not folder.exists():
        raise UsageProblem(f"{folder} does not exist: name the folder that holds the submissions")
    if not folder.is_dir():
        raise UsageProblem(f"{folder} is a file: name the folder that holds the submissions")
    for name in _ONE:
        if (folder / name).is_dir():
            raise UsageProblem(
                f"{folder} is one submission itself (it holds {name}/): name the folder above it"
            )
    folder = folder_of_students(folder)
    exported = (folder / GRADESCOPE).is_file()
    found: dict[str, str] = {}
    for student, entry in _of_gradescope(folder) if exported else _of_folder(folder):
        if student in found:
            raise UsageProblem(f"{student} handed in twice, {found[student]} and {entry}: keep one")
        found[student] = entry
    if not found:
        raise UsageProblem(
            f"{folder} holds no submission: one folder or one .zip per student is expected in it"
        )
    return Found(folder, found)


def passed_over(folder: Path) -> list[str]:
    """Files beside the submissions that may be work too, but say of no student and are no .zip."""
    names = sorted(os.listdir(folder_of_students(folder)))
    return [name for name in names if name.lower().endswith(LOOSE) and not name.startswith(".")]


def folder_of_students(folder: Path) -> Path:
    """The folder itself, or `submitted` in a course folder of nbgrader."""
    inside = folder / "submitted"
    ours = inside.is_dir() and any((folder / name).exists() for name in NBGRADER)
    return inside if ours else folder


def _of_folder(folder: Path) -> Iterator[tuple[str, str]]:
    for name in sorted(os.listdir(folder)):
        if name.startswith((".", "__MACOSX")):
            continue
        stem, suffix = os.path.splitext(name)
        if (folder / name).is_dir():
            yield unicodedata.normalize("NFC", name), name
        elif suffix.lower() == ".zip":
            yield unicodedata.normalize("NFC", stem), name


def _of_gradescope(folder: Path) -> Iterator[tuple[str, str]]:
    about = read_metadata(folder / GRADESCOPE)
    for student, name_of_folder in _of_folder(folder):
        entry = about.get(student)
        submitters = entry.get(":submitters") if isinstance(entry, dict) else None
        names = [_name(s) for s in submitters or () if isinstance(s, dict)]
        for name in [n for n in names if n] or [student]:
            yield name, name_of_folder


def read_metadata(path: Path) -> Mapping[str, Any]:
    """What an export of Gradescope says of each of its folders."""
    import yaml

    # A value with a tag of Ruby's is taken as the plain value that it is.
    loader: Any = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("", _untagged)
    try:
        # Gradescope writes keys as Ruby's symbols: ":submitters".
        data = yaml.load(path.read_text(encoding="utf-8"), loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        said = str(error).splitlines()[0]
        raise UsageProblem(
            f"{path} cannot be read ({said}): download the export anew, or remove the file to "
            "have the folders' own names"
        ) from None
    return data if isinstance(data, dict) else {}


def _untagged(loader: Any, suffix: str, node: Any) -> Any:
    if node.id == "mapping":
        return loader.construct_mapping(node, deep=True)
    if node.id == "sequence":
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _name(submitter: Mapping[str, Any]) -> str:
    """What a student's result is called: the e-mail address, else the id, else the name."""
    for key in (":email", ":sid", ":name"):
        text = unicodedata.normalize("NFC", str(submitter.get(key) or "")).strip()
        # It becomes a file's name.
        text = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in text)
        if text.strip("._"):
            return text.lstrip(".")[:100]
    return ""
