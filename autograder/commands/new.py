"""`python -m autograder new`."""

from __future__ import annotations

import click


@click.command("new", short_help="Begin a component in every room.")
@click.argument("name")
@click.option("--title", default=None, help="The title that students read.")
def command(name: str, title: str | None) -> None:
    """Scaffold a component in every room; `verify` then says what is left to write.

    \b
    Examples:
      python -m autograder new leaky_relu
      python -m autograder new leaky_relu --title "Leaky ReLU"
    """
    from autograder.authoring.scaffold import scaffold
    from autograder.course import load_course

    course = load_course()
    for path in scaffold(course, name, title):
        click.echo(f"wrote {path.relative_to(course.root)}")
    click.echo(f"next: python -m autograder verify {name}")
