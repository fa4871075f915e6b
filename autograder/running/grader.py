"""Grade one submission: pytest here, the student's code in the sandbox.

A `Grader` is made once in a process. It starts the sandbox's fork server before it loads anything
secret, then runs every test against the reference: that proves tests, reference and sandbox on
this machine, and fills the memory of expected values. Each submission is then graded in a fork.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autograder.course import Component, Course
from autograder.errors import GradingProblem
from autograder.intake.reach import classes_of
from autograder.intake.submissions import Handed
from autograder.records.results import Result, component_result, environment, submission_result
from autograder.running.bench import Bench
from autograder.running.fork import in_fork
from autograder.running.keys import component_key, files_for
from autograder.running.lending import lend
from autograder.running.references import References
from autograder.running.runs import Runs
from autograder.running.sharing import Shared
from autograder.sandbox import Sandbox, SandboxError
from shared.messages import Message, redact
from shared.verdicts import Outcome

# Names that cannot carry data; a class made at run time can be called anything.
KNOWN_TYPES = frozenset(
    name for name in dir(builtins) if isinstance(getattr(builtins, name), type)
) | {"LinAlgError", "AxisError", "ndarray"}
# A file of a thousand classes could say ten bits of hidden data with each exception.
MOST_CLASSES = 16
SUBMISSION_DEADLINE = 3600.0  # seconds; the workers' own limits end a submission long before


class Grader:
    """Grades submissions in this process, one after another.

    Parameters
    ----------
    course : Course
    components : sequence of Component
        Those that are graded.
    require : str
        The lowest level of isolation to accept; the level that was had stands in every result.
    prove : bool
        Run the tests against the reference first, as every grading run must.
    share : bool
        Let submissions of equal files share a component's result, as a class does.

    Raises
    ------
    GradingProblem
        When the sandbox cannot be had, or the reference does not pass its own tests here.
    """

    def __init__(
        self,
        course: Course,
        components: Sequence[Component],
        *,
        require: str = "kernel",
        prove: bool = True,
        share: bool = False,
    ) -> None:
        self.course = course
        self.components = tuple(components)
        try:
            # First of all: its fork server is to come from a process that knows nothing yet.
            self.box = Sandbox(require=require)
        except SandboxError as error:
            raise GradingProblem(str(error)) from None
        self._references = References(course)
        self._standing: tuple[Handed | None, dict[str, bool]] = (None, {})
        self._shared = Shared() if share else None
        self._runs: dict[str, Runs] = {}
        # Here, and not again in the fork of each submission.
        _ = course.stamp, environment(self.box.level)
        for component in self.components if prove else ():
            self._prove(component)
            self._hold(component)

    def close(self) -> None:
        """End the sandbox and whatever runs in it."""
        self.box.close()

    def grade(self, handed: Handed, known: Mapping[str, Result] | None = None) -> dict[str, Any]:
        """Grade a submission in a fork of this process; the result and its timings.

        `known` holds components' results of an earlier run that are the same today.

        Raises
        ------
        GradingProblem
            When the fork died or answered nothing: the kit's own fault.
        """
        keys = self._keys(handed)
        known = {**(self._shared.known(keys) if self._shared else {}), **(known or {})}
        graded: dict[str, Any] = in_fork(
            lambda: self.grade_here(handed, keys, known), deadline=SUBMISSION_DEADLINE
        )
        if self._shared:
            self._shared.keep(keys, graded["result"]["components"].items())
        return graded

    def grade_here(
        self,
        handed: Handed,
        keys: Mapping[str, str] | None = None,
        known: Mapping[str, Result] | None = None,
    ) -> dict[str, Any]:
        """Grade a submission in this very process: its result, timings and the kit's own faults.

        `keys` are the components' keys, `known` has the results of those whose equals were graded
        before.
        """
        keys = self._keys(handed) if keys is None else keys
        components, seconds, faults = dict(known or {}), {}, []
        for name, result in components.items():
            passed = all(test["verdict"] == "passed" for test in result["tests"])
            self._standing_of(handed)[name] = passed
        for component in self.components:
            if handed.problem is not None or component.name in components:
                continue
            outcomes = self.outcomes(component, handed)
            lent = self.lent(component, handed)
            components[component.name] = component_result(outcomes, lent, keys[component.name])
            faults += [f"{component.name}::{o.test}: {fault(o)}" for o in outcomes if fault(o)]
            seconds[component.name] = {o.test: round(o.seconds, 4) for o in outcomes}
        in_order = {c.name: components[c.name] for c in self.components if c.name in components}
        return {
            "result": submission_result(
                self.course, self.components, handed, in_order, self.box.level
            ),
            "seconds": seconds,
            "faults": faults,
        }

    def _keys(self, handed: Handed) -> dict[str, str]:
        if handed.problem is not None:
            return {}
        about = environment(self.box.level)
        return {c.name: component_key(self.course, handed, c, about) for c in self.components}

    def outcomes(
        self,
        component: Component,
        handed: Handed,
        *,
        only: frozenset[str] | None = None,
        stop_at_first: bool = False,
    ) -> list[Outcome]:
        """The outcomes of a component's tests, hidden ones redacted."""
        files = files_for(self.course, component, handed)
        files = lend(self.course, files, self.lent(component, handed))
        path = f"nn/{component.name}.py"
        bench = Bench(
            self.box,
            self._references,
            component,
            files,
            broken=path in handed.broken,
            stands=lambda name: name in self.course.released or self.stands(name, handed),
        )
        try:
            outcomes = self._runs_of(component).run(bench, only=only, stop_at_first=stop_at_first)
        finally:
            bench.close()
        if only is None and not stop_at_first:
            self._remember(component, handed, outcomes)
        own = classes_of(handed.files.get(path, ""))
        types = KNOWN_TYPES | (own if len(own) <= MOST_CLASSES else frozenset())
        outcomes = [_shown(o, types) if o.hidden else o for o in outcomes]
        return [_placed(o, handed, handed.broken.get(path)) for o in outcomes]

    def _runs_of(self, component: Component) -> Runs:
        if component.name not in self._runs:
            self._runs[component.name] = Runs(component)
        return self._runs[component.name]

    def lent(self, component: Component, handed: Handed) -> list[str]:
        """The released components that `component` stands on and that fail their own tests."""
        needed = self.course.stands_on(component)
        return [n for n in needed if n in self.course.released and not self.stands(n, handed)]

    def stands(self, name: str, handed: Handed) -> bool:
        """Whether a component of a submission passes all of its own tests."""
        component = self.course.component(name)
        ours = self.course.reference_files(component)
        given = {**handed.files, **self.course.package_files}
        if all(given.get(file) == text for file, text in ours.items()):
            return True  # a mutant of what stands on it
        known = self._standing_of(handed)
        if name not in known:
            # In a fork: this process may be in the middle of a test.
            known[name] = in_fork(
                lambda: _all_passed(self.outcomes(component, handed)),
                deadline=SUBMISSION_DEADLINE,
            )
        return known[name]

    def _standing_of(self, handed: Handed) -> dict[str, bool]:
        if self._standing[0] is not handed:
            self._standing = (handed, {})
        return self._standing[1]

    def _remember(self, component: Component, handed: Handed, outcomes: Sequence[Outcome]) -> None:
        self._standing_of(handed)[component.name] = _all_passed(outcomes)

    def _prove(self, component: Component) -> None:
        handed = Handed("the reference", self.course.reference_files(component))
        for outcome in self.outcomes(component, handed):
            if outcome.verdict != "passed":
                said = fault(outcome) or outcome.verdict
                raise GradingProblem(
                    f"the reference of {component.name} does not pass {outcome.test} here "
                    f"({said}), so nothing is graded; run `python -m autograder verify "
                    f"{component.name}`"
                )

    def _hold(self, component: Component) -> None:
        """Have each fork find the tests collected, where a run of one of them shows that it can."""
        first = self._runs_of(component).hold()
        handed = Handed("the reference", self.course.reference_files(component))
        if first and not in_fork(
            lambda: _all_passed(self.outcomes(component, handed, only=first)),
            deadline=SUBMISSION_DEADLINE,
        ):
            self._runs_of(component).let_go()


def _all_passed(outcomes: Sequence[Outcome]) -> bool:
    return all(o.verdict == "passed" for o in outcomes)


def fault(outcome: Outcome) -> str:
    """Where and why the kit itself failed in a test; empty when it did not."""
    if outcome.verdict != "internal":
        return ""
    lines = [line.strip() for line in outcome.traceback.strip().splitlines()]
    frames = [line for line in lines if line.startswith("File ")]
    return ", ".join([*frames[-1:], *lines[-1:]]) or "no reason was given"


def _placed(outcome: Outcome, handed: Handed, broken: Message | None) -> Outcome:
    """Why a file could not be read, and where a notebook has the line that a message names."""
    if broken is not None and outcome.verdict == "error":
        return replace(outcome, messages=(broken,))
    return replace(outcome, messages=tuple(handed.placed(m) for m in outcome.messages))


def _shown(outcome: Outcome, types: frozenset[str]) -> Outcome:
    """What a result may say of a hidden test."""
    return replace(
        outcome,
        messages=tuple(redact(outcome.messages, types)),
        flags=tuple(redact(outcome.flags, types)),
        call="",
        picture=None,
    )
