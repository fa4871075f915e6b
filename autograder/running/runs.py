"""Run pytest on a component's tests in this process: once, or in one fork after another."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.course import Component
from autograder.errors import CourseProblem
from autograder.running.bench import Bench, Fixtures
from autograder.running.suite import files_of
from shared import inprocess, plugin
from shared.student import Student
from shared.verdicts import Outcome, TestInfo


class Runs:
    """Runs of one component's tests, the next one collected ahead where `hold` was called."""

    def __init__(self, component: Component) -> None:
        self._files = files_of([component])
        self._held: _Held | None = None

    def hold(self) -> frozenset[str]:
        """Collect ahead: every fork of this process can then run the tests once at less cost.

        A test to try it with in a fork; none where nothing is held.
        """
        held = _Held(self._files)
        self._held = held if held.can_wait() else None
        return frozenset(item.name for item in held.items[:1] if self._held is held)

    def let_go(self) -> None:
        """Collect anew for every run."""
        self._held = None

    def run(
        self, bench: Bench, *, only: frozenset[str] | None = None, stop_at_first: bool = False
    ) -> list[Outcome]:
        """Run tests at a bench and give their outcomes, in the order of the files.

        Raises
        ------
        CourseProblem
            When a file cannot be collected.
        """
        if self._held is not None and not stop_at_first:
            held, self._held = self._held, None  # its tests are then as a run leaves them
            return held.run(bench, only)
        options = ["-x"] if stop_at_first else []
        fixtures = Fixtures()
        fixtures.bench = bench
        try:
            outcomes, _ = inprocess.run(self._files, bench, [fixtures], only=only, options=options)
        except inprocess.NotCollected as error:
            raise CourseProblem(f"a test file cannot be collected: {error}") from None
        return outcomes


class _Held:
    """A run that stops when its tests are collected, to be let go in forks of this process.

    Starting pytest and collecting takes as long as the tests of a small component. Only public
    hooks and objects of pytest are used: a session may be kept, and its loop be called later.

    Parameters
    ----------
    files : sequence of Path
        Test files.

    Raises
    ------
    inprocess.NotCollected
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._session: pytest.Session | None = None
        self._fixtures = Fixtures()
        keeper = inprocess.Keeper(_Nobody(), None)
        inprocess.main(files, (), [self, keeper, self._fixtures])
        if keeper.problems:
            raise inprocess.NotCollected(keeper.problems[0])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if self._session is not None:
            return None
        self._session = session
        return True  # for this time nothing is run

    @property
    def items(self) -> list[pytest.Item]:
        return [] if self._session is None else self._session.items

    def can_wait(self) -> bool:
        """Whether no test asks for a fixture of pytest's own.

        When the tests run, the configuration is taken down, from which some of those live.
        """
        known = {"student", "rng", "request", *Fixtures.NAMES}
        return all(
            name in known
            or name in getattr(getattr(item, "callspec", None), "params", ())
            or hasattr(getattr(item, "module", None), name)
            for item in self.items
            for name in getattr(item, "fixturenames", ())
        )

    def run(self, bench: Bench, only: frozenset[str] | None) -> list[Outcome]:
        """Run tests at a bench: their outcomes in the order of the files."""
        session = self._session
        assert session is not None
        if only is not None:
            session.items[:] = [item for item in session.items if item.name in only]
        self._fixtures.bench = bench
        session.config.stash[plugin.STUDENTS] = bench
        with contextlib.redirect_stdout(io.StringIO()):
            session.config.hook.pytest_runtestloop(session=session)
        return session.config.stash[plugin.OUTCOMES]


class _Nobody:
    """Stands where the students will."""

    secret = ""

    def student(self, info: TestInfo) -> Student:
        raise AssertionError("nothing is run yet")

    def is_broken(self, component: str) -> bool:
        raise AssertionError("nothing is run yet")
