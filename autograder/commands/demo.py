"""`python -m autograder demo`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.commands.options import JOBS, REQUIRE


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/demo"),
    show_default=True,
    help="Where the class and its results go.",
)
@JOBS
@REQUIRE
def command(out: Path, jobs: int | None, require: str) -> int:
    """Make a class of good, bad and forged submissions, and grade it.

    \b
    Examples:
      python -m autograder demo
      python -m autograder demo --out /tmp/demo
    """
    from autograder.course import load_course
    from autograder.demo import run_demo

    course = load_course()
    return run_demo(course, out, jobs=jobs or os.cpu_count() or 1, require=require)
