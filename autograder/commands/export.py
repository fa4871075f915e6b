"""`python -m autograder export`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.options import PATH
from autograder.errors import ExitCode

FORMATS = ("csv", "canvas", "moodle", "gradescope", "json")  # `exports.FORMATS`, not yet imported


@click.command("export", short_help="Write the points as a table for another program.")
@click.argument("graded", metavar="DIR", type=PATH)
@click.option("--to", "format", type=click.Choice(FORMATS), required=True, help="The format.")
@click.option("--out", type=PATH, help="The file to write; else DIR/export-FORMAT.csv.")
@click.option(
    "--roster",
    type=PATH,
    help="A CSV of who is in the class; that of Canvas, Moodle or Gradescope will do.",
)
@click.option("--component", metavar="NAME", default="", help="The points of this one alone.")
@click.option("--title", default="", help="What the assignment is called there.")
@click.option("--assignment", metavar="ID", default="", help="The assignment's id in Canvas.")
@click.option("--excel", is_flag=True, help="With --to csv: for Excel, with semicolons and a BOM.")
@click.option(
    "--strict", is_flag=True, help="Write nothing while somebody is missing, unknown or ungraded."
)
def command(
    graded: Path,
    format: str,
    out: Path | None,
    roster: Path | None,
    component: str,
    title: str,
    assignment: str,
    excel: bool,
    strict: bool,
) -> int:
    """Write the points of a graded folder for a gradebook, a spreadsheet or a program.

    DIR is what `grade --out` wrote. Who is missing, unknown or without a grade is listed before
    anything is written; a submission that was not graded has an empty cell and never a zero.

    \b
    Examples:
      python -m autograder export graded/ --to csv --excel
      python -m autograder export graded/ --to canvas --roster canvas.csv --assignment 4711
      python -m autograder export graded/ --to moodle --roster moodle.csv --component conv
    """
    from autograder.files import write_whole
    from autograder.records import exports
    from autograder.records.graded import component_titles, read_folder
    from autograder.records.rosters import match, read_roster

    if excel and format != "csv":
        raise click.UsageError(f"--excel is for people and goes with --to csv, not {format}")
    if assignment and (format != "canvas" or not assignment.isdigit()):
        raise click.UsageError("--assignment is the number of an assignment, and goes with canvas")
    folder = read_folder(graded)
    titles = component_titles(folder)
    if component and component not in titles:
        from autograder.errors import UsageProblem, suggest

        raise UsageProblem(f"nobody was graded in {component!r}; {suggest(component, titles)}")
    people = None if roster is None else read_roster(roster)
    matched = match([r["student"] for r in folder.results], people)
    table = exports.make_table(
        folder, matched, title=title, component=component, assignment=assignment
    )
    lines = exports.notices(table, matched, folder)
    for line in lines:
        click.echo(line, err=True)
    if strict and lines:
        click.echo("nothing was written (--strict)", err=True)
        return ExitCode.FAULTS
    held = exports.held_by(format, table)
    write = exports.FORMATS[format][1]
    text = exports.csv_table(held, excel=True) if excel else write(held)
    out = out or exports.default_out(graded, format, component)
    write_whole(out, text)
    given = sum(row.points is not None for row in held.rows)
    rest = len(table.rows) - len(held.rows)
    more = f"; {rest} missing or unknown are not in it" if rest else ""
    click.echo(f"wrote {out}: {given} grades of {len(held.rows)} students{more}")
    return ExitCode.OK
