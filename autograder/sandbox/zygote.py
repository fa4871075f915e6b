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
import signal
import socket
import sys
import types
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
    control.send(b"{}")
    server = os.getpid()
    while True:
        packet, fds, _, _ = socket.recv_fds(control, PACKET, 4)
        if not packet:
            return
        answer = socket.socket(fileno=fds[0])
        request = json.loads(packet)
        reply: dict[str, Any]
        passed: list[int]
        try:
            if request["op"] == "reap":
                reply, passed = {"status": os.waitpid(request["pid"], 0)[1]}, []
            else:
                pid = os.fork()
                if pid == 0:
                    jail = layers.Jail(limits.Limits(**request["limits"]), base)
                    _become_worker(server, fds[1:], request["level"], jail, layers, worker)
                reply, passed = {"pid": pid}, [os.pidfd_open(pid)]
        except OSError as error:
            reply, passed = {"error": f"{request['op']}: {error}"}, []
        # The grader that asked may be gone; its worker then reads the end of its pipe.
        with contextlib.suppress(OSError):
            socket.send_fds(answer, [json.dumps(reply).encode()], passed)
        answer.close()
        for fd in (*fds[1:], *passed):
            os.close(fd)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have ended before the line above.
    if os.getppid() != parent:
        os._exit(1)


def _become_worker(
    server: int, fds: list[int], level: str, jail: Any, layers: Any, worker: Any
) -> NoReturn:
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
        for layer in layers.layers_of(level):
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
