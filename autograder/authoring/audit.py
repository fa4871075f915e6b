"""Audit the tests: every wrong solution must be caught, every right one accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from autograder.authoring.mechanical import mechanical_mutants
from autograder.authoring.readings import Reading, read
from autograder.authoring.variants import Variant, Variants, read_variants
from autograder.course import Component, Course
from autograder.intake.submissions import Handed
from autograder.running import pool
from autograder.running.suite import collect, files_of
from shared.verdicts import Outcome

BROKEN = frozenset({"import", "import-nowhere"})
Tell = Callable[[str], None]


@dataclass
class Audit:
    """What the audit of one component found."""

    wrong: int = 0
    caught: int = 0
    right: int = 0
    accepted: int = 0
    mechanical: int = 0
    mechanical_caught: int = 0
    equivalent: int = 0
    survivors: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    idle_tests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # internal verdicts, stale EQUIVALENT ids
    catches: dict[str, list[str]] = field(default_factory=dict)  # mutant -> tests that caught it
    readings: list[Reading] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.survivors or self.refused or self.faults)

    def to_json(self) -> dict[str, Any]:
        return {
            "wrong": self.wrong,
            "caught": self.caught,
            "right": self.right,
            "accepted": self.accepted,
            "survivors": self.survivors,
            "refused": self.refused,
            "idle_tests": self.idle_tests,
            "mechanical": self.mechanical,
            "mechanical_caught": self.mechanical_caught,
            "equivalent": self.equivalent,
            "faults": self.faults,
            "catches": self.catches,
            "readings": {r.mutant: r.to_json() for r in self.readings},
        }


@dataclass(frozen=True)
class Findings:
    """The audit of several components."""

    components: Mapping[str, Audit]

    @property
    def clean(self) -> bool:
        return all(audit.clean for audit in self.components.values())

    def to_json(self) -> dict[str, Any]:
        return {"components": {name: a.to_json() for name, a in self.components.items()}}


Tried = list[Outcome]  # in the order in which the tests ran


def audit_course(
    course: Course,
    components: Sequence[Component],
    *,
    jobs: int,
    mechanical: bool = True,
    require: str = "kernel",
    tell: Tell = lambda line: None,
) -> Findings:
    """Try every mutant and every variant of the components.

    Raises
    ------
    CourseProblem
        When a mutants file cannot be read.
    GradingProblem
        When grading cannot start on this machine.
    """
    everything = {c.name: read_variants(c) for c in components}
    workers = pool.start(jobs, course.root, tuple(c.name for c in components), require)
    try:
        return Findings(
            {c.name: _audit(workers, c, everything[c.name], mechanical, tell) for c in components}
        )
    finally:
        pool.stop(workers)


def _audit(
    workers: ProcessPoolExecutor,
    component: Component,
    variants: Variants,
    mechanical: bool,
    tell: Tell,
) -> Audit:
    audit = Audit()
    infos = collect(files_of([component]))
    tests = list(dict.fromkeys(_function(i.test) for i in infos))
    written = {v.name: _submit(workers, component, v.source) for v in variants.wrong}
    right = {v.name: _submit(workers, component, v.source) for v in variants.right}
    machine: dict[str, Future[Tried]] = {}
    if mechanical:
        source = component.solution.read_text(encoding="utf-8")
        mutants = mechanical_mutants(source, component.solution.name)
        audit.equivalent = sum(m.id in variants.equivalent for m in mutants)
        ids = {m.id for m in mutants}
        audit.faults += [
            f"EQUIVALENT names {id!r}, which is no mechanical mutant"
            for id in variants.equivalent
            if id not in ids
        ]
        machine = {
            m.id: _submit(workers, component, m.source, stop_at_first=True)
            for m in mutants
            if m.id not in variants.equivalent
        }
    tell(f"{component.name}: {len(written)} wrong, {len(right)} right, {len(machine)} mechanical")
    for variant in variants.wrong:
        tried = written[variant.name].result()
        _judge_wrong(audit, variant, tried)
        audit.readings.append(read(variant, tried, infos))
    for variant in variants.right:
        _judge_right(audit, variant, right[variant.name].result())
    for id, future in machine.items():
        tried = future.result()
        audit.mechanical += 1
        audit.mechanical_caught += bool(_catchers(tried))
        if not _catchers(tried):
            audit.survivors.append(id)
    audit.idle_tests = _idle(tests, variants, audit.catches)
    return audit


def _judge_wrong(audit: Audit, variant: Variant, tried: Tried) -> None:
    catchers = _catchers(tried)
    audit.wrong += 1
    audit.catches[variant.name] = catchers
    if any(m.id in BROKEN for o in tried for m in o.messages):
        # It fails every test, and so proves nothing of the one that it names.
        audit.faults.append(f"{variant.name}: it cannot be loaded")
    _note_internal(audit, variant, tried)
    if variant.caught_by in catchers:
        audit.caught += 1
    else:
        others = f", only by {', '.join(catchers)}" if catchers else ""
        audit.survivors.append(f"{variant.name}: not caught by {variant.caught_by}{others}")


def _judge_right(audit: Audit, variant: Variant, tried: Tried) -> None:
    lost = [f"{o.test} ({o.verdict})" for o in tried if o.verdict != "passed"]
    audit.right += 1
    _note_internal(audit, variant, tried)
    if lost:
        audit.refused.append(f"{variant.name}: {', '.join(lost)}")
    else:
        audit.accepted += 1


def _note_internal(audit: Audit, variant: Variant, tried: Tried) -> None:
    # A test that breaks on what a student may return would withhold points from that student.
    audit.faults += [
        f"{variant.name}: {o.test} itself broke" for o in tried if o.verdict == "internal"
    ]


def _catchers(tried: Tried) -> list[str]:
    found = (_function(o.test) for o in tried if o.verdict in ("failed", "error"))
    return list(dict.fromkeys(found))


def _idle(tests: list[str], variants: Variants, catches: Mapping[str, list[str]]) -> list[str]:
    needed = {v.caught_by for v in variants.wrong}
    needed |= {found[0] for found in catches.values() if len(found) == 1}
    return [test for test in tests if test not in needed]


def _function(test: str) -> str:
    return test.partition("[")[0]


def _submit(
    workers: ProcessPoolExecutor, component: Component, source: str, *, stop_at_first: bool = False
) -> Future[Tried]:
    return workers.submit(_try, component.name, source, stop_at_first)


def _try(name: str, source: str, stop_at_first: bool) -> Tried:
    grader = pool.grader()
    component = grader.course.component(name)
    handed = Handed("a variant", grader.course.reference_files(component, source))
    return grader.outcomes(component, handed, stop_at_first=stop_at_first)


def report(findings: Findings) -> str:
    """The findings as text."""
    lines = [
        f"{'component':<14} {'wrong':>5} {'caught':>6} {'right':>5} {'accepted':>8} "
        f"{'mechanical':>10} {'caught':>6} {'equivalent':>10}"
    ]
    for name, a in findings.components.items():
        lines.append(
            f"{name:<14} {a.wrong:>5} {a.caught:>6} {a.right:>5} {a.accepted:>8} "
            f"{a.mechanical:>10} {a.mechanical_caught:>6} {a.equivalent:>10}"
        )
    for title, kind in (
        ("SURVIVES", "survivors"),
        ("REFUSED", "refused"),
        ("FAULT", "faults"),
        ("no mutant needs", "idle_tests"),
    ):
        for name, a in findings.components.items():
            lines += [f"{title}: {name}: {entry}" for entry in getattr(a, kind)]
    return "\n".join(lines)
