"""`python -m autograder grade`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.commands.options import (
    COMPONENTS,
    COURSE_DIR,
    GRADEBOOK,
    JOBS,
    LANG,
    PATH,
    REQUIRE,
    SCHEDULER,
)
from autograder.errors import ExitCode, KitError

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.gradebook import Database, Written


@click.command("grade", short_help="Grade a folder of submissions.")
@click.argument("submissions", type=PATH)
@click.option("--out", required=True, type=PATH, help="Where results go.")
@COMPONENTS
@JOBS
@SCHEDULER
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON lines.")
@LANG
@REQUIRE
@GRADEBOOK
@COURSE_DIR
def command(
    submissions: Path,
    out: Path,
    names: tuple[str, ...],
    jobs: int | None,
    scheduler: str,
    as_json: bool,
    lang: str | None,
    require: str,
    gradebook: str | None,
    course_dir: Path | None,
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
      python -m autograder grade submissions/ --out graded/ --gradebook nbgrader/gradebook.db
      python -m autograder grade submissions/ --out graded/ --lang en
      python -m autograder grade submissions/ --out graded/ --scheduler tcp://127.0.0.1:8786
    """
    from autograder.course import load_course
    from autograder.running.grading import grade_folder

    course = load_course()
    write = writer(course, out, gradebook, course_dir)
    ending = grade_folder(
        course,
        course.select(names),
        submissions,
        out,
        jobs=jobs or os.cpu_count() or 1,
        require=require,
        scheduler=scheduler,
        as_json=as_json,
        lang=lang,
    )
    write()
    return ExitCode.INTERNAL if ending.ungraded else ExitCode.OK


def writer(
    course: Course, out: Path, gradebook: str | None, course_dir: Path | None
) -> Callable[[], None]:
    """What writes the gradebook once all is graded; a wrong URL is said at once, before that."""
    if gradebook is None:
        return lambda: None
    from autograder.gradebook import check_url, stamp, write_gradebook

    database = check_url(gradebook)
    stamp(database)

    def write() -> None:
        try:
            written = write_gradebook(course, out, database, course_dir)
        except KitError as error:
            command = f"python -m autograder gradebook {out} {database.shown}"
            kind = type(error)
            raise kind(f"{error}; the results are whole: mend it, then run `{command}`") from None
        tell(database, written)

    return write


def tell(database: Database, written: Written) -> None:
    """Say what was written."""
    click.echo(f"gradebook {database.shown}: {written}", err=True)
    for test in written.stayed:
        click.echo(
            f"note: {test} is in no result any more; its cell stays for the scores that were "
            "entered there by hand",
            err=True,
        )
