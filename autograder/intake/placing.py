"""Where the files of a submission belong: which folders hold `nn`, and what is its own in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from autograder.authoring import provenance
from autograder.intake.archives import Raw, Unreadable
from shared.messages import message

FOLDERS = ("nn", "notebooks")  # where files and notebooks may be, beside the top
_AGAIN = re.compile(r" ?\(\d+\)$")  # a second download: "conv (1).py", where no other is there


def place(
    raw: Raw, bases: Sequence[PurePosixPath], functions: Collection[str]
) -> tuple[dict[str, bytes], str]:
    """The files of the package `nn` by their path in it, and the release that they came from."""
    placed: dict[str, bytes] = {}
    origin: dict[str, str] = {}
    release = ""
    again: dict[str, bytes] = {}
    for base in bases:
        release = release or provenance.of_release_file(_file(raw, base, "tests/release.json"))
        release = release or provenance.of_package(_file(raw, base, provenance.PACKAGE))
        for name, content in raw.items():
            path = PurePosixPath(name)
            if not path.is_relative_to(base) or path.suffix != ".py" or content is None:
                continue
            inside = path.relative_to(base)
            if inside.parts[0] == "nn":
                target = inside.as_posix()
            elif len(inside.parts) == 1 and _AGAIN.sub("", inside.stem) in functions:
                target = f"nn/{inside.name}"
            else:
                continue
            plain = _AGAIN.sub("", inside.stem)
            if plain != inside.stem and plain in functions:
                again.setdefault(f"nn/{plain}.py", content)
                continue
            if target in placed and placed[target] != content:
                raise Unreadable(message("two-copies", first=origin[target], second=name))
            placed[target], origin[target] = content, name
    for target, content in again.items():
        placed.setdefault(target, content)
    return placed, release


def base_of(name: str) -> PurePosixPath:
    parent = PurePosixPath(name).parent
    return parent.parent if parent.name in FOLDERS else parent


def bases_of(
    raw: Raw, notebooks: Mapping[str, str], functions: Collection[str]
) -> list[PurePosixPath]:
    """The folders that hold `nn/`, notebooks or bare files: the top, or what wraps everything.

    `notebooks` maps a name to the component that it is about. Empty where nothing is held.
    Several folders side by side, such as one for each assignment, must not hold the same component.
    """
    held: dict[PurePosixPath, set[str]] = {}
    for name in raw:
        path = PurePosixPath(name)
        stem = _AGAIN.sub("", path.stem)
        if path.suffix == ".py" and stem in functions:
            held.setdefault(base_of(name), set()).add(stem)
        elif name in notebooks:
            held.setdefault(base_of(name), set()).add(notebooks[name])
    depth = min((len(base.parts) for base in held), default=0)
    bases = sorted((base for base in held if len(base.parts) == depth), key=str)
    for number, base in enumerate(bases):
        for other in bases[:number]:
            if held[base] & held[other]:
                raise Unreadable(message("two-copies", first=str(other), second=str(base)))
    return bases


def _file(raw: Raw, base: PurePosixPath, name: str) -> bytes | None:
    return raw.get((base / name).as_posix())
