"""`python -m autograder gradebook`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.grade import tell
from autograder.commands.options import COURSE_DIR, PATH
from autograder.errors import ExitCode


@click.command("gradebook", short_help="Write nbgrader's gradebook from the results.")
@click.argument("out", metavar="DIR", type=PATH)
@click.argument("url")
@COURSE_DIR
def command(out: Path, url: str, course_dir: Path | None) -> int:
    """Write nbgrader's gradebook from the results in DIR.

    URL is an SQLite file, sqlite:///FILE or postgresql+psycopg://... What people entered there
    stays: manual scores, extra credit, penalties, comments. Then `nbgrader export`,
    `nbgrader generate_feedback NAME` and formgrader work in the course folder.

    \b
    Examples:
      python -m autograder gradebook graded/ nbgrader/gradebook.db
      python -m autograder gradebook graded/ postgresql+psycopg://nbgrader@localhost/grades
    """
    from autograder.course import load_course
    from autograder.gradebook import check_url, write_gradebook

    database = check_url(url)
    written = write_gradebook(load_course(), out, database, course_dir)
    tell(database, written)
    for warning in written.warnings:
        click.echo(f"note: {warning}", err=True)
    return ExitCode.OK
