"""A submission as bytes: what a coordinator takes from the disk and sends to where it is graded.

It is read under the archives' limits and not parsed: what a student wrote is first looked into
where a mishap costs that submission alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from autograder.intake.archives import Raw, Unreadable, read_raw
from shared.messages import Message


@dataclass(frozen=True)
class Parcel:
    """A submission's files and notebooks by their path inside it."""

    student: str
    raw: Raw = field(default_factory=dict)
    problem: Message | None = None  # why nothing could be taken
    digest: str = ""  # of the whole, for a submission that turns out to be unreadable

    @property
    def size(self) -> int:
        """The bytes that it holds."""
        return sum(len(content or b"") for content in self.raw.values())


def pack(student: str, path: Path) -> Parcel:
    """The bytes of a folder or a zip."""
    digest = _digest_of(path)
    try:
        return Parcel(student, read_raw(path), digest=digest)
    except Unreadable as error:
        return Parcel(student, problem=error.problem, digest=digest)


def _digest_of(path: Path) -> str:
    if not path.is_file():
        return "unreadable"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
