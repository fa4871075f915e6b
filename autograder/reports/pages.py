"""What the pages for the staff share: one environment of templates, which escapes everything."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2

from autograder.reports.feedback import _code as code

TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, **values: object) -> str:
    """A page of `autograder/reports/templates` as text."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = code
    environment.filters["percent"] = lambda share: f"{100 * share:.0f}\N{NARROW NO-BREAK SPACE}%"
    environment.filters["number"] = lambda value: f"{value:,.6g}"
    return environment
