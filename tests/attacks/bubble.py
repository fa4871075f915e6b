"""The outer runner: a program in a bubble that whatever it does cannot leave.

Bubblewrap gives it a process, a network and a mount namespace of its own, a small memory file
system and nothing else to write to; hard limits bound the number of its processes, their memory,
their CPU time and the size of their files. Nothing of it outlives `run`.

Every control of an attack runs here, and nothing that could harm the machine runs anywhere else.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
DISK = 64 * MIB
FILE = 48 * MIB
MEMORY = 1536 * MIB  # of one process
PROCESSES = 24
OUTPUT_READ = 1 << 16
# The kernel counts processes by user, and does not count root's: each bubble gets a user.
FIRST_USER = 210_000
_users: Iterator[int] = itertools.cycle(range(FIRST_USER, FIRST_USER + 10_000))
# Of several test runs at once, each takes its own.
for _ in range(os.getpid() % 10_000):
    next(_users)


@dataclass(frozen=True)
class Ended:
    """How a program in a bubble ended; `answer` is what it said by `say`, `status` its exit code.

    Without a status it was still running when its time was over.
    """

    status: int | None
    answer: Any
    output: str


def missing() -> str:
    """Say why there are no bubbles here; empty where there are."""
    programs = ("bwrap", "prlimit", *(("setpriv",) if os.getuid() == 0 else ()))
    for name in programs:
        if shutil.which(name) is None:
            return f"{name} is not installed (apt-get install bubblewrap util-linux)"
    ended = run([sys.executable, "-S", "-c", "print('inside')"], seconds=20)
    return "" if "inside" in ended.output else f"bubblewrap does not work here: {ended.output}"


def run(
    command: Sequence[str],
    *,
    seconds: float = 10.0,
    cpu: int = 8,
    capabilities: Sequence[str] = (),
) -> Ended:
    """Run a program in a bubble of its own.

    Parameters
    ----------
    command
        The program; the checkout and this Python are readable inside, at their own paths.
    seconds
        When it is ended at the latest.
    cpu
        Seconds of CPU time of each of its processes.
    capabilities
        Such as ``"net_raw"``: what a control may need, and has inside its own namespaces only.
    """
    mark = secrets.token_hex(8)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*_bubble(mark, capabilities), *_limits(cpu, capabilities), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd="/",
        )
        status: int | None
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            # The first process of a process namespace takes all others with it.
            process.kill()
            process.wait()
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - OUTPUT_READ))
        text = output.read().decode(errors="replace")
    return Ended(status, _answer(text, mark), text)


def say(answer: Any) -> None:
    """Answer, from inside a bubble, whoever called `run`; the last answer counts."""
    data = f"\n{os.environ['BUBBLE']} {json.dumps(answer)}\n".encode()
    sys.stdout.flush()
    os.write(1, data)


def is_inside() -> bool:
    """Tell whether this process is in a bubble."""
    return "BUBBLE" in os.environ


def _answer(text: str, mark: str) -> Any:
    for line in reversed(text.splitlines()):
        if line.startswith(f"{mark} "):
            return json.loads(line.removeprefix(f"{mark} "))
    return None


def _bubble(mark: str, capabilities: Sequence[str]) -> list[str]:
    root = os.getuid() == 0
    unshared = ["pid", "net", "ipc", "uts", *(() if root else ("user",))]
    arguments = ["bwrap", *(f"--unshare-{name}" for name in unshared), "--die-with-parent"]
    arguments += ["--new-session", "--clearenv", "--cap-drop", "ALL"]
    # To become another user, and then none of them is left.
    own = ("setuid", "setgid", "setpcap") if root else ()
    for name in (*own, *capabilities):
        arguments += ["--cap-add", f"CAP_{name.upper()}"]
    if capabilities and not root:
        # Only who is root in there takes a capability along to the program.
        arguments += ["--uid", "0", "--gid", "0"]
    arguments += ["--perms", "1777", "--size", str(DISK), "--tmpfs", "/tmp"]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--size", str(DISK), "--tmpfs", "/dev/shm"]
    arguments += ["--remount-ro", "/dev"]
    made: set[Path] = set()
    for path in _readable():
        for parent in reversed(path.parents[:-1]):
            if parent not in made and parent != Path("/tmp"):
                # Where bubblewrap makes them itself, only root may pass.
                arguments += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        arguments += ["--ro-bind", str(path), str(path)]
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            arguments += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
    arguments += ["--remount-ro", "/"]
    environment = {
        "BUBBLE": mark,
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT),
    }
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    return [*arguments, "--chdir", "/tmp", "--"]


def _readable() -> list[Path]:
    """What a program may read: the system's programs, this Python, this checkout."""
    system = [Path(name) for name in ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/hosts")]
    wanted = [path for path in system if path.exists() and not path.is_symlink()]
    wanted.append(ROOT)
    for name in (sys.base_prefix, sys.prefix, sysconfig.get_path("purelib")):
        # A link inside the checkout is there already; what it leads to is not.
        for path in (Path(name).resolve(), Path(name)):
            if not any(path.is_relative_to(other) for other in wanted):
                wanted.append(path)
    # A folder before what lies in it, or it would cover it.
    return sorted(wanted, key=lambda path: len(path.parts))


def _limits(cpu: int, capabilities: Sequence[str]) -> list[str]:
    arguments: list[str] = []
    if os.getuid() == 0:
        user = str(next(_users))
        kept = ",".join(f"+{name}" for name in capabilities)
        arguments += ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        arguments += ["--inh-caps", f"-all{kept and ',' + kept}"]
        arguments += ["--bounding-set", f"-all{kept and ',' + kept}"]
        arguments += ["--ambient-caps", kept] if kept else []
    limits = {"nproc": PROCESSES, "as": MEMORY, "cpu": cpu, "fsize": FILE, "nofile": 256, "core": 0}
    return [*arguments, "prlimit", *(f"--{name}={value}" for name, value in limits.items()), "--"]
