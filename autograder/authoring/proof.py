"""What `verify` proves by grading: the reference gets everything, the stub nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.authoring.stubs import make_stub
from autograder.course import Component, Course
from autograder.errors import KitError
from autograder.intake.submissions import Handed
from autograder.records.results import tidy
from shared.verdicts import Outcome

if TYPE_CHECKING:
    from autograder.running.grader import Grader


@dataclass(frozen=True)
class Line:
    """One finding."""

    text: str
    fault: bool = False

    def __str__(self) -> str:
        return f"{'FAULT' if self.fault else 'ok':>5}  {self.text}"


def graded(course: Course, components: Sequence[Component], require: str) -> Iterator[Line]:
    """Grade the reference and the stub of each component, and say what came of it."""
    from autograder.running.grader import Grader

    if not components:
        return
    try:
        grader = Grader(course, components, require=require, prove=False)
    except KitError as error:
        yield Line(str(error), fault=True)
        return
    try:
        for component in components:
            yield from _reference(course, grader, component)
            yield from _stub(course, grader, component)
    finally:
        grader.close()


def _reference(course: Course, grader: Grader, component: Component) -> Iterator[Line]:
    handed = Handed("the reference", course.reference_files(component))
    runs = [grader.outcomes(component, handed) for _ in range(2)]
    lost = [o for o in runs[0] if o.verdict != "passed"]
    for outcome in lost:
        yield Line(f"{component.name}: the reference: {outcome.test}: {_why(outcome)}", fault=True)
    first, second = ([o.to_json() for o in run] for run in runs)
    if first != second:
        yield Line(f"{component.name}: the reference's result changed on a second run", fault=True)
    elif not lost:
        points = tidy(sum(o.points for o in runs[0]))
        yield Line(f"{component.name}: the reference gets all {points} points, twice the same")


def _stub(course: Course, grader: Grader, component: Component) -> Iterator[Line]:
    stub = make_stub(component.solution.read_text(encoding="utf-8"), component.solution.name)
    handed = Handed("the stub", course.reference_files(component, stub))
    wrong = [
        o
        for o in grader.outcomes(component, handed)
        if o.points or not all(m.id in ("unfinished", "needs") for m in o.messages)
    ]
    for outcome in wrong:
        yield Line(
            f"{component.name}: the stub: {outcome.test} should say that it is not written yet: "
            f"{_why(outcome)}",
            fault=True,
        )
    if not wrong:
        yield Line(f"{component.name}: the stub gets 0 points, and every failure says why")


def _why(outcome: Outcome) -> str:
    said = ", ".join(m.id for m in outcome.messages)
    return f"{outcome.verdict}{f' ({said})' if said else ''}"
