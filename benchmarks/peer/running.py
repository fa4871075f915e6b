"""Run a command and measure it: time, CPU time, peak memory of all its processes."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK = 0.1  # seconds between looks at the memory
MEMORY = 6 << 30  # bytes of address space of a process in the bubble


@dataclass(frozen=True)
class Ran:
    """One run of a command."""

    seconds: float
    cpu: float
    memory_mb: float
    status: int | None  # None: ended by us
    said: str


def missing() -> str:
    """Why the other programs cannot be run here; empty where they can."""
    for name in ("bwrap", "prlimit"):
        if shutil.which(name) is None:
            return f"needs {name} (apt-get install bubblewrap util-linux)"
    return ""


def bubble(work: Path) -> list[str]:
    """What a command is put behind that runs students' code without a sandbox of its own.

    It has processes and a network of its own and may write to one folder: what it starts ends with
    it, and what it eats is limited.
    """
    arguments = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"]
    arguments += ["--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    arguments += ["--tmpfs", "/tmp"]
    for path in dict.fromkeys((sys.base_prefix, os.path.realpath(sys.prefix), str(ROOT))):
        arguments += ["--ro-bind", path, path]
    home = work / "home"
    home.mkdir(parents=True, exist_ok=True)
    arguments += ["--bind", str(work), str(work), "--setenv", "HOME", str(home)]
    return [*arguments, "--chdir", str(work), "--", "prlimit", f"--as={MEMORY}", "--"]


def run(command: Sequence[str], cwd: Path, *, limit: float = 3600.0) -> Ran:
    """Run a command to its end, or to ours."""
    before = _cpu()
    start = time.monotonic()
    # A file and not a pipe: what prints without end must not be held here, nor be made to wait.
    with open(cwd / "said.txt", "wb") as out:
        process = subprocess.Popen(
            command, cwd=cwd, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        memory, ended = 0.0, False
        while process.poll() is None:
            memory = max(memory, sum(map(_memory, _tree(process.pid))))
            if time.monotonic() - start > limit:
                ended = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            time.sleep(LOOK)
    seconds = time.monotonic() - start
    reap()
    said = (cwd / "said.txt").read_bytes()[-2000:].decode(errors="replace")
    status = None if ended else process.returncode
    return Ran(seconds, _cpu() - before, memory / 1024, status, said)


def reap() -> None:
    """Wait for what processes left that were killed: its time counts too."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            time.sleep(LOOK)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from _tree(int(child))


def _memory(pid: int) -> float:
    """A process's share of memory in kilobytes: what several have in common counts once."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
    return 0.0


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
