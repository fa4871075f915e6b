"""The command line: its group, and what each way of ending means for the exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback

import click

from autograder import commands
from autograder.errors import ExitCode, KitError
from autograder.onethread import ONE_THREAD


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


for _name in commands.NAMES:
    cli.add_command(commands.load(_name))


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
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            # Files are written whole or not at all; what is left are those that have no name.
            click.echo(f"error: {error.strerror}: make room, then run the same command", err=True)
            return ExitCode.USAGE
        traceback.print_exc()
        click.echo("error: a fault of the program itself; please report the lines above", err=True)
        return ExitCode.INTERNAL
    return int(status or ExitCode.OK)
