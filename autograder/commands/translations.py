"""`python -m autograder translations`."""

from __future__ import annotations

import click

from autograder.errors import ExitCode


@click.command("translations", short_help="Bring the translations up to date with the sources.")
@click.option("--check", is_flag=True, help="Only look; write nothing.")
def command(check: bool) -> int:
    """Bring the translations of what students read up to date with the sources.

    New texts are added to autograder/locale/LANG/*.po, texts that are gone are taken out, and what
    is read at run time (*.mo) is compiled. What is left to translate is named.

    \b
    Examples:
      python -m autograder translations
      python -m autograder translations --check
    """
    from autograder.authoring.translations import problems, update
    from autograder.course import load_course

    course = load_course()
    for path in [] if check else update(course):
        click.echo(f"wrote {path.relative_to(course.root)}")
    found = list(problems(course))
    for problem in found:
        click.echo(problem, err=True)
    if not found:
        click.echo("every text is translated, and compiled")
    return ExitCode.FAULTS if found else ExitCode.OK
