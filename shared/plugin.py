"""The pytest plugin: fixtures `student` and `rng`, points, the five verdicts, the closing table.

The same plugin runs on a laptop and in the grader; where the student's code runs is the only
difference, and the grader sets it under `STUDENTS` in the config's stash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from shared.athome import LOCAL_SECRET, Local
from shared.errors import CheckFailed
from shared.explain import draw
from shared.messages import Message, message, render
from shared.release import find_release
from shared.report import failure_text, write_table
from shared.student import Notes, Student
from shared.terminal import add_options, language_of, lose_no_line, width
from shared.verdicts import Outcome, TestInfo, Verdict, judge

Item = pytest.Item
UNFINISHED = frozenset({"unfinished", "unfinished-elsewhere"})


class Students(Protocol):
    """Where the student's code runs, and what seeds the tests' data."""

    secret: str

    def student(self, info: TestInfo) -> Student:
        """The component under test."""
        ...

    def is_broken(self, component: str) -> bool:
        """Whether a component that the one under test stands on fails tests of its own."""
        ...


STUDENTS = pytest.StashKey[Students]()
OUTCOMES = pytest.StashKey[list[Outcome]]()
INFOS = pytest.StashKey[dict[tuple[str, str], TestInfo]]()
_NOTES = pytest.StashKey[Notes]()
_SKIPPED = pytest.StashKey[Message]()
_OUTCOME = pytest.StashKey[Outcome]()


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    name = config.getoption("--watch")
    if name is None:
        return None
    from shared.watch import watch

    options = [a for a in config.invocation_params.args if a != f"--watch={name}"]
    if "--watch" in options:
        place = options.index("--watch")
        del options[place : place + 2]
    return watch(config.rootpath, name, options, language_of(config))


def pytest_configure(config: pytest.Config) -> None:
    lose_no_line()
    config.addinivalue_line(
        "markers",
        "points(number, hint, needs, stands_on, yardstick): points of a test and its hint",
    )
    config.stash[OUTCOMES] = []
    config.stash[INFOS] = {}


def component_of(path: Path) -> str:
    """The component of a test file: ``test_conv.py`` is about `conv`."""
    return path.stem.removeprefix("test_")


def info_of(item: Item) -> TestInfo | None:
    """What the marks and the docstring of a test say of it; None where it has no points."""
    mark = item.get_closest_marker("points")
    if mark is None:
        return None
    function = getattr(item, "function", None)
    doc = (getattr(function, "__doc__", None) or "").strip().split("\n")[0]
    hidden = item.path.parent.name == "suites"
    name, bracket, case = item.name.partition("[")
    title = doc or name
    if bracket and not hidden:
        # Else all cases would have one title; but the name of a hidden case may tell its data.
        title += f" [{case}"
    return TestInfo(
        test=item.name,
        component=component_of(item.path),
        title=title,
        points=float(mark.args[0]) if mark.args else 0.0,
        hint=str(mark.kwargs.get("hint", "")),
        hidden=hidden,
        needs=tuple(mark.kwargs.get("needs", ())),
        stands_on=tuple(mark.kwargs.get("stands_on", ())),
    )


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Student:
    """The student's component, wherever it runs."""
    item: Item = request.node
    info = info_of(item)
    assert info is not None, "a test that asks for `student` has points"
    config = request.config
    if STUDENTS not in config.stash:
        release = find_release(item.path.parent)
        config.stash[STUDENTS] = Local(release, item.path.parent.parent)
    found = config.stash[STUDENTS].student(info)
    found.begin(notes_of(item))
    return found


def notes_of(item: Item) -> Notes:
    """What is seen during a test, whichever of its fixtures sees it."""
    if _NOTES not in item.stash:
        item.stash[_NOTES] = Notes()
    return item.stash[_NOTES]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A generator seeded by the test's name and the course's secret: every run draws the same."""
    students = request.config.stash.get(STUDENTS, None)
    secret = students.secret if students is not None else LOCAL_SECRET
    info = info_of(request.node)
    # A local test draws the same on the laptop and at grading, or it could not be tried at home.
    key = f"{secret if info and info.hidden else LOCAL_SECRET}:{request.node.name}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Item) -> None:
    info = info_of(item)
    if info is None:
        return
    broken = {
        outcome.test.partition("[")[0]
        for outcome in item.config.stash[OUTCOMES]
        if outcome.verdict != "passed" and outcome.component == info.component
    }
    for needed in info.needs:
        # A needed test that was not run (`pytest -k`) holds nobody up.
        if needed in broken:
            item.stash[_SKIPPED] = message("needs", test=needed)
            pytest.skip(needed)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    info = info_of(item)
    if info is None:
        return report
    previous = item.stash.get(_OUTCOME, None)
    error = call.excinfo.value if call.excinfo is not None else None
    # A test counts once: when its body ends, or earlier or later only with an exception.
    if call.when != "call" and error is None:
        return report
    outcome = _outcome(item, info, error, call.duration)
    if previous is not None and previous.verdict != "passed":
        return report
    outcomes = item.config.stash[OUTCOMES]
    if previous is not None:
        outcomes.remove(previous)
    outcomes.append(outcome)
    item.stash[_OUTCOME] = outcome
    item.config.stash[INFOS][info.component, info.test] = info
    report.user_properties.append(("verdict", outcome.verdict))
    unfinished = any(m.id in UNFINISHED for m in outcome.messages)
    report.user_properties.append(("unfinished", unfinished))
    lang = language_of(item.config)
    explains = item.config.getoption("--explain", False)
    drawn = draw(item.config.rootpath, outcome, lang) if explains else ""
    if outcome.verdict in ("failed", "error"):
        report.longrepr = failure_text(
            outcome, info, _node(item), lang, picture=drawn, width=width()
        )
    return report


def _outcome(item: Item, info: TestInfo, error: BaseException | None, seconds: float) -> Outcome:
    notes = item.stash.get(_NOTES, None) or Notes()
    verdict: Verdict
    messages: tuple[Message, ...]
    if isinstance(error, pytest.skip.Exception):
        skipped = item.stash.get(_SKIPPED, None)
        verdict, messages, traceback = "skipped", (skipped,) if skipped else (), ""
    else:
        verdict, messages, traceback = judge(error)
    under = _broken_under(item, info, messages) if verdict in ("failed", "error") else None
    if under is not None:
        verdict, messages, traceback = "skipped", (under,), ""
    if verdict == "failed":
        messages += tuple(
            message("changed-note", function=function, argument=argument)
            for function, argument in dict.fromkeys(notes.changed)
            if not any(m.id == "changed" for m in messages)
        )
    return Outcome(
        test=info.test,
        verdict=verdict,
        points=info.points if verdict == "passed" else 0.0,
        max_points=info.points,
        hidden=info.hidden,
        component=info.component,
        messages=messages,
        flags=tuple(notes.flags),
        call=_call_of(info, notes) if verdict in ("failed", "error") else "",
        traceback=traceback,
        seconds=seconds,
        picture=error.picture if isinstance(error, CheckFailed) and verdict == "failed" else None,
    )


def _broken_under(item: Item, info: TestInfo, messages: tuple[Message, ...]) -> Message | None:
    """The sentence for a test that failed over a component that is not the one under test."""
    students = item.config.stash.get(STUDENTS, None)
    if students is None or not info.stands_on:
        return None
    if any(m.id == "unfinished" for m in messages):
        return None  # its own stub: nothing of the others was reached
    broken = next((name for name in info.stands_on if students.is_broken(name)), None)
    return None if broken is None else message("needs-component", component=broken)


def _call_of(info: TestInfo, notes: Notes) -> str:
    """The last call of the function that the title names; else the last call.

    A gradient check calls the forward many times after the backward that it is about.
    """
    named = [call for call in notes.calls if call.partition("(")[0] in info.title]
    return next(reversed(named or notes.calls), "")


def _node(item: Item) -> str:
    # The brackets of a parametrised test mean something to a shell, and its case may hold spaces.
    return f'pytest "{item.nodeid}"' if "[" in item.nodeid else f"pytest {item.nodeid}"


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    found: dict[str, Any] = dict(getattr(report, "user_properties", ()))
    if report.when != "call" or "verdict" not in found:
        return None
    if found["unfinished"]:
        # Not among the failures: a page of "not written yet" hides the one that matters.
        word = render(message("status-unfinished"), language_of(config))
        return word, "u", word.upper()
    if found["verdict"] == "error":
        return "failed", "E", render(message("verdict-error"), language_of(config)).upper()
    return None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    outcomes, infos = config.stash[OUTCOMES], config.stash[INFOS]
    if not outcomes:
        return
    students = config.stash.get(STUDENTS, None)
    local = students if isinstance(students, Local) else None
    lang = language_of(config)
    release = local._release if local is not None else None
    write_table(terminalreporter, outcomes, infos, release, lang=lang, columns=width())
    for said in local.said if local is not None else ():
        terminalreporter.write_line(render(said, lang), yellow=True)
