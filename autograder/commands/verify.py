"""`python -m autograder verify`."""

from __future__ import annotations

import click

from autograder.commands.options import REQUIRE
from autograder.errors import ExitCode


@click.command("verify", short_help="Prove that solutions, stubs and tests fit together.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@REQUIRE
def command(names: tuple[str, ...], require: str) -> int:
    """Prove that solutions, stubs, tests and the generated files fit together.

    \b
    Examples:
      python -m autograder verify
      python -m autograder verify backprop
    """
    from autograder.authoring.verify import verify_course
    from autograder.course import load_course

    course = load_course()
    faults = 0
    for line in verify_course(course, course.select(names), require=require):
        faults += line.fault
        click.echo(str(line), err=line.fault)
    return ExitCode.FAULTS if faults else ExitCode.OK
