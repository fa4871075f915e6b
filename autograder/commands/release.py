"""`python -m autograder release`."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.commands.options import PATH
from autograder.errors import ExitCode


@click.command("release", short_help="Write stubs and notebooks; with --to, what is handed out.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--to",
    "channel",
    metavar="CHANNEL",
    help="Build bundle, gradescope, nbgrader, otter, or all.",
)
@click.option("--out", type=PATH, help="Where OUT/CHANNEL/ is built.")
@click.option("--check", is_flag=True, help="Only compare; write nothing.")
def command(names: tuple[str, ...], channel: str | None, out: Path | None, check: bool) -> int:
    """Write the stubs and notebooks of assignments/; with --to, what is handed out.

    `bundle` is a zip for students per component, and of the whole course; `gradescope` is a zip to
    upload as an autograder; `nbgrader` is a course directory for nbgrader's own commands; `otter`
    is a folder for `otter assign`, with a master notebook. Nothing is written that would show
    students a solution or a hidden test.

    \b
    Examples:
      python -m autograder release
      python -m autograder release --check
      python -m autograder release --to bundle --out build/release
      python -m autograder release conv --to otter --out build/release
      python -m autograder release --to nbgrader --out ~/course
      python -m autograder release conv pool --to all --out build/release
    """
    if (channel is None) != (out is None):
        raise click.UsageError("--to CHANNEL and --out DIR go together")
    if channel is not None and out is not None:
        if check:
            raise click.UsageError("--check compares assignments/; it does not go with --to")
        return _release_to(channel, names, out)
    if names:
        raise click.UsageError("names go with --to; without it, all generated files are written")
    return _release_here(check)


def _release_to(channel: str, names: tuple[str, ...], out: Path) -> int:
    from autograder import channels
    from autograder.course import load_course
    from autograder.errors import suggest

    known = (*channels.CHANNELS, "all")
    if channel not in known:
        raise click.UsageError(f"no channel {channel!r}; {suggest(channel, known)}")
    course = load_course()
    chosen = channels.CHANNELS if channel == "all" else (channel,)
    # What is in a folder goes by the folder's name: a course directory has hundreds of files.
    counts: dict[Path, int] = {}
    for path in channels.release(course, course.select(names), chosen, out):
        top = out.joinpath(*path.relative_to(out).parts[:2])
        counts[top] = counts.get(top, 0) + 1
    for top, count in counts.items():
        click.echo(f"wrote {top}/ ({count} files)" if top.is_dir() else f"wrote {top}")
    return ExitCode.OK


def _release_here(check: bool) -> int:
    from autograder.authoring.release import generate, out_of_date, write
    from autograder.course import load_course

    course = load_course()
    files = generate(course)
    if check:
        old = out_of_date(files)
        for path in old:
            click.echo(f"out of date: {path.relative_to(course.root)}")
        if old:
            click.echo("run `python -m autograder release`", err=True)
            return ExitCode.FAULTS
        click.echo(f"{len(files)} generated files are current")
        return ExitCode.OK
    written = write(files)
    for path in written:
        click.echo(f"wrote {path.relative_to(course.root)}")
    click.echo(f"{len(written)} of {len(files)} generated files were written")
    return ExitCode.OK
