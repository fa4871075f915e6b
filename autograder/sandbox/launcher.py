"""The grader's side of the fork server: start it, ask it for workers, end it."""

from __future__ import annotations

import array
import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.sandbox.backends import Backend
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.layers import Tried
from autograder.sandbox.limits import Limits
from autograder.sandbox.zygote import HELLO, PACKET

ZYGOTE = Path(__file__).with_name("zygote.py")
START_SECONDS = 120.0
ANSWER_SECONDS = 30.0
END_SECONDS = 20.0
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid

# One BLAS thread: a fork takes the calling thread alone, and a worker may not start another.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Forked:
    """A worker that was forked."""

    pid: int  # in this process's pid namespace; its own until it is reaped
    key: int  # the fork server's name for it
    pidfd: int


class ForkServer:
    """A running fork server.

    Its process ends with the thread that started it, so start it in one that lives as long as the
    grading does.

    Parameters
    ----------
    backend
        What is put around it.
    is_trial
        Load nothing, only find out which layers hold in it.
    """

    def __init__(self, backend: Backend, *, is_trial: bool = False) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(ANSWER_SECONDS)
        self._pidfd = -1
        # -I would drop PYTHONHASHSEED along with the rest of an environment that is ours anyway.
        flags = ["-s", "-P", "-B"]
        # Not a number of the standard streams, which the socket has where ours are closed.
        control = fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD_CLOEXEC, 3)
        theirs.close()
        mode = "try" if is_trial else "serve"
        arguments = [str(ZYGOTE), str(control), str(os.getpid()), backend.name, mode]
        try:
            self._process = subprocess.Popen(
                backend.command([sys.executable, *flags, *arguments]),
                env=ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[control],
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise SandboxError(f"the fork server did not start: {error}") from None
        finally:
            os.close(control)
        self._owner = os.getpid()
        self.tried = self._wait_until_ready()

    def fork(self, ends: tuple[int, int, int], limits: Limits, layers: Iterable[str]) -> Forked:
        """Fork a worker that owns three pipe ends (requests, replies, output)."""
        request = {"op": "fork", "layers": list(layers), "limits": asdict(limits)}
        # By a handle: in another pid namespace, this process has another number or none.
        grader = os.pidfd_open(os.getpid())
        try:
            answer, fds, pid = self._ask(request, (grader, *ends))
        finally:
            os.close(grader)
        if len(fds) != 1 or not pid:
            raise SandboxError("the fork server answered without a worker; run the grading again")
        return Forked(pid, int(answer["key"]), fds[0])

    def reap(self, key: int) -> int:
        """Give the wait status of a worker that has ended."""
        return int(self._ask({"op": "reap", "key": key}, ())[0]["status"])

    def close(self) -> None:
        """End the fork server, and with it every worker; in a fork of the grader, only let go."""
        self._control.close()
        pidfd, self._pidfd = self._pidfd, -1
        if os.getpid() == self._owner:
            if self._process.stderr is not None:
                self._process.stderr.close()
            if pidfd >= 0:
                # Itself before what is around it; its end is the end of its pid namespace.
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                select.select([pidfd], [], [], END_SECONDS)
            self._kill_group()
            self._process.wait()
        if pidfd >= 0:
            os.close(pidfd)

    def _kill_group(self) -> None:
        # All that was started with it: a bwrap that fails half-way leaves a child, which waits for
        # ever. The number stays the group's own until the process is waited for.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _wait_until_ready(self) -> list[Tried]:
        # The number is its own among all fork servers that live now.
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"number": self._process.pid}).encode())
        # What it left behind may hold the other end of the socket, so its own end counts too.
        control, ended = self._control.fileno(), os.pidfd_open(self._process.pid)
        try:
            ready = select.select([control, ended], [], [], START_SECONDS)[0]
        finally:
            os.close(ended)
        if control in ready:
            packet, fds, _ = _receive(self._control)
            if packet:
                self._pidfd = fds[0]
                return [Tried(*fields) for fields in json.loads(packet)]
        # An ended process has closed its end; one that hangs must not hang the grader too.
        self._kill_group()
        try:
            said = self._process.communicate(timeout=END_SECONDS)[1].decode(errors="replace")
        except subprocess.TimeoutExpired:
            said = "nothing that could be read"
        self.close()
        raise SandboxError(
            "the fork server did not start. It runs this Python, which needs NumPy and the whole "
            f"standard library. It said:\n{said[-2000:].strip()}"
        )

    def _ask(
        self, request: dict[str, Any], fds: tuple[int, ...]
    ) -> tuple[dict[str, Any], list[int], int]:
        # An answer socket for each request: a late answer cannot be taken for another's.
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with mine:
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            mine.settimeout(ANSWER_SECONDS)
            with theirs:
                try:
                    packet = json.dumps(request).encode()
                    socket.send_fds(self._control, [packet], [theirs.fileno(), *fds])
                except OSError as error:
                    raise SandboxError(f"the fork server is gone ({error})") from None
            return self._listen(mine, expects_worker=request["op"] == "fork")

    def _listen(
        self, mine: socket.socket, *, expects_worker: bool
    ) -> tuple[dict[str, Any], list[int], int]:
        answer: dict[str, Any] | None = None
        passed: list[int] = []
        pid = 0
        # From a fork come two packets, in any order: the server's, and the worker's own.
        while answer is None or (expects_worker and not pid):
            packet, fds, sender = _receive(mine)
            passed += fds
            if packet == HELLO:
                pid = sender
            elif packet:
                answer = json.loads(packet)
            if not packet or (answer is not None and "error" in answer):
                break
        if answer is None or "error" in answer or (expects_worker and not pid):
            for fd in passed:
                os.close(fd)
            if answer is not None and "error" in answer:
                raise SandboxError(f"the fork server could not {answer['error']}")
            raise SandboxError(
                "the fork server or its worker ended, or did not answer in "
                f"{ANSWER_SECONDS:.0f} s; run the grading again"
            )
        return answer, passed, pid


def _receive(mine: socket.socket) -> tuple[bytes, list[int], int]:
    """Give one packet (or b"" at the end), the descriptors that came with it, and who sent it."""
    size = socket.CMSG_SPACE(CREDENTIALS.size) + socket.CMSG_SPACE(4)
    try:
        packet, ancillary, _, _ = mine.recvmsg(PACKET, size, socket.MSG_CMSG_CLOEXEC)
    except OSError:
        # Too late, or from a process that ended before it read what it was told.
        return b"", [], 0
    fds, pid = array.array("i"), 0
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid = CREDENTIALS.unpack(data[: CREDENTIALS.size])[0]
    return packet, list(fds), pid
