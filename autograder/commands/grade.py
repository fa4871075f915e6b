"""`python -m autograder grade`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.commands.options import JOBS, REQUIRE
from autograder.errors import ExitCode


@click.command("grade")
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where results go.")
@click.option("--component", "names", multiple=True, metavar="NAME", help="Only this; repeatable.")
@JOBS
@click.option(
    "--scheduler",
    default="",
    metavar="ADDRESS",
    help="Grade on the workers of this Dask scheduler, tcp://127.0.0.1:8786 or tls://HOST:8786.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON lines.")
@REQUIRE
def command(
    submissions: Path,
    out: Path,
    names: tuple[str, ...],
    jobs: int | None,
    scheduler: str,
    as_json: bool,
    require: str,
) -> int:
    """Grade a folder that holds a folder or a .zip per student.

    A submission holds nn/NAME.py, NAME.py, NAME.ipynb or notebooks/NAME.ipynb. The folder may also
    be a course of nbgrader or an export of Gradescope. Results go to OUT/results/STUDENT.json,
    OUT/grades.csv and OUT/feedback/STUDENT.html. A run that was interrupted goes on where it was
    when it is started again.

    \b
    Examples:
      python -m autograder grade submissions/ --out graded/
      python -m autograder grade submissions/ --out graded/ --component backprop --jobs 4
      python -m autograder grade submissions/ --out graded/ --scheduler tcp://127.0.0.1:8786
    """
    from autograder.course import load_course
    from autograder.grading import grade_folder

    course = load_course()
    ending = grade_folder(
        course,
        course.select(names),
        submissions,
        out,
        jobs=jobs or os.cpu_count() or 1,
        require=require,
        scheduler=scheduler,
        as_json=as_json,
    )
    return ExitCode.INTERNAL if ending.ungraded else ExitCode.OK
