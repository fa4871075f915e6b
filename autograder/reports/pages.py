"""What all pages share: one environment of templates, which escapes everything."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

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
    environment.filters["code"] = _code
    environment.filters["percent"] = lambda share: f"{100 * share:.0f}\N{NARROW NO-BREAK SPACE}%"
    environment.filters["number"] = lambda value: f"{value:,.6g}"
    return environment


def _code(text: str) -> Markup:
    """Backquoted words as code; everything is escaped first."""
    parts = str(escape(text)).split("`")
    return Markup(
        "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
        if len(parts) % 2
        else "`".join(parts)
    )
