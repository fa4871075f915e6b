"""`python -m autograder demo`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.commands.options import COMPONENTS, JOBS, PATH, REQUIRE


@click.command("demo", short_help="Make a class of good and bad submissions, and grade it.")
@click.option(
    "--out",
    type=PATH,
    default=Path("build/demo"),
    show_default=True,
    help="Where the class and its results go.",
)
@COMPONENTS
@JOBS
@REQUIRE
def command(out: Path, names: tuple[str, ...], jobs: int | None, require: str) -> int:
    """Make a class of good, bad and forged submissions, and grade it.

    \b
    Examples:
      python -m autograder demo
      python -m autograder demo --out /tmp/demo
      python -m autograder demo --component backprop --component dropout
    """
    from autograder.course import load_course
    from autograder.demo import run_demo

    course = load_course()
    chosen = course.select(names)
    stood_on = [needed for component in chosen for needed in course.stands_on(component)]
    components = course.select([*(c.name for c in chosen), *stood_on])
    return run_demo(course, components, out, jobs=jobs or os.cpu_count() or 1, require=require)
