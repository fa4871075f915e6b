"""What a student reads of a wrong solution, and what counts as naming the mistake."""

from __future__ import annotations

import pytest

from autograder.authoring.readings import enough, read, table
from autograder.authoring.variants import Variant, read_variants
from autograder.course import load_course
from shared.messages import message
from shared.sentences import ENGLISH
from shared.verdicts import Outcome, TestInfo

INFOS = [
    TestInfo("test_forward", "toy", "f: the worked example", 1, "Sum, do not average.", False),
    TestInfo("test_backward", "toy", "f_backward: dx", 1, "One part per window.", True),
]
VALUES = {"index": (0,), "got": 1.0, "expected": 2.0, "error": 0.5, "limit": 1e-9}
WRONG = message("values", what="y", **VALUES)
HIDDEN = message("gradient-hidden", what="dx", limit=1e-7)


def mutant(says="", looks=()):
    return Variant("averaged", "", "Averages.", False, "test_forward", says, looks, 1, ())


def outcome(test, *messages, verdict="failed"):
    hidden = test == "test_backward"
    return Outcome(test, verdict, 0, 1, hidden, "toy", messages=messages)


@pytest.mark.parametrize(
    ("says", "named"),
    [
        ("do not average", "property"),
        ("looks-averaged", "mistake"),
        ("divided by the size", "mistake"),
        ("looks-negated", ""),
        ("a word that nobody reads", ""),
        ("", ""),
    ],
)
def test_a_mistake_is_named_only_by_what_is_read(says, named):
    guess = message("looks-averaged-hidden", axis="batch")
    outcomes = [outcome("test_forward", WRONG), outcome("test_backward", HIDDEN, guess)]
    assert read(mutant(says), outcomes, INFOS).named == named


def test_an_id_is_not_looked_for_among_the_words():
    # "shape" is in many a sentence; as an id it is the finding that a shape is wrong.
    outcomes = [outcome("test_forward", message("looks-kept-dimension"), WRONG)]
    assert read(mutant("shape"), outcomes, INFOS).named == ""


def test_what_passed_or_was_skipped_is_not_read():
    outcomes = [outcome("test_forward", verdict="passed"), outcome("test_backward", HIDDEN)]
    assert read(mutant("do not average"), outcomes, INFOS).named == ""
    skipped = outcome("test_forward", message("needs", test="test_x"), verdict="skipped")
    assert read(mutant("needs"), [skipped], INFOS).named == ""


def test_a_guess_that_nobody_has_judged_is_wrong():
    said = [outcome("test_forward", WRONG, message("looks-scaled", factor=2.0))]
    said.append(outcome("test_backward", HIDDEN, message("looks-averaged-hidden", axis="batch")))
    assert read(mutant("average"), said, INFOS).wrong == ("looks-averaged", "looks-scaled")
    assert read(mutant("looks-averaged", ("looks-scaled",)), said, INFOS).wrong == ()


def test_the_table_shows_what_is_read_and_what_is_not_named():
    said = [outcome("test_forward", WRONG, message("looks-scaled", factor=0.25))]
    named = read(mutant("average", ("looks-scaled",)), said, INFOS)
    silent = read(mutant(), said, INFOS)
    shown = table({"toy": [named] * 9 + [silent]})
    assert "times 0.25" in shown
    assert "hint: Sum, do not average." in shown
    assert "named: 9 of 10, 90.0%" in shown
    assert "not named: toy: averaged" in shown
    assert "MISLED: toy: averaged: looks-scaled" in shown
    assert enough([named] * 9)
    assert not enough([named] * 8 + [silent, silent])
    assert not enough([named] * 30 + [silent])  # a wrong guess, however few there are


def test_the_mutants_say_what_can_be_said():
    for component in load_course().components:
        for variant in read_variants(component).wrong:
            assert set(variant.looks) <= set(ENGLISH), variant.name
            assert all(look.startswith("looks-") for look in variant.looks), variant.name
            assert variant.says not in variant.looks, variant.name
