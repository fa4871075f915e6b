"""What tests there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from autograder.course import Component
from autograder.errors import CourseProblem
from shared import inprocess, plugin
from shared.verdicts import TestInfo


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
    inprocess.main(files, ["--collect-only"], [collector])
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
