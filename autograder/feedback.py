"""The feedback page of a student: one self-contained HTML file, made from the result alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from autograder.files import write_whole
from autograder.results import Result, sentence
from shared.messages import message, render

TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!", "internal": "?"}


def write_page(out: Path, result: Result, suite: Mapping[str, Any]) -> None:
    """Write `DIR/feedback/STUDENT.html`."""
    write_whole(out / "feedback" / f"{result['student']}.html", page(result, suite))


def page(result: Result, suite: Mapping[str, Any], lang: str = "en") -> str:
    """The page as text.

    Parameters
    ----------
    result : dict
        As `results/STUDENT.json` holds it; what it says of a hidden test has been redacted.
    suite : dict
        Titles and hints, as `suite.json` holds them.
    """

    def say(id: str, **values: Any) -> str:
        return render(message(id, **values), lang)

    def text(data: Mapping[str, Any], component: str = "") -> str:
        return sentence(data, suite, component, lang)

    return _template().render(
        result=result, suite=suite, say=say, text=text, signs=SIGNS, lang=lang
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    return environment.get_template("feedback.html")


def _code(text: str) -> Markup:
    """Backquoted words as code; everything is escaped first."""
    parts = str(escape(text)).split("`")
    return Markup(
        "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
        if len(parts) % 2
        else "`".join(parts)
    )
