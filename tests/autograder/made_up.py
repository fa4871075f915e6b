"""A graded folder that was never graded: its results are made up, and written as `grade` does."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.course import Course
from autograder.records.results import Result, component_result, describe_suite, write_result
from autograder.reports.feedback import write_page
from shared.messages import Message, message
from shared.verdicts import Outcome, TestInfo

COMPONENTS = ("dropout", "conv")
POINTS = 2.5
TESTS = 8  # in each component


def infos() -> list[TestInfo]:
    return [
        TestInfo(f"test_{n}", c, f"`{c}` does <{n}>", POINTS, f"Hint {n}.", hidden=n % 2 == 0)
        for c in COMPONENTS
        for n in range(TESTS)
    ]


def outcome(info: TestInfo, verdict: str, *messages: Message, flags: tuple[Message, ...] = ()):
    earned = POINTS if verdict == "passed" else 0.0
    return Outcome(
        *(info.test, verdict, earned, POINTS, info.hidden, info.component, messages, flags)
    )


Judge = Callable[[TestInfo], Outcome]


def result(student: str, judge: Judge, components: Sequence[str] = COMPONENTS) -> Result:
    parts = {
        name: component_result_of(name, [judge(i) for i in infos() if i.component == name])
        for name in components
    }
    return {
        "format": 1,
        "student": student,
        "graded": not any(
            t["verdict"] == "internal" for part in parts.values() for t in part["tests"]
        ),
        "points": sum(part["points"] for part in parts.values()),
        "max_points": POINTS * TESTS * len(COMPONENTS),
        "problems": [],
        "notes": [],
        "components": parts,
        "submission": {"hash": "0", "files": [f"nn/{name}.py" for name in components]},
        "suite": "0123456789abcdef",
        "version": "0.1.0",
        "environment": {"python": "3.11.7", "numpy": "2.4.0", "level": "kernel"},
        "key": "",
    }


def component_result_of(name: str, outcomes: Sequence[Outcome]) -> Result:
    return component_result(outcomes)


def of_strength(student: str, strength: float) -> Result:
    """Passes what its strength and some luck allow; the same in every run."""
    dice = random.Random(student)

    def judge(info: TestInfo) -> Outcome:
        n = int(info.test.removeprefix("test_"))
        if n == 0 or dice.random() * 0.5 + strength > n / TESTS:
            return outcome(info, "passed")
        wrong = message("values-hidden", what=f"d{n}", limit=1e-9)
        return outcome(info, "failed", wrong)

    return result(student, judge)


def unread(student: str) -> Result:
    return {
        **result(student, lambda info: outcome(info, "passed"), components=()),
        "problems": [message("bad-zip", file=f"{student}.zip").to_json()],
    }


def internal(student: str) -> Result:
    return result(student, lambda info: outcome(info, "internal", message("internal")))


def write(folder: Path, course: Course, results: Sequence[Result]) -> Path:
    """Write all that `grade` writes."""
    suite = describe_suite(course, infos())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    with open(folder / "timings.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["student", "component", "test", "seconds"])
        for number, one in enumerate(results):
            for name, part in one["components"].items():
                for test in part["tests"]:
                    rows.writerow([one["student"], name, test["test"], 0.01 * (number + 1)])
    for one in results:
        write_page(folder, one, suite)
        write_result(folder, one)
    return folder
