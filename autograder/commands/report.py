"""`python -m autograder report`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.options import PATH


@click.command("report", short_help="Write a page on a graded class.")
@click.argument("graded", metavar="DIR", type=PATH)
@click.option("--out", type=PATH, help="The page to write; else DIR/report.html.")
def command(graded: Path, out: Path | None) -> None:
    """Write a page on a graded class: points, tests, diagnoses, whom to look at.

    DIR is what `grade --out` wrote. The page is one file and needs no network; its links lead to
    the students' pages in DIR/feedback.

    \b
    Examples:
      python -m autograder report graded/
      python -m autograder report graded/ --out report.html
    """
    from autograder.records.graded import read_folder
    from autograder.reports.classreport import make_report
    from autograder.reports.reportpage import write_report

    folder = read_folder(graded)
    report = make_report(folder)
    out = out or graded / "report.html"
    write_report(out, folder, report)
    for notice in report.notices:
        click.echo(notice, err=True)
    click.echo(f"{len(report.students)} submissions, {len(report.looks)} to look at")
    click.echo(f"page: {out}")
