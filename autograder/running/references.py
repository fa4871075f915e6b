"""The course's own code, for the tests to hold a student's against: loaded once in a process."""

from __future__ import annotations

import importlib
import sys

from autograder.authoring.variants import read_variants
from autograder.course import Component, Course
from autograder.errors import GradingProblem
from autograder.running.lending import load_apart, with_standins
from autograder.running.remember import Remembering
from shared.local import LocalBackend
from shared.signatures import Signature, read_signatures


class References:
    """The references of a course, every answer of theirs remembered, and its right variants.

    It puts the solutions on the module path, so it is for a process that runs nobody else's code.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._plain: dict[str, Remembering] = {}
        self._assembled: dict[str, Remembering] = {}
        self._signatures: dict[str, dict[str, Signature]] = {}
        self._variants: dict[tuple[str, str], str] = {}
        sys.path.insert(0, str(course.root / "solutions"))

    def signatures(self, component: Component) -> dict[str, Signature]:
        """The functions of a component, as the reference has them."""
        if component.name not in self._signatures:
            source = component.solution.read_text(encoding="utf-8")
            self._signatures[component.name] = read_signatures(source)
        return self._signatures[component.name]

    def plain(self, component: Component) -> Remembering:
        """The reference of a component."""
        if component.name not in self._plain:
            module = importlib.import_module(f"nn.{component.name}")
            self._plain[component.name] = Remembering(
                LocalBackend(component.name, self.course.root / "solutions", module=module)
            )
        return self._plain[component.name]

    def assembled(self, component: Component) -> Remembering:
        """The reference over stand-ins for what it stands on."""
        if component.name not in self._assembled:
            files = with_standins(self.course, component, self.course.reference_files(component))
            module = load_apart(self.course, component, files)
            backend = LocalBackend(component.name, self.course.root / "solutions", module=module)
            self._assembled[component.name] = Remembering(backend)
        return self._assembled[component.name]

    def variant(self, component: Component, name: str) -> str:
        """The source of a right variant: a yardstick.

        Raises
        ------
        GradingProblem
            When the component has none of that name.
        """
        key = (component.name, name)
        if key not in self._variants:
            found = read_variants(component).right_one(name)
            if found is None:
                raise GradingProblem(
                    f"{component.name}: a test names the yardstick {name!r}, and "
                    f"{component.mutants.name} has no right variant of that name"
                )
            self._variants[key] = found.source
        return self._variants[key]
