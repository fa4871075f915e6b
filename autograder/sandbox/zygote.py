"""The fork server: a fresh process that loads what students use and forks a worker on request.

It is started by path, with a clean environment, and holds no secret: neither the tests nor the
reference were ever in its memory, so they are in none of its forks. It never sees a submission.

Each request is one packet on a SOCK_SEQPACKET socket, with the socket for its answer beside it, so
that several graders (forks of one that was preloaded) may share a fork server without a lock.
"""

from __future__ import annotations

import contextlib
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
from dataclasses import astuple
from pathlib import Path
from typing import Any, NoReturn

PACKET = 1 << 16
# fds that come with a request: the answer socket, then those of the request itself.
MOST_FDS = 8
HELLO = b"worker"


def main() -> None:
    """Serve forks.

    The arguments: the number of the control socket, the parent's pid, the name of the backend
    around this process, and "serve", or "try" to say what holds here and end.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    backend, is_trial = sys.argv[3], sys.argv[4] == "try"
    # A backend sets it; the environment is to be the same at every level.
    os.environ.pop("PWD", None)
    root = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, root)
    from autograder.sandbox import backends, kernel, layers, limits, preload, userids, worker

    kernel.die_with(int(sys.argv[2]))
    # Neither this process nor a fork of it can be read or traced by another of the same user.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    if not is_trial:
        preload.preload()
    sys.path.remove(root)
    # A fork takes the calling thread alone: a lock that another one holds stays locked for ever.
    if not kernel.has_one_thread():
        raise RuntimeError("the fork server has several threads; BLAS must have one")
    # What a worker stands on is no business of a student's.
    for name in [n for n in sys.modules if n.split(".")[0] in ("autograder", "shared")]:
        del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    base = limits.own_address_space()
    backends.named(backend).enter()
    # Objects that never die need not be walked, or copied, in every worker.
    gc.collect()
    gc.freeze()
    server = os.getpid()
    number = json.loads(control.recv(PACKET))["number"]

    def jail(slot: int, bounds: limits.Limits) -> layers.Jail:
        return layers.Jail(bounds, base, server, userids.candidates(number, slot))

    def become(fds: list[int], slot: int, request: dict[str, Any]) -> NoReturn:
        inside = jail(slot, limits.Limits(**request["limits"]))

        def close() -> None:
            kernel.die_with(server)
            layers.close(request["layers"], inside)

        _become_worker(fds, close, worker)

    tried = [astuple(layer) for layer in layers.try_all(jail(0, limits.Limits()))]
    os.dup2(0, 2)
    # With a handle of this process, which may have become another one than was started.
    socket.send_fds(control, [json.dumps(tried).encode()], [os.pidfd_open(server)])
    if not is_trial:
        Server(control, become, userids.SLOTS).serve()


class Server:
    """Forks workers, and ends those whose grader has ended."""

    def __init__(
        self,
        control: socket.socket,
        become: Callable[[list[int], int, dict[str, Any]], NoReturn],
        slots: int,
    ) -> None:
        self._control = control
        self._become = become
        self._free = set(range(slots))
        self._workers: dict[int, tuple[int, int]] = {}  # pid -> pidfd of its grader, slot

    def serve(self) -> None:
        """Answer requests until nobody holds the other end of the control socket."""
        while True:
            graders = {grader for grader, _ in self._workers.values()}
            poll = select.poll()
            for fd in (self._control.fileno(), *graders):
                poll.register(fd, select.POLLIN)
            ready = {fd for fd, _ in poll.poll()}
            # A grader may be killed in the middle of a call, and a loop ends by no closed pipe.
            for pid in [pid for pid, (grader, _) in self._workers.items() if grader in ready]:
                os.kill(pid, signal.SIGKILL)
                self._reap(pid)
            if self._control.fileno() in ready and not self._answer():
                return

    def _answer(self) -> bool:
        packet, fds, _, _ = socket.recv_fds(self._control, PACKET, MOST_FDS)
        if not packet:
            return False
        request, passed = json.loads(packet), []
        reply: dict[str, Any]
        try:
            if request["op"] == "reap":
                reply = {"status": self._reap(request["key"])}
            else:
                pid = self._fork(fds, request)
                # Kept until the worker is reaped.
                del fds[1]
                reply = {"key": pid}
                passed = [os.pidfd_open(pid)]
        except OSError as error:
            reply = {"error": f"{request['op']}: {error}"}
        # The grader that asked may be gone already.
        with socket.socket(fileno=fds[0]) as answer, contextlib.suppress(OSError):
            socket.send_fds(answer, [json.dumps(reply).encode()], passed)
        for fd in (*fds[1:], *passed):
            os.close(fd)
        return True

    def _fork(self, fds: list[int], request: dict[str, Any]) -> int:
        if not self._free:
            raise OSError(f"there are {len(self._workers)} workers already")
        slot = min(self._free)
        pid = os.fork()
        if pid == 0:
            self._become(fds, slot, request)
        self._free.remove(slot)
        self._workers[pid] = (fds[1], slot)
        return pid

    def _reap(self, pid: int) -> int:
        status = os.waitpid(pid, 0)[1]
        grader, slot = self._workers.pop(pid)
        os.close(grader)
        self._free.add(slot)
        return status


def _become_worker(fds: list[int], close: Callable[[], None], worker: Any) -> NoReturn:
    try:
        # The kernel adds who sent this, by its number in the grader's own pid namespace.
        os.write(fds[0], HELLO)
        # Out of the way of the numbers that they take.
        requests, replies, output = (fcntl.fcntl(fd, fcntl.F_DUPFD, 32) for fd in fds[2:])
        for fd, number in (
            (output, 1),
            (output, 2),
            (requests, worker.REQUESTS),
            (replies, worker.REPLIES),
        ):
            os.dup2(fd, number)
        os.closerange(worker.FIRST_FREE, 1 << 30)
        close()
        worker.Worker().serve()
    except MemoryError:
        os._exit(worker.NO_MEMORY)
    finally:
        os._exit(worker.BROKEN)


if __name__ == "__main__":
    main()
