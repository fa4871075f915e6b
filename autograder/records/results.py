"""Results: `DIR/results/STUDENT.json` is the truth, everything else is made from it.

The format is described in `docs/results.md`. A result holds message ids and numbers, no sentence
and no time: the same submission gives the same bytes.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from autograder.course import Component, Course
from autograder.errors import UsageProblem
from autograder.files import write_whole
from autograder.intake.submissions import Handed
from autograder.sheets import harmless
from autograder.wording import words
from shared.messages import Message, message, render, with_titles
from shared.verdicts import Outcome, TestInfo

FORMAT = 1

Result = dict[str, Any]


def component_result(
    outcomes: Sequence[Outcome], lent: Sequence[str] = (), key: str = ""
) -> Result:
    """What a result says of one component; `lent` names the references that it was graded with."""
    return {
        "key": key,
        "points": tidy(sum(o.points for o in outcomes)),
        "max_points": tidy(sum(o.max_points for o in outcomes)),
        "problems": [message("lent", component=name).to_json() for name in lent],
        "tests": [
            {**o.to_json(), "points": tidy(o.points), "max_points": tidy(o.max_points)}
            for o in outcomes
        ],
    }


def submission_result(
    course: Course,
    components: Sequence[Component],
    handed: Handed,
    graded: Mapping[str, Result],
    level: str,
) -> Result:
    """The whole result of a submission; `graded` holds its components' results."""
    problems = [handed.problem] if handed.problem is not None else list(handed.broken.values())
    suite = course.stamp[0]
    notes = list(handed.notes)
    if handed.release and handed.release != suite:
        notes.append(message("other-release", theirs=handed.release, ours=suite))
    internal = any(test["verdict"] == "internal" for c in graded.values() for test in c["tests"])
    return {
        "format": FORMAT,
        "student": handed.student,
        "graded": not internal,
        "points": tidy(sum(c["points"] for c in graded.values())),
        "max_points": tidy(sum(c.points for c in components)),
        "problems": [p.to_json() for p in problems],
        "notes": [note.to_json() for note in notes],
        "components": dict(graded),
        "submission": {"hash": handed.digest, "files": _files(handed)},
        "suite": suite,
        "version": course.version,
        "environment": environment(level),
        "key": result_key(course, handed, components, level),
    }


def environment(level: str) -> dict[str, str]:
    """What a score may depend on beside the submission and the suite."""
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "numpy": _numpy(),
        "level": level,
    }


@cache
def _numpy() -> str:
    return importlib.metadata.version("numpy")


def result_key(
    course: Course,
    handed: Handed,
    components: Iterable[Component],
    level: str,
) -> str:
    """What a result depends on: equal keys, equal results."""
    names = ",".join(c.name for c in components)
    about = " ".join(f"{k}={v}" for k, v in sorted(environment(level).items()))
    return f"{handed.digest} {course.stamp[1]} {names} {about}"


def ungraded(course: Course, components: Sequence[Component], handed: Handed) -> Result:
    """The result of a submission that the kit itself could not grade: no points, and no zero."""
    return {
        "format": FORMAT,
        "student": handed.student,
        "graded": False,
        "points": 0,
        "max_points": tidy(sum(c.points for c in components)),
        "problems": [message("internal").to_json()],
        "notes": [],
        "components": {},
        "submission": {"hash": handed.digest, "files": _files(handed)},
        "suite": course.stamp[0],
        "version": course.version,
        "environment": {},
        "key": "",
    }


def _files(handed: Handed) -> list[str]:
    origins = handed.origins
    return sorted(origins[name].file if name in origins else name for name in handed.files)


def write_result(folder: Path, result: Result) -> None:
    """Write one result whole."""
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    write_whole(folder / "results" / f"{result['student']}.json", text)


def read_result(folder: Path, student: str) -> Result | None:
    """A result that was written before; None where there is none that can be read."""
    try:
        text = (folder / "results" / f"{student}.json").read_text(encoding="utf-8")
        result = json.loads(text)
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and result.get("format") == FORMAT else None


def read_results(folder: Path) -> Iterator[Result]:
    """Every result of a graded class that can be read, by the student's name."""
    for path in sorted((folder / "results").glob("*.json")):
        result = read_result(folder, path.stem)
        if result is not None:
            yield result


def read_suite(folder: Path) -> Result:
    """The titles and hints that were written beside the results.

    Raises
    ------
    UsageProblem
    """
    path = folder / "suite.json"
    try:
        suite: Result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageProblem(
            f"{path} cannot be read: name a folder that `grade --out` wrote"
        ) from None
    return suite


def describe_suite(course: Course, infos: Sequence[TestInfo], lang: str | None = None) -> Result:
    """Titles and hints by component and test, in English: what a page needs beside a result.

    `lang` is the language of the pages, that of the course where it is not given.
    """
    return {
        "title": course.title,
        "language": lang or course.language,
        "components": {
            c.name: {
                "title": c.title,
                "tests": {
                    i.test: {"title": i.title, "hint": i.hint}
                    for i in infos
                    if i.component == c.name
                },
            }
            for c in course.components
        },
    }


def sentence(
    data: Mapping[str, Any], suite: Mapping[str, Any], component: str = "", lang: str = "en"
) -> str:
    """The sentence of a message of a result; a test that it names goes by its title."""
    tests = suite["components"].get(component, {}).get("tests", {})
    titles = {test: about["title"] for test, about in tests.items()}
    return render(with_titles(Message.from_json(data), titles), words(lang))


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as lines of CSV, one at a time: a table may be larger than the memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def grades_csv(
    results: Iterable[Result],
    components: Sequence[Component],
    penalty: Callable[[str], float] = lambda student: 0.0,
) -> Iterator[str]:
    """The lines of the table of grades: a row for each student, ids as text.

    `penalty` says what lateness costs a student; the points stay as they were earned.
    """
    return csv_lines(_grades(results, components, penalty))


def _grades(
    results: Iterable[Result], components: Sequence[Component], penalty: Callable[[str], float]
) -> Iterator[list[object]]:
    names = [c.name for c in components]
    yield ["student", "points", "max_points", *names, "graded", "penalty", "after_penalty"]
    for result in results:
        own = [result["components"].get(name, {}).get("points", "") for name in names]
        points = result["points"] if result["graded"] else ""
        graded = "yes" if result["graded"] else "no"
        off = penalty(result["student"])
        rest = [tidy(off), tidy(result["points"] - off)] if result["graded"] else ["", ""]
        own = [harmless(result["student"]), points, result["max_points"], *own, graded]
        yield [*own, *rest]


def tidy(number: float) -> float | int:
    """An int where the number is whole: 3 and not 3.0."""
    return int(number) if float(number).is_integer() else round(number, 6)
