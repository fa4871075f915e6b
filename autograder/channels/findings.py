"""What a student reads of one test, as plain text, where a platform shows no page of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograder.records.results import Result, sentence
from autograder.wording import words
from shared.messages import message, render


def details(
    test: Result, suite: Mapping[str, Any], component: str, lang: str = "en"
) -> Iterator[str]:
    """The call, what was found, and the hint where points were lost: a line each.

    Parameters
    ----------
    test : dict
        A test of a result, redacted where it is a hidden one.
    suite : dict
        Titles and hints, as `suite.json` holds them.
    component : str
    lang : str
    """
    if test["call"]:
        yield f"{_word('heading-call', lang)}: {test['call']}"
    for found in (*test["messages"], *test["flags"]):
        yield sentence(found, suite, component, lang)
    hint = known(test, suite, component)["hint"]
    if test["verdict"] in ("failed", "error") and hint:
        yield f"{_word('heading-hint', lang)}: {words(lang).text(hint)}"


def findings(test: Result, suite: Mapping[str, Any], component: str, lang: str = "en") -> str:
    """A test with its verdict, points and title, and its details below."""
    points = f"{test['points']}/{test['max_points']}"
    title = words(lang).text(known(test, suite, component)["title"])
    hidden = f"  ({_word('page-hidden', lang)})" if test["hidden"] else ""
    first = f"{_word('verdict-' + test['verdict'], lang):<8} {points:>9}  {title}{hidden}"
    return "\n".join([first, *(f"    {line}" for line in details(test, suite, component, lang))])


def known(test: Result, suite: Mapping[str, Any], component: str) -> Mapping[str, str]:
    """The title and the hint of a test, in English."""
    about: Mapping[str, str] = suite["components"][component]["tests"].get(
        test["test"], {"title": test["test"], "hint": ""}
    )
    return about


def _word(id: str, lang: str) -> str:
    return render(message(id), lang)
