"""The course: what `course.toml` says, and where each component's files are."""

from __future__ import annotations

import datetime
import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import toml_checks
from autograder.errors import CourseProblem, UsageProblem, suggest
from autograder.rules import (
    LateRules,
    read_attempts,
    read_due,
    read_language,
    read_late,
    read_limits,
)
from autograder.stamps import SCORED_BY, hash_files, secret
from shared.language import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent

COMPONENT_KEYS = ("name", "title", "points", "needs", "limits", "long_calls", "due")


@dataclass(frozen=True)
class Component:
    """A component, and its file in every room."""

    name: str
    title: str
    points: float
    root: Path
    needs: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    long_calls: tuple[str, ...] = ()  # functions with `long_cpu` for a call
    due: datetime.datetime | None = None  # with its zone

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / "nn" / f"{self.name}.py"

    @property
    def stub(self) -> Path:
        return self.root / "assignments" / "nn" / f"{self.name}.py"

    @property
    def local_tests(self) -> Path:
        return self.root / "assignments" / "tests" / f"test_{self.name}.py"

    @property
    def hidden_tests(self) -> Path:
        return self.root / "autograder" / "suites" / f"test_{self.name}.py"

    @property
    def mutants(self) -> Path:
        return self.root / "autograder" / "mutants" / f"{self.name}.py"

    @property
    def standin(self) -> Path:
        """Trivial functions for the tests of what stands on the component; few have one."""
        return self.root / "autograder" / "standins" / f"{self.name}.py"

    @property
    def handout(self) -> Path:
        return self.root / "assignments" / "handouts" / f"{self.name}.md"

    @property
    def notebook(self) -> Path:
        return self.root / "assignments" / "notebooks" / f"{self.name}.ipynb"

    def handout_in(self, lang: str) -> Path:
        """The handout in a language: `conv.md` is English, `conv.ru.md` Russian."""
        return self.handout.with_name(f"{self.name}{_suffix(lang)}.md")

    def notebook_in(self, lang: str) -> Path:
        """The notebook in a language: `conv.ipynb` is English, `conv.ru.ipynb` Russian."""
        return self.notebook.with_name(f"{self.name}{_suffix(lang)}.ipynb")

    @property
    def files(self) -> dict[str, Path]:
        """Every file that the component must have, by what it is."""
        return {
            "solution": self.solution,
            "stub": self.stub,
            "local tests": self.local_tests,
            "hidden tests": self.hidden_tests,
            "mutants": self.mutants,
            "handout": self.handout,
            "Russian handout": self.handout_in("ru"),
            "notebook": self.notebook,
            "Russian notebook": self.notebook_in("ru"),
        }


def _suffix(lang: str) -> str:
    return "" if lang == LANGUAGES[0] else f".{lang}"


@dataclass(frozen=True)
class Course:
    """The whole course."""

    root: Path
    title: str
    version: str
    components: tuple[Component, ...]
    limits: Mapping[str, float]
    released: tuple[str, ...] = ()  # components whose solutions everyone has been given
    late: LateRules = field(default_factory=LateRules)
    attempts: str = "last"  # which of a student's attempts counts
    language: str = LANGUAGES[0]  # what students read where nothing else is asked for

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.components)

    def component(self, name: str) -> Component:
        """The component of that name.

        Raises
        ------
        UsageProblem
            With near names.
        """
        for component in self.components:
            if component.name == name:
                return component
        raise UsageProblem(f"no component {name!r} in course.toml; {suggest(name, self.names)}")

    def select(self, names: Iterable[str]) -> tuple[Component, ...]:
        """The components of those names in the course's order; all of them for no name."""
        chosen = {self.component(name).name for name in names}
        return tuple(c for c in self.components if not chosen or c.name in chosen)

    def limits_of(self, component: Component) -> dict[str, float]:
        """The limits of a component's workers."""
        return {**self.limits, **component.limits}

    @property
    def package_files(self) -> dict[str, str]:
        """Files of `nn` that are the course's own and that every submission gets: no stubs."""
        package = self.root / "solutions" / "nn"
        own = {f"{name}.py" for name in self.names}
        return {
            f"nn/{path.name}": path.read_text(encoding="utf-8")
            for path in sorted(package.glob("*.py"))
            if path.name not in own
        }

    def reference_files(self, component: Component, source: str | None = None) -> dict[str, str]:
        """The reference package as far as a component stands on it.

        `source` takes the place of the component's own file: a mutant, a stub.
        """
        files = self.package_files
        for name in [component.name, *self.stands_on(component)]:
            files[f"nn/{name}.py"] = self.component(name).solution.read_text(encoding="utf-8")
        if source is not None:
            files[f"nn/{component.name}.py"] = source
        return files

    def stands_on(self, component: Component) -> list[str]:
        """What a component needs, and what that needs in turn."""
        names = list(component.needs)
        for name in names:  # grows while it is walked
            names += [n for n in self.component(name).needs if n not in names]
        return names

    @cached_property
    def stamp(self) -> tuple[str, str]:
        """`suite_hash` and `grading_hash` as they were when grading began.

        They take as long as a small component's tests, and a class is graded by one of each.
        """
        return self.suite_hash(), self.grading_hash()

    def suite_hash(self) -> str:
        """A hash of the tests, local and hidden: what a release and a result are stamped with."""
        paths = [p for c in self.components for p in (c.local_tests, c.hidden_tests)]
        return hash_files(self.root, paths)

    def grading_hash(self) -> str:
        """A hash of all that a score depends on beside the submission and the environment."""
        root = self.root
        paths: list[Path] = []
        for pattern in SCORED_BY:
            paths += sorted(p for p in root.glob(pattern) if p.is_file())
        return hash_files(root, paths, salt=f"{secret()}{self.settings}")

    @cached_property
    def settings(self) -> str:
        """What `course.toml` says that a score may depend on: all but when things are due.

        An extension or a new due date is no reason to grade anything again.
        """
        ours = {"root": "", "title": "", "due": ""}
        parts = [{**vars(c), **ours, "limits": self.limits_of(c)} for c in self.components]
        return json.dumps([parts, self.released, self.version])


def load_course(root: Path = ROOT) -> Course:
    """Read `course.toml`.

    Raises
    ------
    CourseProblem
        When it is missing, no TOML, or holds a key or a value that it must not.
    """
    path = root / "course.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseProblem(f"{path} is missing: run from a checkout of the course") from None
    except tomllib.TOMLDecodeError as error:
        raise CourseProblem(f"course.toml: {error}") from None
    toml_checks.only(data, ("course", "limits", "late", "component"), "course.toml")
    about = toml_checks.table(data, "course")
    toml_checks.only(about, ("title", "version", "language", "released", "attempts"), "[course]")
    limits = read_limits(toml_checks.table(data, "limits"), "[limits]")
    components = tuple(_component(entry, root) for entry in data.get("component", []))
    course = Course(
        root=root,
        title=toml_checks.text(about, "title", "[course]"),
        version=toml_checks.text(about, "version", "[course]"),
        components=components,
        limits=limits,
        released=toml_checks.names(about, "released", "[course]"),
        late=read_late(toml_checks.table(data, "late"), root),
        attempts=read_attempts(about),
        language=read_language(about),
    )
    _check_order(course)
    for name in course.released:
        if name not in course.names:
            raise CourseProblem(
                f"course.toml: [course]: released names {name!r}; {suggest(name, course.names)}"
            )
    return course


def _component(entry: Mapping[str, Any], root: Path) -> Component:
    where = f"[[component]] {entry.get('name', '')!r}"
    toml_checks.only(entry, COMPONENT_KEYS, where)
    name = toml_checks.text(entry, "name", where)
    if not name.isidentifier() or name in sys.stdlib_module_names:
        raise CourseProblem(
            f"course.toml: {where}: a component's name is a Python identifier that is no module of "
            "the standard library; choose another"
        )
    return Component(
        name=name,
        title=toml_checks.text(entry, "title", where),
        points=toml_checks.number(entry, "points", where, 0),
        root=root,
        needs=toml_checks.names(entry, "needs", where),
        limits=read_limits(entry.get("limits", {}), where),
        long_calls=toml_checks.names(entry, "long_calls", where),
        due=read_due(entry, where),
    )


def _check_order(course: Course) -> None:
    seen: set[str] = set()
    for component in course.components:
        if component.name in seen:
            raise CourseProblem(f"course.toml: component {component.name!r} is listed twice")
        for needed in component.needs:
            if needed not in seen:
                raise CourseProblem(
                    f"course.toml: {component.name} needs {needed!r}, which does not come before it"
                )
        seen.add(component.name)
