"""`python -m autograder doctor`."""

from __future__ import annotations

import json
from typing import Any

import click

from autograder.errors import ExitCode


@click.command("doctor", short_help="Say what this machine offers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
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
