"""Prove that the rooms fit together: what `verify` does, one finding at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograder.authoring.dataleaks import find_data_leaks
from autograder.authoring.handouts import check_glossary, compare
from autograder.authoring.leaks import find_leaks
from autograder.authoring.proof import Line, graded
from autograder.authoring.release import GENERATED, generate, out_of_date
from autograder.authoring.scaffold import LEFT
from autograder.authoring.stubs import find_regions, make_stub
from autograder.authoring.variants import read_variants
from autograder.course import Component, Course
from autograder.errors import CourseProblem
from autograder.records.results import tidy
from autograder.running.suite import collect, files_of
from shared.language import LANGUAGES
from shared.verdicts import TestInfo

OWN_PACKAGE_FILES = frozenset({"__init__.py", "types.py"})
LOCAL_SHARE = (0.5, 0.7)  # of a component's points: students see most of what counts


def verify_course(
    course: Course, components: Sequence[Component], *, require: str = "kernel"
) -> Iterator[Line]:
    """Yield what holds and what does not; nothing after a fault that hides the rest."""
    yield from _unowned(course)
    present = []
    for component in components:
        missing = [
            f"{what} {_shown(p, course)}" for what, p in _written(component) if not p.exists()
        ]
        if missing:
            yield Line(f"{component.name}: missing: {', '.join(missing)}", fault=True)
        else:
            present.append(component)
    sources = list(_sources(course, present))
    yield from sources
    if any(line.fault for line in sources):
        return
    try:
        infos = collect(files_of(course.components))
        yield from _generated(course, infos)
    except CourseProblem as problem:
        yield Line(str(problem), fault=True)
        return
    yield from _translated(course)
    for component in present:
        yield from _tests(component, [i for i in infos if i.component == component.name])
    yield from _handouts(course, present)
    leaks = find_leaks(course, present) + find_data_leaks(course)
    for leak in leaks:
        place = f"{leak.file}:{leak.line}" if leak.line else leak.file
        yield Line(f"{place}: holds {leak.what}", fault=True)
    if not leaks:
        yield Line("nothing of a solution or of a hidden test stands in assignments/ or shared/")
    yield from graded(course, present, require)


def _unowned(course: Course) -> Iterator[Line]:
    root, names = course.root, course.names
    owned = {
        "solutions/nn": {f"{n}.py" for n in names} | OWN_PACKAGE_FILES,
        "assignments/nn": {f"{n}.py" for n in names} | OWN_PACKAGE_FILES,
        "assignments/notebooks": {
            c.notebook_in(lang).name for c in course.components for lang in LANGUAGES
        },
        "assignments/tests": {f"test_{n}.py" for n in names} | {"release.json"},
        "assignments/handouts": {f"{n}{s}" for n in names for s in (".md", ".ru.md")}
        | {"glossary.md"},
        "autograder/suites": {f"test_{n}.py" for n in names},
        "autograder/mutants": {f"{n}.py" for n in names} | {"__init__.py"},
        "autograder/standins": {f"{n}.py" for n in names} | {"__init__.py"},
    }
    strangers = [
        f"{folder}/{path.name}"
        for folder, known in owned.items()
        for path in sorted((root / folder).glob("*"))
        if path.name not in known and path.name != "__pycache__"
    ]
    for stranger in strangers:
        yield Line(
            f"{stranger} belongs to no component of course.toml: list the component, or remove it",
            fault=True,
        )
    if not strangers:
        yield Line("every file belongs to a component of course.toml")


def _written(component: Component) -> list[tuple[str, Path]]:
    return [(what, path) for what, path in component.files.items() if what not in GENERATED]


def _sources(course: Course, components: Sequence[Component]) -> Iterator[Line]:
    for component in components:
        file = _shown(component.solution, course)
        source = component.solution.read_text(encoding="utf-8")
        try:
            make_stub(source, file)
            regions = {r.function.split(".")[0] for r in find_regions(source, file)}
            variants = read_variants(component)
        except CourseProblem as problem:
            yield Line(str(problem), fault=True)
            continue
        whole = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and node.name not in regions
        ]
        for node in whole:
            yield Line(
                f"{file}:{node.lineno}: {node.name} has no solution region: students would get it "
                "whole; mark its body, or give it a leading underscore",
                fault=True,
            )
        for what, path in component.files.items():
            if path.exists() and what not in GENERATED:
                yield from _left(_shown(path, course), path.read_text(encoding="utf-8"))
        if not variants.wrong or not variants.right:
            yield Line(
                f"{component.name}: {_shown(component.mutants, course)} needs wrong and right "
                "variants",
                fault=True,
            )


def _left(file: str, text: str) -> Iterator[Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        if LEFT in line:
            what = re.sub(rf".*{LEFT}:?\s*", "", line).strip(" \"'.,)#") or "write this"
            yield Line(f"{file}:{number}: left to the author: {what}", fault=True)


def _generated(course: Course, infos: Sequence[TestInfo]) -> Iterator[Line]:
    files = generate(course, infos)
    old = out_of_date(files)
    for path in old:
        yield Line(
            f"{_shown(path, course)} is not what the sources generate: run "
            "`python -m autograder release`",
            fault=True,
        )
    if not old:
        yield Line(f"{len(files)} generated files are current")


def _translated(course: Course) -> Iterator[Line]:
    from autograder.authoring.translations import TRANSLATED, problems  # Babel is slow to import

    faults = list(problems(course))
    for fault in faults:
        yield Line(fault, fault=True)
    if not faults:
        yield Line(f"everything that students read is translated: {', '.join(TRANSLATED)}")


def _tests(component: Component, infos: Sequence[TestInfo]) -> Iterator[Line]:
    name = component.name
    functions = {i.test.partition("[")[0] for i in infos}
    faults = []
    for info in infos:
        if not info.hint.strip():
            faults.append(f"{info.test} has no hint: what may a student read when it fails?")
        if info.title == info.test:
            faults.append(f"{info.test} has no docstring: its first line is the title")
        if info.points <= 0:
            faults.append(f"{info.test} is worth {tidy(info.points)} points")
        faults += [
            f"{info.test} needs {n}, which is no test of {name}"
            for n in info.needs
            if n not in functions
        ]
        faults += [
            f"{info.test} stands on {n}, which is not among what {name} needs in course.toml"
            for n in info.stands_on
            if n not in component.needs
        ]
    variants = read_variants(component)
    faults += [
        f"the mutant {v.name!r} names the test {v.caught_by}, which does not exist"
        for v in variants.wrong
        if v.caught_by not in functions
    ]
    local = sum(i.points for i in infos if not i.hidden)
    total = sum(i.points for i in infos)
    if total != component.points:
        faults.append(
            f"its tests give {tidy(total)} points, course.toml says {tidy(component.points)}"
        )
    if total and not LOCAL_SHARE[0] <= local / total <= LOCAL_SHARE[1]:
        faults.append(
            f"{local / total:.0%} of its points are local; about 60% should be "
            f"({LOCAL_SHARE[0]:.0%} to {LOCAL_SHARE[1]:.0%})"
        )
    for fault in faults:
        yield Line(f"{name}: {fault}", fault=True)
    if not faults:
        hidden = sum(i.hidden for i in infos)
        yield Line(
            f"{name}: {len(infos)} tests, {hidden} of them hidden, {tidy(total)} points, "
            f"{local / total:.0%} of them local"
        )


def _handouts(course: Course, components: Sequence[Component]) -> Iterator[Line]:
    texts: tuple[list[str], list[str]] = ([], [])
    faults = []
    for component in components:
        paths = (component.handout, component.handout_in("ru"))
        pair = [p.read_text(encoding="utf-8") for p in paths]
        for texts_of_one, text in zip(texts, pair, strict=True):
            texts_of_one.append(text)
        faults += compare(pair[0], pair[1], (_shown(paths[0], course), _shown(paths[1], course)))
    glossary = course.root / "assignments" / "handouts" / "glossary.md"
    if not glossary.exists():
        faults.append(f"{_shown(glossary, course)} is missing: it has the words of both languages")
    elif len(components) == len(course.components):  # a part of them does not use every word
        text = glossary.read_text(encoding="utf-8")
        faults += [f"{_shown(glossary, course)}: {f}" for f in check_glossary(text, *texts)]
    for fault in faults:
        yield Line(fault, fault=True)
    if not faults:
        yield Line(f"{len(components)} handouts say the same in English and in Russian")


def _shown(path: Path, course: Course) -> str:
    return path.relative_to(course.root).as_posix()
