"""What a notebook's cells call: ``check("conv", "conv2d_forward")`` and ``figures("conv")``.

A check writes the functions of the cells that were run into `nn/NAME.py`, where the notebooks and
files that come later find them, and runs the local tests on that file: what is tested is what is
handed in.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared import inprocess
from shared.athome import Local
from shared.bytool import by_tool
from shared.cellreport import show
from shared.definitions import Piece, needed, read_pieces
from shared.errors import CheckFailed
from shared.files import write_whole
from shared.kept import look_after
from shared.language import choose
from shared.local import forget_nn
from shared.merge import Edited, merge
from shared.messages import Message, message, render
from shared.plugin import info_of
from shared.release import FILE, Release, digest, find_release
from shared.report import hidden_tests
from shared.verdicts import Outcome, TestInfo


class _Stop(Exception):
    """The check cannot go on; the message says why and what to do."""

    def __init__(self, said: Message) -> None:
        super().__init__(said.id)
        self.said = said


def check(component: str, function: str | None = None, *, hidden: bool = False) -> None:
    """Write this notebook's functions to ``nn/COMPONENT.py``, run local tests, say what is wrong.

    Parameters
    ----------
    component : str
        Such as ``"conv"``.
    function : str, optional
        Only the tests of this function or class; all of the component's where it is not given.
    hidden : bool
        Say only which tests run at grading.
    """
    passes(component, function, hidden=hidden)


def passes(component: str, function: str | None = None, *, hidden: bool = False) -> bool:
    """`check`, for the tools that want to know: whether all of these tests passed."""
    with by_tool() as told, _no_traceback():
        home = _home()
        release = _release(home, component)
        if hidden:
            told.passed = True
            _say(hidden_tests(release.components[component]))
            return True
        if (home / "nn" / f"{component}.py").exists():  # who deletes it wants it of these cells
            _look_after(home, component, release)
        kept = _write(home, release, component, function)
        _look_after(home, component, release)
        if kept:
            _say(kept)
        outcomes, infos, printed = run(home, component, function)
        show(outcomes, infos, printed, release, function or "")
        told.passed = all(outcome.verdict == "passed" for outcome in outcomes)
    return told.passed


def run(
    home: Path, component: str, function: str | None = None
) -> tuple[list[Outcome], inprocess.Infos, dict[str, str]]:
    """Run the local tests of a component or of one of its functions on `nn/COMPONENT.py`.

    Parameters
    ----------
    home : Path
        The folder that holds `nn` and `tests`.
    component : str
    function : str, optional

    Returns
    -------
    outcomes : list of Outcome
    infos : dict
        What each test is, by component and name.
    printed : dict
        What the student's code printed, by the name of the test.
    """
    release = find_release(home / "tests")
    select = _Select(_functions(release, component), function)
    with _fresh_modules():
        outcomes, infos = inprocess.run(
            [home / "tests" / f"test_{component}.py"],
            Local(release, home),
            [select],
            options=["-p", "capture", "--capture=sys"],  # which a grader does without
        )
    return outcomes, infos, select.printed


def tests_of(function: str, infos: Iterable[TestInfo], functions: Sequence[str]) -> list[str]:
    """The tests to run once a function is written: those whose title names it last."""
    return [info.test for info in infos if subject(info, functions) == function]


def figures(component: str) -> None:
    """Draw the pictures of a component with the student's own functions.

    They are ``shared.plots.FIGURES[component]``: functions that take the module `nn.COMPONENT` and
    return a figure of matplotlib.
    """
    with _no_traceback():
        home = _home()
        attempt = importlib.import_module("shared.plots.attempt").attempt
        width = importlib.import_module("shared.plots.style").WIDTH * 96  # pixels of a page
        ipython = importlib.import_module("IPython.display")
        said: list[Message] = []
        with _fresh_modules():
            for draw in figures_of(component):
                drawn = attempt(draw, component, home)
                if not isinstance(drawn, Message):
                    image = ipython.Image(drawn.png, width=round(width), alt=drawn.title)
                    ipython.display(image)
                elif drawn not in said:  # two pictures may wait for one function
                    said.append(drawn)
                    _say(drawn)


def figures_of(component: str) -> Sequence[Any]:
    """The functions that draw a component's pictures."""
    registry: dict[str, Sequence[Any]] = importlib.import_module("shared.plots").FIGURES
    return registry.get(component, ())


class _Select:
    """Lets only the tests of one function run, and keeps what they print."""

    def __init__(self, functions: Sequence[str], function: str | None) -> None:
        self._functions = functions
        self._function = function
        self.printed: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._function is not None:
            infos = ((item, info_of(item)) for item in items)
            items[:] = [i for i, about in infos if about and self._is_chosen(about)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.capstdout:
            self.printed[report.nodeid.partition("::")[2]] = report.capstdout

    def _is_chosen(self, info: TestInfo) -> bool:
        return subject(info, self._functions) == self._function


def subject(info: TestInfo, functions: Sequence[str]) -> str:
    """The last function that a title names before its colon: "f, g: keep the dtype" is g's."""
    names = set(re.findall(r"\w+", info.title.partition(":")[0]))
    return next((f for f in reversed(functions) if f in names), "")


def _write(home: Path, release: Release, component: str, function: str | None) -> Message | None:
    """Write `nn/COMPONENT.py` where it changes; a note on a function whose cell is still empty."""
    functions = _functions(release, component)
    if function is not None and function not in functions:
        known = ", ".join(functions)
        raise _Stop(message("cell-function", function=function, component=component, known=known))
    pieces = needed(_executed(component), functions, written=False)
    defined = {name: p for p in pieces for name in p.defines}
    if function is not None and function not in defined:
        raise _Stop(message("cell-not-run", function=function))
    path = home / "nn" / f"{component}.py"
    shown = f"nn/{component}.py"
    old = _text(path, shown)
    stub = str(release.components[component].get("stub", ""))
    try:
        new = merge(component, old, pieces, is_released=old is not None and digest(old) == stub)
        if pieces and new != old:
            write_whole(path, new)
            # Bytecode is told apart by its second and its size alone.
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
            _say(message("cell-wrote", file=shown))
    except Edited as error:
        names = ", ".join(f"`{name}`" for name in error.names)
        raise _Stop(message("cell-edited", file=shown, names=names)) from None
    except SyntaxError as error:
        raise _Stop(message("cell-no-python", file=shown, line=error.lineno or 1)) from None
    except OSError as error:
        raise _Stop(message("cell-no-write", file=shown, reason=error.strerror)) from None
    if function is None or defined[function].is_written:
        return None
    there = [p for p in read_pieces(new) if function in p.defines and p.is_written]
    return message("cell-kept", function=function, file=shown) if there else None


def _look_after(home: Path, component: str, release: Release) -> None:
    put_back = look_after(home, component, release)
    if put_back is not None:
        _say(put_back)


def _text(path: Path, shown: str) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise _Stop(message("not-text", file=shown)) from None


def _executed(component: str) -> list[Piece]:
    """The statements of every cell that this kernel has run, in the order of the runs."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython is not None else None
    if shell is None:
        raise _Stop(message("cell-no-kernel", component=component))
    pieces: list[Piece] = []
    for number, source in enumerate(shell.history_manager.input_hist_raw):
        try:
            found = read_pieces(source, number)
        except SyntaxError:
            continue  # the kernel has said so, and took nothing of the cell
        pieces += [p for p in found if p.defines <= shell.user_ns.keys() or "*" in p.defines]
    return pieces


def _home() -> Path:
    """The folder that holds `nn` and `tests`: that of this package, else one above the notebook."""
    here = Path.cwd()
    for folder in (Path(__file__).parent.parent, here, *here.parents):
        if (folder / "tests" / FILE).is_file():
            return folder
    raise _Stop(message("cell-nowhere", folder=str(here)))


def _release(home: Path, component: str) -> Release:
    release = find_release(home / "tests")
    if component not in release.components:
        known = ", ".join(release.components)
        raise _Stop(message("cell-component", component=component, known=known))
    return release


def _functions(release: Release, component: str) -> list[str]:
    names = release.components[component]["functions"]
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


@contextmanager
def _fresh_modules() -> Iterator[None]:
    """Import `nn` anew inside the block, and whenever it is imported after it."""
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    forget_nn()
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        forget_nn()


@contextmanager
def _no_traceback() -> Iterator[None]:
    """A cell shows a sentence for whatever goes wrong on our side."""
    try:
        yield
    except _Stop as stop:
        _say(stop.said)
    except CheckFailed as error:
        for said in error.messages:
            _say(said)
    except Exception as error:
        _say(message("cell-failed", type=type(error).__name__, text=str(error)))


def _say(said: Message) -> None:
    print(render(said, choose(_course_language())))


def _course_language() -> str:
    try:
        return find_release(_home() / "tests").language
    except (_Stop, CheckFailed):
        return ""  # that nothing was found is what is being said
