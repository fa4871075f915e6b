"""Read one submission: files and notebooks, from a folder or a zip, in memory and never to disk."""

from __future__ import annotations

import hashlib
import io
import re
import tokenize
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from autograder.course import Course
from autograder.intake.archives import Raw, Unreadable
from autograder.intake.notebook_source import (
    Notebook,
    Origin,
    Taken,
    guessed,
    is_written,
    read_notebook,
    take,
)
from autograder.intake.parcels import Parcel, pack
from autograder.intake.placing import base_of, bases_of, place
from shared.definitions import Piece, needed, read_pieces, same_code
from shared.language import LANGUAGES
from shared.merge import is_as_written
from shared.messages import Message, message
from shared.signatures import read_signatures

_LANGUAGE = re.compile(rf"\.({'|'.join(LANGUAGES)})$")


@dataclass(frozen=True)
class Handed:
    """What a student handed in.

    `files` maps ``nn/NAME.py`` to its text, which a notebook may stand behind: then `origins` says
    where its lines come from. `problem` says why nothing could be read, `broken` why one file could
    not, `notes` what was taken of what.
    """

    student: str
    files: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, Message] = field(default_factory=dict)
    problem: Message | None = None
    release: str = ""  # the suite hash of the release that it came from, where it holds one
    digest: str = ""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()

    def placed(self, said: Message) -> Message:
        """A message on a file that came from a notebook, as one on the notebook and its cell."""
        origin = self.origins.get(str(said.values.get("file")))
        if origin is None:
            return said
        line = said.values.get("line")
        place = origin.place(line) if isinstance(line, int) else None
        values = {**said.values, "file": origin.file}
        if place is not None:
            values.update(file=place[0], line=place[1])
        return Message(said.id, values)


Functions = Mapping[str, Collection[str]]


def functions_of(course: Course) -> Functions:
    """Each component, and the functions and classes that it asks for."""
    return _functions(tuple((c.name, c.solution) for c in course.components))


@cache
def _functions(solutions: tuple[tuple[str, Path], ...]) -> Functions:
    found = {}
    for name, path in solutions:
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        found[name] = frozenset(f.partition(".")[0] for f in read_signatures(source))
    return found


def read_submission(student: str, path: Path, functions: Functions) -> Handed:
    """Read one submission; whatever is wrong with it becomes part of what is returned.

    Parameters
    ----------
    student : str
    path : Path
        A folder or a zip.
    functions : mapping
        Each component of the course, and the names of its functions and classes.
    """
    return unpack(pack(student, path), functions)


def unpack(parcel: Parcel, functions: Functions) -> Handed:
    """Read a submission that was packed."""
    student, raw = parcel.student, parcel.raw
    if parcel.problem is not None:
        return Handed(student, problem=parcel.problem, digest=parcel.digest)
    try:
        notebooks = _notebooks(raw, functions)
        about = {name: component for name, (component, _) in notebooks.items()}
        sure = {name: about[name] for name, (_, n) in notebooks.items() if not n.is_guessed}
        bases = bases_of(raw, sure, functions) or bases_of(raw, about, functions)
        bases = bases or [PurePosixPath(".")]
        placed, release = place(raw, bases, functions)
    except Unreadable as error:
        return Handed(student, problem=error.problem, digest=parcel.digest)
    files: dict[str, str] = {}
    broken: dict[str, Message] = {}
    digest = hashlib.sha256()
    for name, content in sorted(placed.items()):
        _add(digest, name, content)
        try:
            files[name] = _text(content)
        except (SyntaxError, LookupError, ValueError):
            # LookupError: a codec that Python has and that gives no text ("coding: rot13").
            broken[name] = message("not-text", file=name)
    origins: dict[str, Origin] = {}
    notes: list[Message] = []
    for component, found in _by_component(notebooks, bases).items():
        choice = _choose(component, files, broken, found, functions[component])
        target = f"nn/{component}.py"
        for notebook in found:
            _add(digest, notebook.file, repr((notebook.cells, notebook.problem)).encode())
        notes += choice.notes
        if choice.problem is not None:
            broken[target] = choice.problem
            files.pop(target, None)
        elif choice.taken is not None:
            broken.pop(target, None)
            files[target], origins[target] = choice.taken.text, choice.taken.origin
            release = release or next(n.release for n in found if n.file == choice.taken.file)
    return Handed(
        student,
        files,
        broken,
        release=release,
        digest=digest.hexdigest()[:16],
        origins=origins,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Choice:
    """Which copy of a component is graded: the notebook `taken`, else the file."""

    taken: Taken | None = None
    notes: tuple[Message, ...] = ()
    problem: Message | None = None


def _choose(
    component: str,
    files: Mapping[str, str],
    broken: Mapping[str, Message],
    notebooks: Sequence[Notebook],
    functions: Collection[str],
) -> _Choice:
    """Choose between a component's file and its notebooks.

    A copy in which nothing is written does not count. A file that the notebook wrote is the
    notebook's, also when it has gone on since. Of two others that differ none is chosen.
    """
    file = f"nn/{component}.py"
    own = _reduced(files.get(file), functions)
    written = file in broken or (file in files and (own is None or is_written(own, functions)))
    # A notebook of any other name may be the work, or a trial beside it.
    notebooks = [n for n in notebooks if not n.is_guessed] or ([] if written else notebooks)
    problems = tuple(n.problem for n in notebooks if n.problem is not None)
    copies = [take(n, functions) for n in notebooks if n.problem is None]
    filled = [c for c in copies if is_written(c.pieces, functions)]
    for other in filled[1:]:
        if not same_code(filled[0].pieces, other.pieces):
            both = message("two-copies", first=filled[0].file, second=other.file)
            return _Choice(problem=both)
    if filled:
        chosen = filled[0]
        equal = own is not None and same_code(own, chosen.pieces)
        if written and equal:
            return _Choice(notes=problems)
        if written and not is_as_written(files.get(file, "")):
            return _Choice(problem=message("two-copies", first=file, second=chosen.file))
        newer = (message("notebook-newer", file=file, notebook=chosen.file),) if written else ()
        return _Choice(chosen, (*chosen.notes, *newer, *problems))
    if file in files or file in broken:
        return _Choice(notes=problems)
    with_functions = [c for c in copies if c.text]
    if with_functions:
        return _Choice(with_functions[0], (*with_functions[0].notes, *problems))
    if problems:
        return _Choice(problem=problems[0])
    empty = message("notebook-empty", file=copies[0].file, component=component)
    return _Choice(problem=empty, notes=copies[0].notes)


def _reduced(source: str | None, functions: Collection[str]) -> list[Piece] | None:
    """What a file holds of a component, as a notebook's cells are read; None where it cannot be."""
    try:
        return None if source is None else needed(read_pieces(source), functions)
    except SyntaxError:
        return None


def _notebooks(raw: Raw, functions: Functions) -> dict[str, tuple[str, Notebook]]:
    """The component and the content of each notebook: by its name, metadata or functions."""
    found = {}
    for name, content in raw.items():
        path = PurePosixPath(name)
        if path.suffix != ".ipynb" or any(part.startswith(".") for part in path.parts):
            continue  # such as .ipynb_checkpoints
        if content is None:
            notebook = Notebook(name, problem=message("notebook-large", file=name))
        else:
            notebook = read_notebook(name, content)
        stem = _LANGUAGE.sub("", path.stem)  # conv.ru.ipynb is conv's
        if stem not in functions and notebook.component not in functions:
            notebook = guessed(notebook, functions)
        component = stem if stem in functions else notebook.component
        if component in functions:
            found[name] = component, notebook
    return found


def _by_component(
    notebooks: Mapping[str, tuple[str, Notebook]], bases: Sequence[PurePosixPath]
) -> dict[str, list[Notebook]]:
    found: dict[str, list[Notebook]] = {}
    for name, (component, notebook) in notebooks.items():
        if base_of(name) in bases:
            found.setdefault(component, []).append(notebook)
    return found


def _text(content: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ValueError("a NUL")
    return text


def _add(digest: hashlib._Hash, name: str, content: bytes) -> None:
    digest.update(f"{name}\0{len(content)}\0".encode())
    digest.update(content)
