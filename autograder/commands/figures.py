"""`python -m autograder figures`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.options import PATH
from autograder.errors import ExitCode


@click.command("figures", short_help="Draw the lecture's pictures from the reference.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--out",
    type=PATH,
    default=Path("build/figures"),
    show_default=True,
    help="Where OUT/LANG/NAME-PICTURE and OUT/index.html go.",
)
@click.option("--lang", "languages", multiple=True, help="en or ru; both where none is given.")
@click.option(
    "--format", "kind", type=click.Choice(("png", "svg")), default="png", show_default=True
)
def command(names: tuple[str, ...], out: Path, languages: tuple[str, ...], kind: str) -> int:
    """Draw the lecture's pictures from the reference, and a page that shows them all.

    \b
    Examples:
      python -m autograder figures
      python -m autograder figures conv pool --lang ru
      python -m autograder figures --format svg --out build/slides
    """
    from autograder.authoring.figures import draw_all
    from autograder.course import load_course
    from autograder.errors import suggest
    from shared.plots import LANGUAGES

    for lang in languages:
        if lang not in LANGUAGES:
            raise click.UsageError(f"no language {lang!r}; {suggest(lang, LANGUAGES)}")
    course = load_course()
    chosen = course.select(names)
    for path in draw_all(course, chosen, languages or LANGUAGES, kind, out):
        click.echo(f"wrote {path}")
    return ExitCode.OK
