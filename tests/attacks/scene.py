"""A grader with something to lose, and how an attack on it ended.

The same scene is set up around a sandbox and, inside a bubble, around an in-process import.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.sandbox import Limits, Submission
from tests.attacks.attack import REACHED, Attack
from tests.attacks.bubble import ROOT, is_inside

# Small, so that what never ends does not take long.
LIMITS = Limits(call_cpu=0.5, call_wall=2.0, load_cpu=2.0, memory_mb=192, output_kb=512, reply_mb=4)

MEMORY = f"memory-canary-{secrets.token_hex(16)}"
FILE = f"file-canary-{secrets.token_hex(16)}"
SIBLING = f"sibling-canary-{secrets.token_hex(16)}"
ENVIRONMENT = f"environment-canary-{secrets.token_hex(16)}"
SECRETS = {
    "memory": MEMORY,
    "file": FILE,
    "sibling": SIBLING,
    "environment": ENVIRONMENT,
    # What every reference and every hidden suite holds.
    "reference": "# BEGIN " + "SOLUTION",
    "tests": "Hidden tests of " + "`backprop`",
}
NEIGHBOUR = """
import numpy as np
def honest(x):
    near = np.allclose(x, x + 1) or np.array_equal(x, -x)
    return [float(np.abs(x - 1).sum()), max(3, 4), sum([1, 2]), len("four"), bool(near)]
"""
ANSWER = [2.0, 4, 3, 4, False]
PR_SET_PTRACER = 0x59616D61
ANYONE = ctypes.c_ulong(-1)


class Scene:
    """Secrets in files, memory and environment; ears on every kind of loopback socket."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._names: dict[socket.socket, str] = {}

    def __enter__(self) -> Scene:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="scene-")))
        folder.chmod(0o755)
        self._file = folder / "secret.txt"
        self._file.write_text(FILE)
        self._touched = folder / "touched"
        sibling = folder / "sibling" / "nn" / "backprop.py"
        sibling.parent.mkdir(parents=True)
        sibling.write_text(f"# {SIBLING}\n")
        os.environ["COURSE_SECRET"] = ENVIRONMENT
        self._stack.callback(os.environ.pop, "COURSE_SECRET", None)
        self._buffer = ctypes.create_string_buffer(MEMORY.encode())
        # Some hosts let only a parent trace its child: here nothing but the sandbox is in the way.
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYONE, 0, 0, 0)
        self._inherited(folder)
        abstract = f"\0attack-{secrets.token_hex(8)}"
        self.facts: dict[str, Any] = {
            "file": str(self._file),
            "folder": str(folder),
            "sibling": str(sibling),
            "touch": str(self._touched),
            "root": str(ROOT),
            "pid": os.getppid() if is_inside() else os.getpid(),
            "address": ctypes.addressof(self._buffer),
            "tcp": self._listen("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))[1],
            "udp": self._listen("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))[1],
            "abstract": abstract,
            "path": str(folder / "socket"),
            # Whether a signal may be sent is decided before it is looked at: outside a bubble the
            # one that does nothing proves as much.
            "signal": int(signal.SIGKILL) if is_inside() else 0,
        }
        self._listen("abstract unix socket", socket.AF_UNIX, socket.SOCK_STREAM, abstract)
        self._listen("unix socket", socket.AF_UNIX, socket.SOCK_STREAM, self.facts["path"])
        self._before = self._file.stat()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def play(self, attack: Attack, box: Any) -> list[str]:
        """Run an attack in a sandbox and name every way in which it succeeded."""
        worker = box.worker(Submission(attack.files), component="work")
        try:
            reply = worker.call("attack", (self.facts,), {}, "any")
        finally:
            worker.close()
        said = repr(reply)
        breaches = [f"the {name} was read" for name, text in SECRETS.items() if text in said]
        if reply.value == REACHED:
            breaches.append("what is forbidden worked")
        deadline = time.monotonic() + attack.wait
        while not self._touched.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        return breaches + self.after(box)

    def after(self, box: Any) -> list[str]:
        """What an attack left: traces, and whether the next student's code works."""
        return self._traces() + self._neighbour(box)

    def _traces(self) -> list[str]:
        traces = []
        for ear, name in self._names.items():
            with contextlib.suppress(BlockingIOError):
                if ear.type == socket.SOCK_STREAM and name != "inherited socket":
                    ear.accept()[0].close()
                else:
                    ear.recv(100)
                traces.append(f"something arrived by {name}")
        after = self._file.stat()
        if (after.st_mode, after.st_mtime_ns) != (self._before.st_mode, self._before.st_mtime_ns):
            traces.append("a file of the grader was changed")
        if self._touched.exists():
            traces.append("a file was written")
        return traces

    def _neighbour(self, box: Any) -> list[str]:
        import numpy as np

        worker = box.worker(Submission({"nn/work.py": NEIGHBOUR}), component="work")
        try:
            reply = worker.call("honest", (np.arange(3.0),), {}, "any")
        finally:
            worker.close()
        # In this process, and with its own comparison, which nothing may have touched either.
        return [] if repr(reply.value) == repr(ANSWER) else ["the next student's code is broken"]

    def _inherited(self, folder: Path) -> None:
        file = os.open(self._file, os.O_RDONLY)
        os.set_inheritable(file, True)
        self._stack.callback(os.close, file)
        near, far = socket.socketpair()
        for end in (near, far):
            self._stack.callback(end.close)
        near.setblocking(False)
        far.set_inheritable(True)
        self._names[near] = "inherited socket"

    def _listen(self, name: str, family: int, kind: int, address: Any) -> Any:
        ear = self._stack.enter_context(socket.socket(family, kind))
        ear.bind(address)
        if kind == socket.SOCK_STREAM:
            ear.listen(5)
        ear.setblocking(False)
        self._names[ear] = name
        return ear.getsockname()
