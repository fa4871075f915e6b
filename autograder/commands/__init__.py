"""The commands, one module each: it parses and prints, and imports what works where it is used."""

from __future__ import annotations

from importlib import import_module

import click

# In the order of a course's life, which `--help` keeps. Each is `command` in a module of its name.
NAMES = (
    *("list", "new", "release", "translations", "verify", "audit"),
    *("grade", "regrade", "feedback", "gradebook", "report", "export", "similar", "figures"),
    *("doctor", "demo"),
)


def load(name: str) -> click.Command:
    """The command of that name."""
    # A module may not be called as a builtin that it would hide.
    module = import_module(f"autograder.commands.{name}{'_' * (name == 'list')}")
    command: click.Command = module.command
    return command
