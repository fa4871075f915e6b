"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from shared.language import LANGUAGES

# `sandbox.LEVELS`, which takes NumPy to import.
LEVELS = ("weak", "kernel", "kernel+ns")


class _Named(click.Path):
    """A path that is not empty: the current folder, which that would be, is nobody's wish."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if not os.fspath(value):
            self.fail("it is empty (a variable of the shell without a value?)", param, ctx)
        return super().convert(value, param, ctx)


PATH = _Named(path_type=Path)

REQUIRE = click.option(
    "--require",
    type=click.Choice(LEVELS),
    default="kernel",
    show_default=True,
    help="The lowest isolation to accept; weak is for your own code only.",
)
LANG = click.option(
    "--lang", type=click.Choice(LANGUAGES), help="Of what students read; else that of course.toml."
)
JOBS = click.option("--jobs", type=click.IntRange(1), default=None, help="Processes; one per core.")
SCHEDULER = click.option(
    "--scheduler",
    default="",
    metavar="ADDRESS",
    help="Grade on the workers of this Dask scheduler, tcp://127.0.0.1:8786 or tls://HOST:8786.",
)
COMPONENTS = click.option(
    "--component", "names", multiple=True, metavar="NAME", help="Only this; repeatable."
)
GRADEBOOK = click.option(
    "--gradebook",
    metavar="URL",
    help="Write nbgrader's gradebook too: an SQLite file, or postgresql+psycopg://...",
)
COURSE_DIR = click.option(
    "--course-dir",
    type=PATH,
    help="nbgrader's course folder, for what formgrader shows; else the SQLite file's.",
)
