"""`python -m autograder regrade`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.commands.grade import writer
from autograder.commands.options import COURSE_DIR, GRADEBOOK, JOBS, PATH, REQUIRE, SCHEDULER
from autograder.errors import ExitCode


@click.command("regrade", short_help="Grade again what changed, and say who moved and why.")
@click.argument("submissions", type=PATH)
@click.option("--out", required=True, type=PATH, help="Earlier results.")
@JOBS
@SCHEDULER
@REQUIRE
@GRADEBOOK
@COURSE_DIR
def command(
    submissions: Path,
    out: Path,
    jobs: int | None,
    scheduler: str,
    require: str,
    gradebook: str | None,
    course_dir: Path | None,
) -> int:
    """Grade again what changed, and say who moved, by how much and because of which test.

    It takes the components that the earlier results hold. Graded again are submissions that
    changed, and components whose tests, or whatever else a score depends on, changed. Those who
    moved are printed and written to OUT/moved.csv. A regrade that was interrupted goes on, and
    still compares with what was there before it began.

    \b
    Examples:
      python -m autograder regrade submissions/ --out graded/
      python -m autograder regrade submissions/ --out graded/ --gradebook nbgrader/gradebook.db
      python -m autograder regrade submissions/ --out graded/ --scheduler tcp://127.0.0.1:8786
    """
    from autograder.course import load_course
    from autograder.running.regrade import regrade, report

    course = load_course()
    write = writer(course, out, gradebook, course_dir)
    ending, moves = regrade(
        course,
        submissions,
        out,
        jobs=jobs or os.cpu_count() or 1,
        require=require,
        scheduler=scheduler,
    )
    click.echo(report(moves, out))
    write()
    return ExitCode.INTERNAL if ending.ungraded else ExitCode.OK
