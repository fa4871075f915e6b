"""The grader's side of the fork server: start it, ask it for workers, end it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits

ZYGOTE = Path(__file__).with_name("zygote.py")
START_SECONDS = 120.0
ANSWER_SECONDS = 30.0
PACKET = 1 << 16

# One BLAS thread: a fork takes the calling thread alone, and a worker may not start another.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


class ForkServer:
    """A running fork server.

    Its process ends with the thread that started it, so start it in one that lives as long as the
    grading does.
    """

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ANSWER_SECONDS)
        # -I would drop PYTHONHASHSEED along with the rest of an environment that is ours anyway.
        flags = ["-s", "-P", "-B"]
        arguments = [str(ZYGOTE), str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, *flags, *arguments],
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._owner = os.getpid()
        self._wait_until_ready()

    def fork(self, ends: tuple[int, int, int], limits: Limits, level: str) -> tuple[int, int]:
        """Fork a worker that owns three pipe ends (requests, replies, output).

        Returns
        -------
        tuple of int
            Its pid and a descriptor of it (a pidfd). The pid stays its own until it is reaped.
        """
        request = {"op": "fork", "grader": os.getpid(), "level": level, "limits": asdict(limits)}
        answer, fds = self._ask(request, ends)
        if len(fds) != 1:
            raise SandboxError("the fork server answered without a worker; run the grading again")
        return int(answer["pid"]), fds[0]

    def reap(self, pid: int) -> int:
        """Give the wait status of a worker that has ended."""
        return int(self._ask({"op": "reap", "pid": pid}, ())[0]["status"])

    def close(self) -> None:
        """End the fork server, and with it every worker; in a fork of the grader, only let go."""
        self._control.close()
        if os.getpid() != self._owner:
            return
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process.kill()
        self._process.wait()

    def _wait_until_ready(self) -> None:
        if select.select([self._control], [], [], START_SECONDS)[0] and self._control.recv(PACKET):
            return
        # An ended process has closed its end; one that hangs must not hang the grader too.
        self._process.send_signal(signal.SIGKILL)
        said = self._process.communicate()[1].decode(errors="replace")
        self.close()
        raise SandboxError(
            "the fork server did not start. It runs this Python, which needs NumPy and the whole "
            f"standard library. It said:\n{said[-2000:]}"
        )

    def _ask(
        self, request: dict[str, Any], fds: tuple[int, ...]
    ) -> tuple[dict[str, Any], list[int]]:
        # An answer socket for each request: a late answer cannot be taken for another's.
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine:
            with theirs:
                try:
                    packet = json.dumps(request).encode()
                    socket.send_fds(self._control, [packet], [theirs.fileno(), *fds])
                except OSError as error:
                    raise SandboxError(f"the fork server is gone ({error})") from None
            poll = select.poll()
            poll.register(mine, select.POLLIN)
            if not poll.poll(ANSWER_SECONDS * 1000):
                raise SandboxError(f"the fork server did not answer in {ANSWER_SECONDS:.0f} s")
            answer, passed, _, _ = socket.recv_fds(mine, PACKET, 4, socket.MSG_CMSG_CLOEXEC)
        if not answer:
            raise SandboxError("the fork server ended; run the grading again")
        parsed = json.loads(answer)
        if "error" in parsed:
            raise SandboxError(f"the fork server could not {parsed['error']}")
        return parsed, passed
