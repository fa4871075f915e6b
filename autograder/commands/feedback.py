"""`python -m autograder feedback`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.options import LANG, PATH
from autograder.errors import ExitCode


@click.command("feedback", short_help="Make the students' pages again, in either language.")
@click.argument("folder", type=PATH)
@LANG
def command(folder: Path, lang: str | None) -> int:
    """Make the students' pages again from the results in a folder that `grade --out` wrote.

    Results hold no sentences, so the pages may be in another language than before. Without --lang
    they are in the language that the class was graded with.

    \b
    Examples:
      python -m autograder feedback graded/ --lang ru
      python -m autograder feedback graded/ --lang en
    """
    from autograder.reports.feedback import write_pages

    pages = write_pages(folder, lang)
    click.echo(f"wrote {len(pages)} pages to {folder / 'feedback'}")
    return ExitCode.OK
