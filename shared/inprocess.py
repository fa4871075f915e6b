"""Run pytest inside this process: in the grader, and in a notebook's kernel."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from shared import plugin
from shared.verdicts import Outcome, TestInfo

# Nothing of the machine's pytest set-up reaches such a run: no plugin that happens to be installed,
# no configuration file, no cache, no terminal.
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
    "-p",
    "no:capture",
)


Infos = dict[tuple[str, str], TestInfo]


class NotCollected(Exception):
    """A test file cannot be collected; the text says why."""


class Keeper:
    """A plugin that says whose tests run, and keeps what came of them."""

    def __init__(self, students: plugin.Students, only: frozenset[str] | None) -> None:
        self._students = students
        self._only = only
        self.outcomes: list[Outcome] = []
        self.infos: Infos = {}
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.STUDENTS] = self._students

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._only is not None:
            items[:] = [item for item in items if item.name in self._only]
        for item in items:
            item.repr_failure = _no_text  # type: ignore[method-assign]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(report.longreprtext)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.outcomes = config.stash[plugin.OUTCOMES]
        self.infos = config.stash[plugin.INFOS]


def _no_text(excinfo: object, style: object = None) -> str:
    """What pytest says of a failure, which nobody reads here: it would parse the test's source."""
    return ""


def run(
    files: Sequence[Path],
    students: plugin.Students,
    plugins: Sequence[object] = (),
    *,
    only: frozenset[str] | None = None,
    options: Sequence[str] = (),
) -> tuple[list[Outcome], Infos]:
    """Run tests against a student: their outcomes in the order of the files, and what they are.

    Parameters
    ----------
    files : sequence of Path
        Test files.
    students : Students
        Where the student's code runs.
    plugins : sequence of object, optional
        Further plugins of pytest.
    only : frozenset of str, optional
        Names of the tests to run; all of them where it is not given.
    options : sequence of str, optional
        Further arguments of pytest.

    Raises
    ------
    NotCollected
    """
    keeper = Keeper(students, only)
    main(files, options, [keeper, *plugins])
    if keeper.problems:
        raise NotCollected(keeper.problems[0])
    return keeper.outcomes, keeper.infos


class _Folder(pytest.Directory):
    """A folder in which nothing is looked at but what leads to the files that are asked for.

    pytest asks its plugins about every file of every folder on the way, which for a small component
    takes as long as its tests.
    """

    files: Sequence[Path] = ()

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        inside = [file for file in self.files if file.is_relative_to(self.path)]
        for path in dict.fromkeys(self.path / f.relative_to(self.path).parts[0] for f in inside):
            if path.is_dir():
                yield self.ihook.pytest_collect_directory(path=path, parent=self)
            else:
                yield from self.ihook.pytest_collect_file(file_path=path, parent=self)


class _Narrow:
    def __init__(self, files: Sequence[Path]) -> None:
        self._files = [Path(os.path.abspath(file)) for file in files]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> _Folder:
        folder: _Folder = _Folder.from_parent(parent, path=path)
        folder.files = self._files
        return folder


def main(files: Sequence[Path], options: Sequence[str], plugins: Sequence[object]) -> None:
    """Call pytest on test files, with the plugin of this course and no other than those given."""
    root = os.path.commonpath([str(f) for f in files]) if len(files) > 1 else str(files[0].parent)
    # pytest writes to the real streams where no terminal plugin is there to do it.
    with _own_settings(), contextlib.redirect_stdout(io.StringIO()):
        pytest.main(
            [*ARGUMENTS, "--rootdir", root, *options, *(str(f) for f in files)],
            plugins=[plugin, _Narrow(files), *plugins],
        )


@contextlib.contextmanager
def _own_settings() -> Iterator[None]:
    names = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS")
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
