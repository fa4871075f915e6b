"""`python -m autograder similar`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.commands.options import JOBS, PATH

SHOWN = 10  # pairs that are named on the terminal


@click.command("similar", short_help="Find submissions that are alike beyond the stub.")
@click.argument("submissions", metavar="DIR", type=PATH)
@click.option(
    "--out",
    type=PATH,
    default=Path("similar.html"),
    show_default=True,
    help="The page to write.",
)
@click.option("--component", "names", multiple=True, metavar="NAME", help="Only this; repeatable.")
@click.option(
    "--share",
    type=click.IntRange(1, 100),
    default=50,
    show_default=True,
    help="The least percentage of a component that counts as alike.",
)
@click.option(
    "--common",
    type=click.IntRange(1, 100),
    default=25,
    show_default=True,
    help="Leave out what more than this percentage of the class has.",
)
@click.option(
    "--most", type=click.IntRange(1), default=40, show_default=True, help="Pairs to show in full."
)
@JOBS
def command(
    submissions: Path,
    out: Path,
    names: tuple[str, ...],
    share: int,
    common: int,
    most: int,
    jobs: int | None,
) -> None:
    """Find submissions that are alike beyond what the stub gives everyone.

    DIR is what `grade` takes: a folder or a .zip per student, a course of nbgrader, an export of
    Gradescope. The page shows each pair side by side. It says where to look, and proves nothing.

    \b
    Examples:
      python -m autograder similar submissions/
      python -m autograder similar submissions/ --component conv --share 70 --out conv.html
    """
    from autograder.course import load_course
    from autograder.reports.similarity import find_similar
    from autograder.reports.similarpage import write_similar_page

    course = load_course()
    findings = find_similar(
        course,
        course.select(names),
        submissions,
        jobs=jobs or os.cpu_count() or 1,
        common=common / 100,
        share=share / 100,
    )
    write_similar_page(out, course, findings, common=common / 100, share=share / 100, most=most)
    click.echo(f"{len(findings.paths)} submissions, {len(findings.pairs)} pairs alike")
    for pair in findings.pairs[:SHOWN]:
        parts = ", ".join(f"{a.component} {a.share:.0%}" for a in pair.alike)
        click.echo(f"  {pair.first} and {pair.second}: {parts}")
    if len(findings.pairs) > SHOWN:
        click.echo(f"  and {len(findings.pairs) - SHOWN} more")
    for who in findings.unread:
        click.echo(f"nothing to compare: {who}", err=True)
    click.echo(f"page: {out}")
