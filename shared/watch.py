"""`pytest --watch NAME`: run a component's tests again whenever its file is saved."""

from __future__ import annotations

import difflib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shared.messages import message, render

INTERVAL = 0.1  # seconds between two looks at the files
SETTLING = 0.05  # an editor may write a file in several steps

Snapshot = dict[Path, tuple[int, int]]


def watched(folder: Path, component: str) -> Snapshot:
    """The files that a component's tests depend on, and what tells a change of them."""
    found: Snapshot = {}
    for path in [*sorted((folder / "nn").rglob("*.py")), folder / "tests" / f"test_{component}.py"]:
        try:
            stat = path.stat()
        except OSError:
            continue  # an editor that saves by renaming is between its two steps
        found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def wait_for_change(look: Callable[[], Snapshot], before: Snapshot) -> Snapshot:
    """Return when the files differ from `before` and have come to rest."""
    while (now := look()) == before:
        time.sleep(INTERVAL)
    while True:
        time.sleep(SETTLING)
        again = look()
        if again == now:
            return now
        now = again


def watch(folder: Path, component: str, options: Sequence[str] = ()) -> int:
    """Run the tests of `component` now and at each change, until Ctrl-C.

    Parameters
    ----------
    folder : Path
        The student's folder, which holds `nn` and `tests`.
    component : str
        Or the path of its tests or of its file: ``conv``, ``nn/conv.py``, ``tests/test_conv.py``.
    options : sequence of str
        Other options of pytest, such as ``-x`` or ``-k backward``.

    Raises
    ------
    pytest.UsageError
        When there are no tests of that name.
    """
    name = Path(component).stem.removeprefix("test_")
    tests = folder / "tests" / f"test_{name}.py"
    if not tests.is_file():
        known = [p.stem.removeprefix("test_") for p in sorted(tests.parent.glob("test_*.py"))]
        close = difflib.get_close_matches(name, known, 1)
        raise pytest.UsageError(
            render(message("watch-unknown", name=name, known=", ".join(close or known)))
        )
    command = [sys.executable, "-m", "pytest", str(tests.relative_to(folder)), *options]
    seen: Snapshot = {}
    try:
        while True:
            # Looked at before the run: what is saved during it starts the next.
            seen = wait_for_change(lambda: watched(folder, name), seen)
            if sys.stdout.isatty():
                print("\x1b[2J\x1b[3J\x1b[H", end="", flush=True)
            # A process of its own each time: Python does not forget a module that has changed.
            subprocess.run(command, cwd=folder, check=False)
            print(render(message("watch-waiting", file=f"nn/{name}.py")), flush=True)
    except KeyboardInterrupt:
        print()
        return int(pytest.ExitCode.OK)
