"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from shared.language import LANGUAGES

# `sandbox.LEVELS`, which takes NumPy to import.
LEVELS = ("weak", "kernel", "kernel+ns")

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
    type=click.Path(path_type=Path),
    help="nbgrader's course folder, for what formgrader shows; else the SQLite file's.",
)
