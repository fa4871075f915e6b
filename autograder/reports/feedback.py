"""The feedback page of a student: one self-contained HTML file, made from the result alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from autograder.files import write_whole
from autograder.records.results import Result, read_results, read_suite, sentence
from autograder.reports.pages import render_page
from autograder.wording import words
from shared.heatmaps import heat_maps
from shared.language import LANGUAGES
from shared.messages import message, render
from shared.sidebyside import SideBySide

SIGNS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!", "internal": "?"}


def write_pages(out: Path, lang: str | None = None) -> list[Path]:
    """Make every page of a graded class again from its results; the pages.

    Raises
    ------
    UsageProblem
        When `out` is no folder that `grade` wrote.
    """
    suite = read_suite(out)
    return [write_page(out, result, suite, lang) for result in read_results(out)]


def write_page(
    out: Path, result: Result, suite: Mapping[str, Any], lang: str | None = None
) -> Path:
    """Write `DIR/feedback/STUDENT.html`."""
    path = out / "feedback" / f"{result['student']}.html"
    write_whole(path, page(result, suite, lang))
    return path


def page(result: Result, suite: Mapping[str, Any], lang: str | None = None) -> str:
    """The page as text.

    Parameters
    ----------
    result : dict
        As `results/STUDENT.json` holds it; what it says of a hidden test has been redacted.
    suite : dict
        Titles and hints, as `suite.json` holds them.
    lang : str, optional
        Its language; that of the suite where it is not given.
    """
    catalogue = words(lang or suite.get("language", LANGUAGES[0]))

    def say(id: str, **values: Any) -> str:
        return render(message(id, **values), catalogue)

    def picture(data: Mapping[str, Any]) -> Markup:
        # Everything in it that is text has been escaped.
        return Markup(heat_maps(SideBySide.from_json(data), catalogue, inside=True))

    def text(data: Mapping[str, Any], component: str = "") -> str:
        return sentence(data, suite, component, catalogue.lang)

    return render_page(
        "feedback.html",
        result=result,
        suite=suite,
        say=say,
        text=text,
        picture=picture,
        title=catalogue.text,
        signs=SIGNS,
        lang=catalogue.lang,
    )
