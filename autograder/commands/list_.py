"""`python -m autograder list`."""

from __future__ import annotations

import json

import click


@click.command("list", short_help="Show the components, their points and tests.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Show the components: their files, their points, local and hidden.

    \b
    Examples:
      python -m autograder list
      python -m autograder list --json
    """
    from autograder.course import load_course
    from autograder.listing import describe, table

    described = describe(load_course())
    click.echo(json.dumps(described, indent=1) if as_json else table(described))
