"""Where `student`, `reference` and `yardstick` of a graded test run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from autograder.course import Component
from autograder.intake.meddling import meddles
from autograder.running.lending import with_standins
from autograder.running.references import References
from autograder.sandbox import Limits, Sandbox, Submission, Worker
from autograder.stamps import secret
from shared.calls import Backend, Failure, Handle, Reply
from shared.plugin import notes_of
from shared.student import Notes, Student
from shared.verdicts import TestInfo


class Nothing:
    """A backend for a file that was not handed in, or that is no text."""

    def __init__(self, failure: Failure) -> None:
        self._failure = failure

    def call(self, *args: Any, **kwargs: Any) -> Reply:
        return Reply(failure=self._failure)

    def generator(self, seed: int) -> Handle:
        return Handle(self, seed)

    def metered(self) -> Backend:
        return self

    def drop(self, key: int) -> None:
        pass


class Bench:
    """The student of one component's run: where each test's `student` runs.

    All tests share one worker, the local ones first. A local test that comes after a hidden one
    gets another: nothing that was seen of hidden data may come out in what a local test shows.
    """

    def __init__(
        self,
        box: Sandbox,
        references: References,
        component: Component,
        files: Mapping[str, str],
        *,
        broken: bool,
        stands: Callable[[str], bool],
    ) -> None:
        self.secret = secret()
        self._box = box
        self._references = references
        self._component = component
        self._files = files
        self._meddles = meddles(files.values())
        self._stands = stands
        self._assembled: Student | None = None
        self._broken = broken
        self._student: Student | None = None
        self._was_hidden = False
        self._open: list[Worker] = []

    def student(self, info: TestInfo) -> Student:
        if self._student is None or (self._was_hidden and not info.hidden):
            self._student = self._as_student(self._backend(), self._meddles)
        self._was_hidden = info.hidden
        return self._student

    def is_broken(self, component: str) -> bool:
        return not self._stands(component)

    def assembled(self, notes: Notes) -> Student:
        """The student's component over stand-ins for what it stands on."""
        if self._assembled is None:
            course = self._references.course
            files = with_standins(course, self._component, self._files)
            self._assembled = self._as_student(self._backend(files), self._meddles)
        self._assembled.begin(notes)
        return self._assembled

    def reference_assembled(self) -> Student:
        """The reference over the same stand-ins, in this process."""
        return self._as_student(self._references.assembled(self._component))

    def _backend(self, files: Mapping[str, str] | None = None) -> Backend:
        name = self._component.name
        files = self._files if files is None else files
        if self._broken:
            return Nothing(Failure("import", "SyntaxError", f"nn/{name}.py"))
        if f"nn/{name}.py" not in files:
            return Nothing(Failure("absent"))
        return self._worker(files)

    def yardstick(self, variant: str) -> Student:
        """A right variant of the component in a worker of its own."""
        source = self._references.variant(self._component, variant)
        files = self._references.course.reference_files(self._component, source)
        return self._as_student(self._worker(files))

    def reference(self) -> Student:
        """The reference, in this process, its answers remembered."""
        return self._as_student(self._references.plain(self._component))

    def close(self) -> None:
        for worker in self._open:
            worker.close()

    def _worker(self, files: Mapping[str, str]) -> Backend:
        limits = self._references.course.limits_of(self._component)
        worker = self._box.worker(
            Submission(files),
            component=self._component.name,
            limits=Limits(**limits),  # type: ignore[arg-type]
            long_calls=self._component.long_calls,
        )
        self._open.append(worker)
        return worker

    def _as_student(self, backend: Backend, meddles: bool = False) -> Student:
        return Student(
            backend,
            self._references.signatures(self._component),
            file=f"nn/{self._component.name}.py",
            meddles=meddles,
        )


class Fixtures:
    """Fixtures that only hidden tests may ask for, of the bench that is set."""

    NAMES = ("reference", "assembled", "reference_assembled", "yardstick")

    def __init__(self) -> None:
        self.bench: Bench | None = None

    @property
    def _bench(self) -> Bench:
        assert self.bench is not None
        return self.bench

    @pytest.fixture
    def reference(self) -> Student:
        return self._bench.reference()

    @pytest.fixture
    def assembled(self, request: pytest.FixtureRequest) -> Student:
        return self._bench.assembled(notes_of(request.node))

    @pytest.fixture
    def reference_assembled(self) -> Student:
        return self._bench.reference_assembled()

    @pytest.fixture
    def yardstick(self, request: pytest.FixtureRequest) -> Student:
        mark = request.node.get_closest_marker("points")
        return self._bench.yardstick(str(mark.kwargs.get("yardstick")))
