"""The ranking on Gradescope: the accuracy that a test has measured, and nothing without one."""

from __future__ import annotations

from autograder.channels.gradescope.report import Metadata, report
from shared.messages import message

SUITE = {"components": {"lenet": {"title": "LeNet-5", "tests": {}}}}


def result(*flags):
    test = {
        "test": "test_training",
        "verdict": "passed",
        "points": 1,
        "max_points": 1,
        "hidden": True,
        "messages": [],
        "flags": list(flags),
        "call": "",
    }
    return {
        "points": 1,
        "problems": [],
        "notes": [],
        "suite": "abc",
        "version": "1",
        "submission": {},
        "environment": {},
        "components": {"lenet": {"points": 1, "max_points": 1, "problems": [], "tests": [test]}},
    }


def test_an_accuracy_makes_a_row():
    found = report(result(message("accuracy", percent=97).to_json()), SUITE, Metadata())
    assert found["leaderboard"] == [{"name": "LeNet-5 %", "value": 97}]


def test_without_one_there_is_no_ranking():
    assert "leaderboard" not in report(result(), SUITE, Metadata())
