"""Run pytest on a component's tests in this process, and say what there is to run."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from autograder.course import Component
from autograder.errors import CourseProblem
from shared import plugin
from shared.verdicts import Outcome, TestInfo

# Nothing of the machine's pytest set-up reaches a graded run: no plugin that happens to be
# installed, no configuration file, no cache, no terminal.
ARGUMENTS = (
    "-c",
    os.devnull,
    "--import-mode=importlib",
    "--strict-markers",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:terminal",
    "-p",
    "no:faulthandler",
    "-p",
    "no:logging",
    "-p",
    "no:unraisableexception",
    "-p",
    "no:threadexception",
    "-p",
    "no:doctest",
    "-p",
    "no:junitxml",
    "--capture=no",
)


class _Collector:
    def __init__(self) -> None:
        self.infos: list[TestInfo] = []
        self.unmarked: list[str] = []
        self.problems: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            info = plugin.info_of(item)
            if info is None:
                self.unmarked.append(f"{item.path.name}::{item.name}")
            else:
                self.infos.append(info)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}")


class _Keeper:
    """Keeps the config of a run, whose stash holds the outcomes."""

    def __init__(self, students: plugin.Students, only: frozenset[str] | None) -> None:
        self._students = students
        self._only = only
        self.outcomes: list[Outcome] = []
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.STUDENTS] = self._students

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._only is not None:
            items[:] = [item for item in items if item.name in self._only]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(report.longreprtext)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.outcomes = config.stash[plugin.OUTCOMES]


def files_of(components: Iterable[Component]) -> list[Path]:
    """The tests of components, the local ones of each before its hidden ones."""
    return [p for c in components for p in (c.local_tests, c.hidden_tests) if p.exists()]


def collect(files: Sequence[Path]) -> list[TestInfo]:
    """What tests there are.

    Raises
    ------
    CourseProblem
        When a file cannot be collected, a test has no points, or a name stands twice.
    """
    if not files:
        return []
    collector = _Collector()
    _main(files, ["--collect-only"], [collector])
    if collector.problems:
        raise CourseProblem(f"a test file cannot be collected: {'; '.join(collector.problems)}")
    if collector.unmarked:
        raise CourseProblem(
            f"{collector.unmarked[0]} has no @points(...): every test says what it is worth"
        )
    seen: dict[tuple[str, str], TestInfo] = {}
    for info in collector.infos:
        if (info.component, info.test) in seen:
            raise CourseProblem(
                f"{info.component}: two tests are called {info.test}; results go by the name"
            )
        seen[info.component, info.test] = info
    return collector.infos


def run(
    files: Sequence[Path],
    students: plugin.Students,
    plugins: Sequence[object] = (),
    *,
    only: frozenset[str] | None = None,
    stop_at_first: bool = False,
) -> list[Outcome]:
    """Run tests against a student and give their outcomes, in the order of the files.

    Raises
    ------
    CourseProblem
        When a file cannot be collected.
    """
    keeper = _Keeper(students, only)
    _main(files, ["-x"] if stop_at_first else [], [keeper, *plugins])
    if keeper.problems:
        raise CourseProblem(f"a test file cannot be collected: {keeper.problems[0]}")
    return keeper.outcomes


def _main(files: Sequence[Path], options: Sequence[str], plugins: Sequence[object]) -> None:
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    root = os.path.commonpath([str(f) for f in files]) if len(files) > 1 else str(files[0].parent)
    # pytest writes to the real streams where no terminal plugin is there to do it.
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(
            [*ARGUMENTS, "--rootdir", root, *options, *(str(f) for f in files)],
            plugins=[plugin, *plugins],
        )
