"""Where a class is lost: the tests that cost it most, and those that fail together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.records.graded import Folder
from autograder.records.results import Result, sentence
from shared.messages import Message, redact

NOT_A_DIAGNOSIS = frozenset({"needs", "needs-component", "lent", "internal"})
ALIKE = 0.75  # of the students who fail one of two tests, so many fail both
FEWEST = 3  # students, before tests that fail together are worth a word


@dataclass(frozen=True)
class Loss:
    """What a test cost the class.

    `points` is what a student lost in it on average, `share` its part of all that was lost;
    `because` is what most of those were told whom it failed, `told` is how many they are.
    """

    component: str
    test: str
    points: float
    share: float
    passed: int
    taken: int
    because: str
    told: int


@dataclass(frozen=True)
class Together:
    """Tests that fail together, as component and name; `students` fail all of them."""

    tests: tuple[tuple[str, str], ...]
    students: tuple[str, ...]


def losses(folder: Folder) -> Iterator[Loss]:
    """Every test in which points were lost, the dearest first."""
    lost: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    told: dict[tuple[str, str], Counter[str]] = {}
    for result in folder.results:
        for component, test in run_tests(result):
            if test["verdict"] == "internal":
                continue
            key = component, test["test"]
            taken[key] += 1
            passed[key] += test["verdict"] == "passed"
            lost[key] += test["max_points"] - test["points"]
            said = set(diagnoses_of(test, component, folder.suite))
            told.setdefault(key, Counter()).update(said)
    everything = sum(lost.values())
    for key in sorted(lost, key=lambda k: (-lost[k], k)):
        if lost[key] > 0:
            # Of equals the first in the alphabet, or the page would depend on who comes first.
            commonest = sorted(told[key].items(), key=lambda t: (-t[1], t[0]))
            because, count = commonest[0] if commonest else ("", 0)
            yield Loss(
                *key,
                points=lost[key] / taken[key],
                share=lost[key] / everything,
                passed=passed[key],
                taken=taken[key],
                because=because,
                told=count,
            )


def together(folder: Folder) -> list[Together]:
    """Groups of tests that the same students fail, those of most students first.

    Who passed nothing in a component does not count there: all its tests would fail together.
    """
    fails: dict[tuple[str, str], set[str]] = {}
    for result in folder.results:
        for component, part in result["components"].items():
            verdicts = {test["test"]: test["verdict"] for test in part["tests"]}
            if "passed" not in verdicts.values():
                continue
            for test, verdict in verdicts.items():
                if verdict in ("failed", "error"):
                    fails.setdefault((component, test), set()).add(result["student"])
    groups = []
    left = sorted(fails, key=lambda k: (-len(fails[k]), k))
    while left:
        first, *rest = left
        group = [first, *(other for other in rest if _alike(fails[first], fails[other]))]
        left = [key for key in left if key not in group]
        students = set.intersection(*(fails[key] for key in group))
        if len(group) > 1 and len(students) >= FEWEST:
            groups.append(Together(tuple(sorted(group)), tuple(sorted(students))))
    return sorted(groups, key=lambda g: (-len(g.students), g.tests))


def run_tests(result: Result) -> Iterator[tuple[str, Result]]:
    """Every test of a result, with its component."""
    for component, part in result["components"].items():
        for test in part["tests"]:
            yield component, test


def diagnoses_of(test: Result, component: str, suite: Mapping[str, object]) -> Iterator[str]:
    """What a test that failed says was wrong.

    A message is taken as a hidden test would show it, without the numbers of one submission: then
    the same mistake has the same words everywhere.
    """
    if test["verdict"] not in ("failed", "error"):
        return
    for data in test["messages"]:
        for said in redact([Message.from_json(data)], _Anything()):
            if said.id not in NOT_A_DIAGNOSIS:
                yield sentence(said.to_json(), suite, component)


def _alike(one: set[str], other: set[str]) -> bool:
    return len(one & other) >= ALIKE * len(one | other)


class _Anything:
    """Every name of an exception may be shown to the staff."""

    def __contains__(self, name: object) -> bool:
        return True
