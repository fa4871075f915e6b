"""What a class's results say: figures for the report, and nothing of how it looks."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.records.graded import Folder, component_titles, final_points, most_points, unread
from autograder.records.results import Result, sentence
from autograder.reports.losses import Loss, Together, diagnoses_of, losses, run_tests, together

FEW = 3  # tests in which the kit failed that are named
ENOUGH = 10  # students, before the discrimination of a test is worth a word
WEAK = 0.1  # a test below this tells the strong from the weak no better than a coin
# What an honest mistake seldom is: the counting was disturbed, answers differ while it counts.
TAMPERING = frozenset({"needs-look", "inconsistent", "protocol"})


@dataclass(frozen=True)
class TestLine:
    """One test over the class. `discrimination` is None where it is undefined."""

    component: str
    test: str
    title: str
    hidden: bool
    taken: int  # submissions that it ran for; not where the kit itself failed
    passed: int
    skipped: int
    discrimination: float | None
    median: float | None  # seconds, of the last run
    slowest: float | None

    @property
    def rate(self) -> float:
        return self.passed / self.taken if self.taken else 0.0

    @property
    def doubtful(self) -> bool:
        """Whether the weak pass it about as often as the strong do."""
        known = self.discrimination is not None and self.taken >= ENOUGH
        return known and (self.discrimination or 0.0) < WEAK


TestLine.__test__ = False  # type: ignore[attr-defined]  # pytest must not collect it


@dataclass(frozen=True)
class Diagnosis:
    """A finding and whom it was told; `tests` counts the tests that told it."""

    component: str
    text: str
    students: tuple[str, ...]
    tests: int


@dataclass(frozen=True)
class Look:
    """A student somebody should look at, and why."""

    student: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class StudentLine:
    student: str
    points: float | None
    passed: int
    tests: int


@dataclass(frozen=True)
class Slow:
    seconds: float
    student: str
    component: str
    test: str


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    title: str
    max_points: float
    titles: Mapping[str, str]
    students: tuple[StudentLine, ...]
    shares: Mapping[str, tuple[float, ...]]  # component -> each student's part of its points
    losses: tuple[Loss, ...]
    together: tuple[Together, ...]
    tests: tuple[TestLine, ...]
    diagnoses: tuple[Diagnosis, ...]
    looks: tuple[Look, ...]
    slow: tuple[Slow, ...]
    timed: int  # submissions that the times are of
    notices: tuple[str, ...]

    @property
    def points(self) -> list[float]:
        """The points of who has some, from the least."""
        return sorted(s.points for s in self.students if s.points is not None)


def make_report(folder: Folder) -> Report:
    """Work out the report of a graded folder."""
    slow = sorted(folder.timings, key=lambda t: (-t.seconds, t.student, t.component, t.test))
    return Report(
        title=str(folder.suite["title"]),
        max_points=most_points(folder),
        titles=component_titles(folder),
        students=tuple(_students(folder)),
        shares=_shares(folder),
        losses=tuple(losses(folder)),
        together=tuple(together(folder)),
        tests=tuple(_tests(folder)),
        diagnoses=tuple(_diagnoses(folder)),
        looks=tuple(_looks(folder)),
        slow=tuple(Slow(t.seconds, t.student, t.component, t.test) for t in slow),
        timed=len({t.student for t in folder.timings}),
        notices=tuple(_notices(folder)),
    )


def discriminations(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corrected item-total correlations: of each column with the sum of the others.

    NaN where it is undefined: where all have the same in a column, or in all the others together.

    Parameters
    ----------
    scores : ndarray, shape (students, tests)
        NaN where a test did not run for a student, who then does not count for that test.
    """
    found = np.full(scores.shape[1], np.nan)
    total = np.nansum(scores, axis=1)
    for column in range(scores.shape[1]):
        item = scores[:, column]
        ran = ~np.isnan(item)
        item, rest = item[ran], (total[ran] - item[ran])
        if len(item) > 2 and np.ptp(item) > 0 and np.ptp(rest) > 0:
            found[column] = np.corrcoef(item, rest)[0, 1]
    return found


def _tests(folder: Folder) -> Iterator[TestLine]:
    """Every test, by component in the course's order and the hardest first."""
    keys: dict[tuple[str, str], bool] = {}
    for result in folder.results:
        for component, test in run_tests(result):
            keys.setdefault((component, test["test"]), test["hidden"])
    column = {key: number for number, key in enumerate(keys)}
    scores = np.full((len(folder.results), len(keys)), np.nan)
    verdicts: dict[tuple[str, str], Counter[str]] = {key: Counter() for key in keys}
    for row, result in enumerate(folder.results):
        for component, test in run_tests(result):
            key = component, test["test"]
            verdicts[key][test["verdict"]] += 1
            if test["verdict"] != "internal":
                scores[row, column[key]] = test["points"]
    known = discriminations(scores)
    seconds: dict[tuple[str, str], list[float]] = {}
    for timing in folder.timings:
        seconds.setdefault((timing.component, timing.test), []).append(timing.seconds)
    lines = []
    for key, hidden in keys.items():
        component, name = key
        value = known[column[key]]
        times = seconds.get(key)
        lines.append(
            TestLine(
                component=component,
                test=name,
                title=test_title(folder, component, name),
                hidden=hidden,
                taken=verdicts[key].total() - verdicts[key]["internal"],
                passed=verdicts[key]["passed"],
                skipped=verdicts[key]["skipped"],
                discrimination=None if np.isnan(value) else float(value),
                median=statistics.median(times) if times else None,
                slowest=max(times) if times else None,
            )
        )
    order = list(component_titles(folder))
    yield from sorted(lines, key=lambda t: (order.index(t.component), t.rate, t.title))


def test_title(folder: Folder, component: str, test: str) -> str:
    """What a test is called, as far as `suite.json` knows it."""
    tests = folder.suite["components"].get(component, {}).get("tests", {})
    return str(tests.get(test, {}).get("title", test))


def _students(folder: Folder) -> Iterator[StudentLine]:
    """Every student, the most points first, who has none to show last."""
    lines = []
    for result in folder.results:
        verdicts = [test["verdict"] for _, test in run_tests(result)]
        points = final_points(result)
        lines.append(
            StudentLine(result["student"], points, verdicts.count("passed"), len(verdicts))
        )
    yield from sorted(lines, key=lambda s: (s.points is None, -(s.points or 0.0), s.student))


def _shares(folder: Folder) -> dict[str, tuple[float, ...]]:
    shares = {}
    for component in component_titles(folder):
        most = most_points(folder, component)
        points = [final_points(result, component) for result in folder.results]
        shares[component] = tuple(p / most for p in points if p is not None and most)
    return shares


def _diagnoses(folder: Folder) -> Iterator[Diagnosis]:
    """What was found in more than one submission or once, the commonest first."""
    told: dict[tuple[str, str], set[str]] = {}
    tests: dict[tuple[str, str], set[str]] = {}
    for result in folder.results:
        for component, test in run_tests(result):
            for text in diagnoses_of(test, component, folder.suite):
                told.setdefault((component, text), set()).add(result["student"])
                tests.setdefault((component, text), set()).add(test["test"])
    found = [
        Diagnosis(component, text, tuple(sorted(students)), len(tests[component, text]))
        for (component, text), students in told.items()
    ]
    yield from sorted(found, key=lambda d: (-len(d.students), d.component, d.text))


def _looks(folder: Folder) -> Iterator[Look]:
    """Who should be looked at, the most reasons first."""
    looks = []
    for result in folder.results:
        reasons = dict.fromkeys(_reasons(result, folder))
        if reasons:
            looks.append(Look(result["student"], tuple(reasons)))
    yield from sorted(looks, key=lambda look: (-len(look.reasons), look.student))


def _reasons(result: Result, folder: Folder) -> Iterator[str]:
    if not result["graded"]:
        yield "Not graded: the grader itself failed. Grade again; this is no zero."
    ours = [(c, test["test"]) for c, test in run_tests(result) if test["verdict"] == "internal"]
    if len(ours) > FEW:
        yield f"The grader itself failed in {len(ours)} tests."
    for component, name in ours if len(ours) <= FEW else ():
        yield f"The grader itself failed in “{test_title(folder, component, name)}”."
    for component, test in run_tests(result):
        for data in (*test["flags"], *test["messages"]):
            if data["id"] in TAMPERING:
                yield sentence(data, folder.suite, component)
    if unread(result):
        yield "Nothing could be read: 0 points."
    for data in result["problems"]:
        if data["id"] != "internal":
            yield sentence(data, folder.suite)
    if result["environment"].get("level") == "weak":
        yield "Graded without isolation (level weak): the points can be forged."


def _notices(folder: Folder) -> Iterator[str]:
    """What is the matter with the run as a whole."""
    suites = Counter(result["suite"] for result in folder.results)
    if len(suites) > 1:
        yield (
            f"The results are of {len(suites)} different versions of the tests: run `grade` again "
            "on all submissions before you compare them."
        )
    levels = Counter(level for r in folder.results if (level := r["environment"].get("level")))
    if len(levels) > 1:
        counts = ", ".join(f"{count} at {level}" for level, count in levels.most_common())
        yield f"Not all were graded at one level of isolation: {counts}."
    for name in folder.unreadable:
        yield f"{name} is damaged or of another format, and is not in this report."
