"""The command line: parse, call, print. Everything heavy is imported where it is used."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from autograder.errors import ExitCode, KitError
from autograder.onethread import ONE_THREAD

# `sandbox.LEVELS`, which takes NumPy to import.
LEVELS = ("weak", "kernel", "kernel+ns")
REQUIRE = click.option(
    "--require",
    type=click.Choice(LEVELS),
    default="kernel",
    show_default=True,
    help="The lowest isolation to accept; weak is for your own code only.",
)


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of a course's life, not of the alphabet

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from autograder.errors import suggest

            known = suggest(args[0], self.commands)
            raise click.UsageError(f"no command {args[0]!r}; {known}") from None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Build, prove and grade the course.

    \b
    Examples:
      python -m autograder list
      python -m autograder verify
      python -m autograder grade submissions/ --out graded/
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status, numbered as pytest's."""
    os.environ.update(ONE_THREAD)
    try:
        status = cli.main(args=arguments, prog_name="python -m autograder", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except KitError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        # `| head` has seen enough; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception:
        traceback.print_exc()
        click.echo("error: a fault of the program itself; please report the lines above", err=True)
        return ExitCode.INTERNAL
    return int(status or ExitCode.OK)


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_command(as_json: bool) -> None:
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


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--to", "channel", metavar="CHANNEL", help="Build bundle, gradescope, or all.")
@click.option("--out", type=click.Path(path_type=Path), help="Where OUT/CHANNEL/ is built.")
@click.option("--check", is_flag=True, help="Only compare; write nothing.")
def release(names: tuple[str, ...], channel: str | None, out: Path | None, check: bool) -> int:
    """Write the stubs and notebooks of assignments/; with --to, what is handed out.

    `bundle` is a zip for students per component, and of the whole course; `gradescope` is a zip to
    upload as an autograder. Nothing is written that would show students a solution or a hidden
    test.

    \b
    Examples:
      python -m autograder release
      python -m autograder release --check
      python -m autograder release --to bundle --out build/release
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
    for path in channels.release(course, course.select(names), chosen, out):
        click.echo(f"wrote {path}")
    return ExitCode.OK


def _release_here(check: bool) -> int:
    from autograder.course import load_course
    from autograder.release import generate, out_of_date, write

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


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@REQUIRE
def verify(names: tuple[str, ...], require: str) -> int:
    """Prove that solutions, stubs, tests and the generated files fit together.

    \b
    Examples:
      python -m autograder verify
      python -m autograder verify backprop
    """
    from autograder.course import load_course
    from autograder.verify import verify_course

    course = load_course()
    faults = 0
    for line in verify_course(course, course.select(names), require=require):
        faults += line.fault
        click.echo(str(line), err=line.fault)
    return ExitCode.FAULTS if faults else ExitCode.OK


@cli.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Processes; one per core.")
@click.option("--written-only", is_flag=True, help="Leave the mechanical mutants out.")
@REQUIRE
def audit(
    names: tuple[str, ...],
    as_json: bool,
    jobs: int | None,
    written_only: bool,
    require: str,
) -> int:
    """Try every wrong and every unusual-but-right solution against the tests.

    \b
    Examples:
      python -m autograder audit
      python -m autograder audit backprop --written-only
      python -m autograder audit --json
    """
    from autograder.audit import audit_course, report
    from autograder.course import load_course

    course = load_course()
    findings = audit_course(
        course,
        course.select(names),
        jobs=jobs or os.cpu_count() or 1,
        mechanical=not written_only,
        require=require,
        tell=lambda line: click.echo(line, err=True),
    )
    click.echo(json.dumps(findings.to_json(), indent=1) if as_json else report(findings))
    return ExitCode.OK if findings.clean else ExitCode.FAULTS


@cli.command()
@click.argument("submissions", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where results go.")
@click.option("--component", "names", multiple=True, metavar="NAME", help="Only this; repeatable.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Processes; one per core.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON lines.")
@REQUIRE
def grade(
    submissions: Path,
    out: Path,
    names: tuple[str, ...],
    jobs: int | None,
    as_json: bool,
    require: str,
) -> int:
    """Grade a folder that holds a folder or a .zip per student.

    A submission holds nn/NAME.py, NAME.py, NAME.ipynb or notebooks/NAME.ipynb. The folder may also
    be a course of nbgrader or an export of Gradescope. Results go to OUT/results/STUDENT.json,
    OUT/grades.csv and OUT/feedback/STUDENT.html. A run that was interrupted goes on where it was
    when it is started again.

    \b
    Examples:
      python -m autograder grade submissions/ --out graded/
      python -m autograder grade submissions/ --out graded/ --component backprop --jobs 4
    """
    from autograder.course import load_course
    from autograder.grading import grade_folder

    course = load_course()
    ending = grade_folder(
        course,
        course.select(names),
        submissions,
        out,
        jobs=jobs or os.cpu_count() or 1,
        require=require,
        as_json=as_json,
    )
    return ExitCode.INTERNAL if ending.ungraded else ExitCode.OK


@cli.command()
@click.argument("name")
@click.option("--title", default=None, help="The title that students read.")
def new(name: str, title: str | None) -> None:
    """Scaffold a component in every room; `verify` then says what is left to write.

    \b
    Examples:
      python -m autograder new leaky_relu
      python -m autograder new leaky_relu --title "Leaky ReLU"
    """
    from autograder.course import load_course
    from autograder.scaffold import scaffold

    course = load_course()
    for path in scaffold(course, name, title):
        click.echo(f"wrote {path.relative_to(course.root)}")
    click.echo(f"next: python -m autograder verify {name}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> int:
    """Say what this machine offers: Python, NumPy, BLAS, isolation, optional tools.

    \b
    Examples:
      python -m autograder doctor
      python -m autograder doctor --json
    """
    from autograder.doctor import examine

    found: list[dict[str, Any]] = examine()
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        for line in found:
            mark = "ok" if line["ok"] else "--"
            click.echo(f"{mark:>3}  {line['what']:<12} {line['found']}")
            if line["advice"]:
                click.echo(f"     {'':<12} {line['advice']}")
    return ExitCode.OK if all(line["ok"] for line in found if line["needed"]) else ExitCode.FAULTS


@cli.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/demo"),
    show_default=True,
    help="Where the class and its results go.",
)
@click.option("--jobs", type=click.IntRange(1), default=None, help="Processes; one per core.")
@REQUIRE
def demo(out: Path, jobs: int | None, require: str) -> int:
    """Make a class of good, bad and forged submissions, and grade it.

    \b
    Examples:
      python -m autograder demo
      python -m autograder demo --out /tmp/demo
    """
    from autograder.course import load_course
    from autograder.demo import run_demo

    course = load_course()
    return run_demo(course, out, jobs=jobs or os.cpu_count() or 1, require=require)
