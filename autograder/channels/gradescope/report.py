"""From a result of ours to the `results.json` that Gradescope reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autograder.channels.findings import details, known
from autograder.records.results import Result, sentence
from autograder.wording import words
from shared.messages import message, render

PLAIN = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}


@dataclass(frozen=True)
class Metadata:
    """What `submission_metadata.json` says that concerns us."""

    students: tuple[str, ...] = ()  # several in a group's submission
    late: bool = False
    earlier: int = 0  # submissions before this one


def read_metadata(data: Any) -> Metadata:
    """Take what is known of the metadata; whatever is missing or odd is left out."""
    if not isinstance(data, dict):
        return Metadata()
    users = [u for u in _list(data.get("users")) if isinstance(u, dict)]
    names = tuple(str(u.get("name") or u.get("email") or u.get("id")) for u in users)
    assignment = data.get("assignment")
    due = [assignment.get("due_date")] if isinstance(assignment, dict) else []
    # A student's own date, where one was extended, is with the student.
    own = [u["assignment"].get("due_date") for u in users if isinstance(u.get("assignment"), dict)]
    made = _time(data.get("created_at"))
    times = [time for text in own or due if (time := _time(text)) is not None]
    late = made is not None and bool(times) and made > max(times)
    return Metadata(names, late, len(_list(data.get("previous_submissions"))))


def report(
    result: Result, suite: Mapping[str, Any], metadata: Metadata, lang: str = "en"
) -> Result:
    """The `results.json` of a graded submission.

    Every test is visible: what a result says of a hidden one has been redacted, and a hidden test
    would hide the student's total with it.

    Parameters
    ----------
    result : dict
        As `results/STUDENT.json` holds it, with ``graded`` true.
    suite : dict
        Titles and hints, as `suite.json` holds them.
    metadata : Metadata
    lang : str
        The language of the sentences.
    """
    problems = [sentence(problem, suite, lang=lang) for problem in result["problems"]]
    for name, component in result["components"].items():
        problems += [sentence(p, suite, name, lang) for p in component["problems"]]
    notes = [sentence(note, suite, lang=lang) for note in result["notes"]]
    return {
        "score": result["points"],
        "output": "\n".join([*problems, *notes, _footer(result, lang)]),
        **PLAIN,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": list(_tests(result, suite, lang)),
        **_leaderboard(result, suite, lang),
        "extra_data": {
            "students": list(metadata.students),
            "late": metadata.late,
            "earlier_submissions": metadata.earlier,
            **{key: result[key] for key in ("suite", "version", "submission", "environment")},
        },
    }


def our_fault(lang: str = "en") -> Result:
    """The `results.json` of a submission that the kit could not grade: it has no score at all."""
    return {
        "output": render(message("internal"), lang),
        "output_format": "text",
        "stdout_visibility": "hidden",
    }


def _tests(result: Result, suite: Mapping[str, Any], lang: str) -> Iterator[Result]:
    many = len(result["components"]) > 1
    catalogue = words(lang)
    for name, component in result["components"].items():
        about = suite["components"][name]
        for test in component["tests"]:
            title = catalogue.text(known(test, suite, name)["title"])
            tags = [name, test["verdict"], *(["hidden"] if test["hidden"] else [])]
            yield {
                "name": f"{catalogue.text(about['title'])}: {title}" if many else title,
                "score": test["points"],
                "max_score": test["max_points"],
                "status": "passed" if test["verdict"] == "passed" else "failed",
                "output": "\n".join(details(test, suite, name, lang)),
                "tags": tags,
                "visibility": "visible",
            }


def _leaderboard(result: Result, suite: Mapping[str, Any], lang: str) -> Result:
    """A ranking by the accuracy of a trained network, where a test has measured one."""
    rows = [
        {
            "name": f"{words(lang).text(suite['components'][name]['title'])} %",
            "value": flag["values"]["percent"],
        }
        for name, component in result["components"].items()
        for test in component["tests"]
        for flag in test["flags"]
        if flag["id"] == "accuracy"
    ]
    return {"leaderboard": rows[:1]} if rows else {}


def _footer(result: Result, lang: str) -> str:
    values = {key: result[key] for key in ("version", "suite")}
    return render(message("page-footer", **values), lang)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else None
