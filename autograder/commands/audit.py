"""`python -m autograder audit`."""

from __future__ import annotations

import json
import os

import click

from autograder.commands.options import JOBS, REQUIRE
from autograder.errors import ExitCode


@click.command("audit", short_help="Try every wrong and every unusual solution on the tests.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@JOBS
@click.option("--written-only", is_flag=True, help="Leave the mechanical mutants out.")
@click.option(
    "--messages", is_flag=True, help="Show what a student reads of each wrong solution instead."
)
@REQUIRE
def command(
    names: tuple[str, ...],
    as_json: bool,
    jobs: int | None,
    written_only: bool,
    messages: bool,
    require: str,
) -> int:
    """Try every wrong and every unusual-but-right solution against the tests.

    \b
    Examples:
      python -m autograder audit
      python -m autograder audit backprop --written-only
      python -m autograder audit --messages
      python -m autograder audit --json
    """
    from autograder.authoring.audit import audit_course, report
    from autograder.authoring.readings import enough, table
    from autograder.course import load_course

    course = load_course()
    findings = audit_course(
        course,
        course.select(names),
        jobs=jobs or os.cpu_count() or 1,
        mechanical=not (written_only or messages),
        require=require,
        tell=lambda line: click.echo(line, err=True),
    )
    if messages and not as_json:
        readings = {name: audit.readings for name, audit in findings.components.items()}
        click.echo(table(readings))
        every = [r for mine in readings.values() for r in mine]
        return ExitCode.OK if enough(every) else ExitCode.FAULTS
    click.echo(json.dumps(findings.to_json(), indent=1) if as_json else report(findings))
    return ExitCode.OK if findings.clean else ExitCode.FAULTS
