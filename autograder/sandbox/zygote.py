"""The fork server: a fresh process that loads what students use and forks a worker on request.

It is started by path, with a clean environment, and holds no secret: neither the tests nor the
reference were ever in its memory, so they are in none of its forks. It never sees a submission.

Each request is one packet on a SOCK_SEQPACKET socket, with the socket for its answer beside it, so
that several graders (forks of one that was preloaded) may share a fork server without a lock.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PACKET = 1 << 16


def main() -> None:
    """Serve forks: the arguments are the number of the control socket and the parent's pid."""
    control = socket.socket(fileno=int(sys.argv[1]))
    die_with(int(sys.argv[2]))
    # Neither this process nor a fork of it can be read or traced by another of the same user.
    _prctl(PR_SET_DUMPABLE, 0)
    root = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, root)
    from autograder.sandbox import layers, limits, preload, worker

    preload.preload()
    sys.path.remove(root)
    # A fork takes the calling thread alone: a lock that another one holds stays locked for ever.
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"the fork server has {threads} threads; BLAS must have one")
    for name in [name for name in sys.modules if name.split(".")[0] == "autograder"]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    os.dup2(0, 2)
    # Objects that never die need not be walked, or copied, in every worker.
    gc.collect()
    gc.freeze()
    base = limits.own_address_space()
    server = os.getpid()

    def become(fds: list[int], request: dict[str, Any]) -> NoReturn:
        jail = layers.Jail(limits.Limits(**request["limits"]), base)
        _become_worker(server, fds, layers.layers_of(request["level"]), jail, worker)

    control.send(b"{}")
    Server(control, become).serve()


class Server:
    """Forks workers, and ends those whose grader has ended."""

    def __init__(
        self, control: socket.socket, become: Callable[[list[int], dict[str, Any]], NoReturn]
    ) -> None:
        self._control = control
        self._become = become
        self._graders: dict[int, int] = {}  # pid of a worker -> pidfd of its grader

    def serve(self) -> None:
        """Answer requests until nobody holds the other end of the control socket."""
        while True:
            poll = select.poll()
            for fd in (self._control.fileno(), *self._graders.values()):
                poll.register(fd, select.POLLIN)
            ready = {fd for fd, _ in poll.poll()}
            # A grader may be killed in the middle of a call, and a loop ends by no closed pipe.
            for pid in [pid for pid, grader in self._graders.items() if grader in ready]:
                os.kill(pid, signal.SIGKILL)
                self._reap(pid)
            if self._control.fileno() in ready and not self._answer():
                return

    def _answer(self) -> bool:
        packet, fds, _, _ = socket.recv_fds(self._control, PACKET, 4)
        if not packet:
            return False
        request, passed = json.loads(packet), []
        reply: dict[str, Any]
        try:
            if request["op"] == "reap":
                reply = {"status": self._reap(request["pid"])}
            else:
                grader = os.pidfd_open(request["grader"])
                pid = os.fork()
                if pid == 0:
                    self._become(fds[1:], request)
                self._graders[pid] = grader
                reply = {"pid": pid}
                passed = [os.pidfd_open(pid)]
        except OSError as error:
            reply = {"error": f"{request['op']}: {error}"}
        # The grader that asked may be gone already.
        with socket.socket(fileno=fds[0]) as answer, contextlib.suppress(OSError):
            socket.send_fds(answer, [json.dumps(reply).encode()], passed)
        for fd in (*fds[1:], *passed):
            os.close(fd)
        return True

    def _reap(self, pid: int) -> int:
        status = os.waitpid(pid, 0)[1]
        os.close(self._graders.pop(pid))
        return status


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the line above.
    if os.getppid() != parent:
        os._exit(1)


def _become_worker(server: int, fds: list[int], layers: Any, jail: Any, worker: Any) -> NoReturn:
    try:
        die_with(server)
        # Out of the way of the numbers that they take.
        requests, replies, output = (fcntl.fcntl(fd, fcntl.F_DUPFD, 32) for fd in fds)
        for fd, number in (
            (output, 1),
            (output, 2),
            (requests, worker.REQUESTS),
            (replies, worker.REPLIES),
        ):
            os.dup2(fd, number)
        os.closerange(worker.FIRST_FREE, 1 << 30)
        for layer in layers:
            layer.apply(jail)
        worker.Worker().serve()
    except MemoryError:
        os._exit(worker.NO_MEMORY)
    finally:
        os._exit(worker.BROKEN)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


if __name__ == "__main__":
    main()
