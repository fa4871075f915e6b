"""Sphinx's settings for these pages. `make docs` builds them, and nothing comes from a network."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder.cli import cli
from autograder.course import load_course

COMMANDS = "<!-- every command -->"  # in reference.md: what click knows stands in its place

project = "ExpressML coursework kit"
version = release = load_course().version
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["conf.py"]

html_theme = "alabaster"
html_theme_options = {
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
    "code_font_size": "0.8em",
    "body_max_width": "auto",
    "page_width": "72rem",  # a line of code of 100 characters fits
    "show_powered_by": False,
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchfield.html"]}
html_copy_source = False
html_show_copyright = False


def commands() -> str:
    """Every command's own help, a section for each."""
    sections = []
    for name, command in cli.commands.items():
        called = f"python -m autograder {name}"
        context = click.Context(command, info_name=called, terminal_width=90)
        sections.append(f"### `{name}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(sections)


def insert_commands(app: Sphinx, page: str, source: list[str]) -> None:
    """Sphinx calls this with the text of each page, in a list that is read back."""
    if page == "reference":
        before, mark, after = source[0].partition(COMMANDS)
        if not mark:
            raise RuntimeError(f"reference.md has no line {COMMANDS}")
        source[0] = f"{before}{commands()}{after}"


def setup(app: Sphinx) -> None:
    """Sphinx calls this once."""
    app.connect("source-read", insert_commands)
