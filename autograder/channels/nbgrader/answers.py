"""From a result of ours to what nbgrader's cells show and score."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.channels.findings import findings
from autograder.records.results import Result, sentence, tidy
from shared.messages import message, render


def answer(
    result: Result,
    suite: Mapping[str, Any],
    component: str,
    cells: Mapping[str, Sequence[str]],
    lang: str = "en",
) -> dict[str, Any]:
    """The points and the text of each test cell, and what stands above them all.

    Parameters
    ----------
    result : dict
        As `results/STUDENT.json` holds it, with ``graded`` true, of that one component.
    suite : dict
        Titles and hints, as `suite.json` holds them.
    component : str
    cells : mapping
        The names of the tests of each cell, by its grade id.
    """
    graded = result["components"].get(component, {"problems": [], "tests": []})
    tests = {test["test"]: test for test in graded["tests"]}
    return {
        "head": "\n".join(_head(result, graded, suite, component, lang)),
        "cells": {
            name: {
                "points": tidy(sum(tests[t]["points"] for t in own if t in tests)),
                "text": "\n\n".join(
                    findings(tests[t], suite, component, lang) for t in own if t in tests
                ),
            }
            for name, own in cells.items()
        },
    }


def _head(
    result: Result, graded: Result, suite: Mapping[str, Any], component: str, lang: str
) -> Iterator[str]:
    """Lines of Markdown: what is the matter with all of it, and what was taken of what."""
    for problem in result["problems"]:
        yield f"- **{_plain(sentence(problem, suite, lang=lang))}**"
    for problem in graded["problems"]:
        yield f"- **{_plain(sentence(problem, suite, component, lang))}**"
    for note in result["notes"]:
        yield f"- {_plain(sentence(note, suite, component, lang))}"
    about = message("page-footer", version=result["version"], suite=result["suite"])
    yield f"- {render(about, lang)}"


def _plain(text: str) -> str:
    """A sentence as Markdown: a name in it that a student chose is no markup."""
    return html.escape(text).replace("*", "&#42;").replace("[", "&#91;").replace("$", "&#36;")
