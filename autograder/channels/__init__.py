"""Release channels: what is made of the course for students and for the platforms that grade.

A channel is a module of this folder, named in `CHANNELS`, with two functions::

    def build(course, components, out) -> list[Path]: ...
    def shown(file) -> bool: ...

`build` writes into the empty folder `out` and returns the files that it wrote. `shown` says of one
of them, relative to `out`, whether students get to see it; what they see is searched for leaks
before anything reaches the place that was asked for. A file named in `KEPT`, where the module has
that, is written once and left alone by later releases.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol, cast

from autograder.authoring.leaks import find_leaks_in
from autograder.course import Component, Course
from autograder.errors import CourseProblem, UsageProblem

CHANNELS = ("bundle", "gradescope", "nbgrader", "otter")


class Channel(Protocol):
    """What the module of a channel offers."""

    def build(self, course: Course, components: Sequence[Component], out: Path) -> list[Path]:
        """Write the release of those components into `out`; the files that were written."""
        ...

    def shown(self, file: PurePosixPath) -> bool:
        """Whether students get to see a file of it, named relative to `out`."""
        ...


def load(name: str) -> Channel:
    """The channel of that name; only now is imported what it needs."""
    return cast(Channel, importlib.import_module(f"autograder.channels.{name}"))


def release(
    course: Course, components: Sequence[Component], names: Sequence[str], out: Path
) -> Iterator[Path]:
    """Build channels into `out/NAME/` and yield each file that is there now.

    A channel is built and searched beside its place and then moved there, file by file and each
    whole: an interrupted build, a full disk or a leak leaves what was there before.

    Raises
    ------
    CourseProblem
        When students would get to see something of a solution or of a hidden test.
    UsageProblem
        When `out` cannot be written.
    """
    for name in names:
        channel = load(name)
        try:
            out.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=out, prefix=".building-") as temporary:
                building = Path(temporary)
                built = sorted(channel.build(course, components, building))
                seen = [p for p in built if channel.shown(PurePosixPath(p.relative_to(building)))]
                refuse_leaks(course, _contents(seen, building))
                for path in built:
                    target = out / name / path.relative_to(building)
                    if target.exists() and path.name in getattr(channel, "KEPT", ()):
                        continue
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(path, target)
                    yield target
        except OSError as error:
            raise UsageProblem(
                f"cannot build {name} into {out}: {error.strerror} ({error.filename})"
            ) from None


def refuse_leaks(course: Course, files: Iterable[tuple[str, bytes]]) -> None:
    """Search what students get to see, each a name and its content.

    Raises
    ------
    CourseProblem
        When they would see something of a solution or of a hidden test.
    """
    leaks = find_leaks_in(course.components, _once(files))
    if leaks:
        first = leaks[0]
        more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
        raise CourseProblem(
            f"{first.file}:{first.line} would show students {first.what}{more}; nothing was "
            "written. `python -m autograder verify` lists every leak of the sources"
        )


def _once(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Each content once: what components share is in the release of every one of them."""
    seen: set[tuple[str, bytes]] = set()
    for name, content in files:
        key = PurePosixPath(name).suffix, content
        if key not in seen:
            seen.add(key)
            yield name, content


def _contents(paths: Sequence[Path], out: Path) -> Iterator[tuple[str, bytes]]:
    """Every file and, of an archive, every entry."""
    for path in paths:
        shown = path.relative_to(out).as_posix()
        if path.suffix != ".zip":
            yield shown, path.read_bytes()
            continue
        with zipfile.ZipFile(path) as archive:
            for entry in archive.namelist():
                yield f"{shown}/{entry}", archive.read(entry)
